import type { AbortOptions } from '../core/abort.js';
import type { StateChange } from '../sync/state-change.js';
import { type ChatListFilter, type ListStep, OrderedChats } from './chat-order.js';
import type { AccountContext } from './context.js';
import type { Chat } from './handles.js';

/** A change of a chat list; each index is that of the list as the changes before left it. */
export type ChatListChange =
  /** Forget what was; this is the list. The first change is one, and one that comes when the reader was far behind. */
  | { readonly type: 'reset'; readonly chats: readonly Chat[] }
  | { readonly type: 'insert'; readonly index: number; readonly chat: Chat }
  /** Take it out at `from`, then put it in at `index`. Its content may have changed, too. */
  | { readonly type: 'move'; readonly from: number; readonly index: number; readonly chat: Chat }
  | { readonly type: 'update'; readonly index: number; readonly chat: Chat }
  | { readonly type: 'remove'; readonly index: number; readonly chat: Chat };

/** Steps kept for a reader that does not come; beyond, one reset takes their place. */
const MAX_STEPS = 500;

/** Yields the chat list and its changes; see `Chats.watch`. `subscribe` also tells, by `undefined`, that the account closes. */
export async function* watchChats(
  context: AccountContext,
  subscribe: (listener: (change: StateChange | undefined) => void) => () => void,
  options: ChatListFilter & AbortOptions,
): AsyncGenerator<ChatListChange, void> {
  const { signal } = options;
  const early: StateChange[] = [];
  let list: OrderedChats | undefined;
  let steps: ListStep[] = [];
  let reset = true;
  let ended = signal?.aborted ?? false;
  let wake = () => {};

  const take = (change: StateChange) => {
    for (const { before, after } of change.chats) {
      const id = (after ?? before)?.id;
      const step = id === undefined ? undefined : list?.apply(id, after);
      if (step && !reset) steps.push(step);
    }
    if (steps.length > MAX_STEPS) {
      steps = [];
      reset = true;
    }
  };
  const unsubscribe = subscribe((change) => {
    if (!change) ended = true;
    else if (list) take(change);
    else early.push(change);
    wake();
  });
  const onAbort = () => {
    ended = true;
    wake();
  };
  signal?.addEventListener('abort', onAbort, { once: true });

  try {
    if (ended) return;
    list = new OrderedChats(options, await context.store.list('chats'));
    // What was committed while the list was read may or may not be in it: taking it once more does no harm.
    for (const change of early.splice(0)) take(change);
    while (!ended) {
      if (reset) {
        reset = false;
        const records = [...list.records];
        yield { type: 'reset', chats: await context.handles.chats(async () => records) };
      } else if (steps.length > 0) {
        for (const step of steps.splice(0)) {
          // A reader that fell behind meanwhile gets the whole list instead.
          if (ended || reset) break;
          const change = await changeOf(context, step);
          yield change;
        }
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } catch (thrown) {
    // Closing the account takes the store away under the feet of a reader; that is an end, not a failure.
    if (!ended) throw thrown;
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', onAbort);
  }
}

async function changeOf(context: AccountContext, step: ListStep): Promise<ChatListChange> {
  const [chat] = await context.handles.chats(async () => [step.record]);
  const { type, index } = step;
  return type === 'move' ? { type, index, from: step.from, chat: chat as Chat } : { type, index, chat: chat as Chat };
}
