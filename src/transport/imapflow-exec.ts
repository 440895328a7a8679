import type { ImapAttribute, ImapAttributeList, ImapFlow, ImapResponse } from 'imapflow';

/**
 * The internals of imapflow that we need, declared here and nowhere else: it has no public way to send a command of
 * one's own, and its own STORE, COPY, MOVE, SEARCH, EXPUNGE and STATUS turn the server's refusal into `false`.
 */
declare module 'imapflow' {
  interface ImapFlow {
    /** Ends a running IDLE; false when there is none. */
    preCheck: false | (() => Promise<void>) | undefined;
    /** Queues a command. The reader stands still until `next()` is called on the result. */
    exec(
      command: string,
      attributes: readonly CommandArgument[] | false,
      options: { untagged?: UntaggedHandlers; comment?: string },
    ): Promise<{ response: ImapResponse; next(): void }>;
    /** Handlers of untagged answers that no running command claims, by name. */
    untaggedHandlers: Record<string, ((response: ImapResponse) => Promise<void>) | null>;
    /** Handlers of response codes, by name. */
    sectionHandlers: Record<string, ((section: ImapAttributeList) => Promise<void>) | undefined>;
    /** Expands VANISHED into one event per UID. */
    untaggedVanished(response: ImapResponse): Promise<void>;
  }
}

/** One argument of a command, as imapflow's compiler takes it. */
export type CommandArgument = ImapAttribute | readonly CommandArgument[];

/** What to do with untagged answers while a command runs, by name (`SEARCH`, `STATUS`, …). */
type UntaggedHandlers = Record<string, (response: ImapResponse) => Promise<void>>;

/**
 * Sends a command and waits for its tagged OK. Errors are imapflow's. What a handler throws is thrown here, after the
 * command is complete (imapflow itself would only log it).
 */
export async function exec(
  flow: ImapFlow,
  command: string,
  args: readonly CommandArgument[],
  untagged: Record<string, (response: ImapResponse) => void> = {},
): Promise<ImapResponse> {
  if (flow.preCheck) await flow.preCheck();
  const thrown: unknown[] = [];
  const handlers: UntaggedHandlers = {};
  for (const [name, handler] of Object.entries(untagged)) {
    handlers[name] = async (response) => {
      try {
        handler(response);
      } catch (error) {
        thrown.push(error);
      }
    };
  }
  const done = await flow.exec(command, args.length ? args : false, { untagged: handlers });
  done.next();
  if (thrown.length) throw thrown[0];
  return done.response;
}

/** A server may list 4 billion vanished UIDs in 24 octets, and imapflow would emit each; we compare UIDs anyway. */
export function ignoreVanished(flow: ImapFlow): void {
  flow.untaggedVanished = async () => {};
}

/** Hears answers that no command claims, until the returned function is called. */
export function listenUntagged(flow: ImapFlow, name: string, handler: (response: ImapResponse) => void): () => void {
  const before = flow.untaggedHandlers[name] ?? null;
  flow.untaggedHandlers[name] = async (response) => handler(response);
  return () => {
    flow.untaggedHandlers[name] = before;
  };
}

/** Hears a response code such as `NOTIFICATIONOVERFLOW`. */
export function listenCode(flow: ImapFlow, code: string, handler: () => void): void {
  flow.sectionHandlers[code] = async () => handler();
}

/** An atom. imapflow's compiler quotes it where it is none, and refuses line breaks. */
export function atom(value: string): ImapAttribute {
  return { type: 'ATOM', value };
}

/** A sequence set. */
export function sequence(value: string): ImapAttribute {
  return { type: 'SEQUENCE', value };
}

/** A string: quoted where the grammar allows it, else a literal. */
export function text(value: string): ImapAttribute {
  if (/^[ !#-[\]-~]{0,500}$/.test(value)) return { type: 'STRING', value };
  return literal(Buffer.from(value));
}

/** A literal. */
export function literal(value: Buffer): ImapAttribute {
  return { type: 'LITERAL', value };
}

/** String value of a token; undefined for NIL, lists and nothing. */
export function tokenText(attribute: ImapAttribute | undefined): string | undefined {
  const value = attribute?.value;
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return undefined;
}

/** Arguments of a response code of the tagged or untagged OK, such as the sets of `[COPYUID 1 2:3 4:5]`. */
export function codeArguments(response: ImapResponse, code: string): string[] | undefined {
  const section = response.attributes?.[0]?.section;
  if (!section || tokenText(section[0])?.toUpperCase() !== code) return undefined;
  return section.slice(1).map((entry) => tokenText(entry) ?? '');
}
