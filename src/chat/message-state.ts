import type { MessageRecord, MessageState } from '../store/records.js';

/** State of a message as the application sees it: what came in is `read` once it was seen here or on another device. */
export function stateOf({ fromMe, seen, state }: MessageRecord): MessageState {
  if (fromMe) return state;
  return seen ? 'read' : 'delivered';
}
