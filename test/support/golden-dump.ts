import type { AuthenticationRecord, ChatRecord, MessageRecord } from '../../src/store/records.js';
import type { Store } from '../../src/store/store.js';

/**
 * All that an account shows, as readable text: every chat with its messages, and the contacts. Local opaque ids (message keys, ids of
 * ad-hoc chats) are left out, so that two stores that know the same mails give the same text.
 */
export async function goldenDump(store: Store): Promise<string> {
  const blocks: string[] = [];
  for (const chat of await store.list('chats')) {
    const messages = await store.list('messages', { index: 'byChat', prefix: [chat.id, 0] });
    blocks.push(dumpChat(chat, messages));
  }
  const contacts = (await store.list('contacts')).map(
    (contact) =>
      `contact ${contact.address} name=${contact.name ?? '-'} usesChat=${contact.usesChat} lastSeen=${contact.lastSeen ?? '-'}` +
      (contact.blocked ? ' blocked' : '') +
      (contact.authentication === undefined ? '' : ` ${dumpAuthentication(contact.authentication)}`),
  );
  const [servers] = await store.get('settings', ['authserv-ids']);
  const names = servers === undefined ? [] : [`own servers ${String(servers.value)}`];
  return [...blocks.sort(), ...contacts, ...names].join('\n');
}

function dumpChat(chat: ChatRecord, messages: readonly MessageRecord[]): string {
  const id = chat.kind === 'adhoc' ? 'adhoc' : chat.id;
  const members = chat.members.map(({ address, name }) => (name === undefined ? address : `${name} <${address}>`));
  const last = messages.find(({ key }) => key === chat.lastMessage);
  return [
    `${id} "${chat.name}" [${members.join(', ')}] unread=${chat.unread} last=${last?.messageId ?? '-'} ` +
      `lastDate=${chat.lastDate} lastId=${chat.lastMessageId ?? '-'} first=${chat.firstMessageId ?? '-'}` +
      (chat.answered ? ' answered' : '') +
      (chat.opener === undefined ? '' : ` opened by ${chat.opener}`) +
      (chat.request ? ' request' : '') +
      (chat.concealed ? ' concealed' : '') +
      (chat.encryptionSeen ? ` encrypted others=${chat.encryptionSeen.others} own=${chat.encryptionSeen.own}` : ''),
    ...messages.map(dumpMessage).sort(),
  ].join('\n');
}

function dumpAuthentication({ server, dkim }: AuthenticationRecord): string {
  return `dkim by ${server}: ${dkim.map(({ result, domain }) => `${result} ${domain ?? '-'}`).join(', ')}`;
}

function dumpMessage(message: MessageRecord): string {
  const date = String(message.date).padStart(15, '0');
  const who = message.fromMe ? 'me' : `${message.from.name ?? ''} <${message.from.address}>`;
  const recipients = message.recipients
    ?.map(
      ({ address, state, at, reason }) =>
        `${address}:${state}${at === undefined ? '' : `@${at}`}${reason === undefined ? '' : `(${reason})`}`,
    )
    .join(' ');
  return [
    `  ${date} ${who}: ${JSON.stringify(message.text)}`,
    message.state,
    message.seen ? 'seen' : 'unseen',
    ...(message.unread ? ['unread'] : []),
    ...(recipients ? [`to ${recipients}`] : []),
    ...(message.authentication === undefined ? [] : [dumpAuthentication(message.authentication)]),
    ...(message.problem === undefined ? [] : [`problem ${message.problem.code}`]),
    `id ${message.messageId}`,
  ].join(' | ');
}
