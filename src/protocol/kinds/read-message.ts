import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readAttachments } from '../attachments.js';
import { readBody } from '../body.js';
import type { ChatMailBase, ChatTextMail } from '../chat-mail.js';
import { readMentions } from '../mentions.js';
import { readMessageText } from '../message-text.js';

/** Reads what a person or a bot wrote: text and files. Takes everything that is no report, unknown `Chat-Content` included. */
export async function readMessage(mail: ParsedMail, base: ChatMailBase): Promise<ChatTextMail> {
  const body = readBody(mail.root);
  const byChatProgram = base.marks.includes('chat-version') || base.marks.includes('message-id');
  const words = await readMessageText(body.blocks, byChatProgram);
  const { text, mentions } = await readMentions(words.text, words.html);
  return {
    ...base,
    kind: 'message',
    ...words,
    text,
    ...(mentions.length > 0 && { mentions }),
    attachments: readAttachments(body.files, mail.headers, words.html),
  };
}
