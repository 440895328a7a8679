import type { Chat, Group } from './handles.js';

/** True if the chat is a {@link Group}, so that TypeScript knows its methods. */
export function isGroup(chat: Chat): chat is Group {
  return chat.kind === 'group';
}
