import { StoreError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { newChat } from '../model/chat-summary.js';
import { groupChatId } from '../model/placement.js';
import { newGroupId } from '../protocol/group-id.js';
import type { AccountContext } from './context.js';
import { founding, type GroupChat } from './group-acts.js';
import { checkDescription, checkMembers, checkName, loadPicture } from './group-input.js';
import type { GroupOptions, MemberInput } from './group-values.js';
import type { Group } from './handles.js';
import { isGroup } from './is-group.js';
import { peopleOf } from './people.js';
import { sendAct } from './send.js';

/** See `Account.createGroup`. `where` names the call in errors. */
export async function createGroup(
  context: AccountContext,
  where: string,
  given: { readonly name: string; readonly members: readonly MemberInput[]; readonly options: GroupOptions },
): Promise<Group> {
  context.assertOpen();
  const { options } = given;
  refuseUnknownOptions(where, options, ['description', 'avatar']);
  const name = checkName(`${where}: the name`, given.name);
  const description = checkDescription(`${where}: the description`, options.description);
  const avatar = options.avatar === undefined ? undefined : await loadPicture(`${where}: avatar`, options.avatar);
  const members = await peopleOf(context, checkMembers(where, given.members));
  const groupId = newGroupId(context.random);
  const id = groupChatId(groupId);
  const group: GroupChat = {
    ...newChat(id),
    name,
    members,
    groupId,
    group: { selfMember: true, since: {}, pastMembers: [], needsInfo: false, infoWanted: false, newest: {} },
  };
  await sendAct(context, id, founding({ members, description, avatar }), group);
  const [chat] = await context.handles.chats(async () => {
    const records = await context.store.get('chats', [id]);
    return records.filter((record) => record !== undefined);
  });
  if (chat && isGroup(chat)) return chat;
  throw new StoreError('STORE_FAILED', 'The store did not keep the group. Check that it can be written.');
}
