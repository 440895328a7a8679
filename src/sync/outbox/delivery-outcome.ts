import { type CoiError, NetworkError, ServerError } from '../../core/errors.js';
import { RecipientsRefusedError, type SmtpResult } from '../../transport/smtp.js';
import { isRecipientLimit } from '../../transport/smtp-errors.js';
import { needsCredentials } from '../connection.js';

/** A recipient that will not get the message, with the server's words. */
interface Refusal {
  readonly address: string;
  /** The server's own words. */
  readonly reason: string;
  /** Reply or enhanced status code. */
  readonly status?: string;
}

/** What has to happen after a try to hand a message over. */
export interface DeliveryOutcome {
  /** Recipients the server takes responsibility for. */
  readonly accepted: readonly string[];
  readonly refused: readonly Refusal[];
  /** Tokens of the recipients' servers that came with the answer, by recipient. */
  readonly renewed?: ReadonlyMap<string, string>;
  /** Recipients to try again. */
  readonly later: readonly string[];
  /**
   * When to try those again: `now`, in another transaction (the server takes only so many recipients at once); `backoff`;
   * `network`: it may not be about this message at all; `credentials`: not before there are new ones.
   */
  readonly again?: 'now' | 'backoff' | 'network' | 'credentials';
  /** Why there is a next try. */
  readonly error?: CoiError;
}

/** What to make of an answer: somebody was accepted. */
export function outcomeOf({ accepted, rejected, notTried = [] }: SmtpResult): DeliveryOutcome {
  const mayPass = (error: CoiError) => isTemporary(error) || isRecipientLimit(error);
  const temporary = rejected.filter(({ error }) => mayPass(error));
  const refused = rejected
    .filter(({ error }) => !mayPass(error))
    .map(({ address, error }) => refusalOf(address, error));
  // Those that the server had a reason to refuse come last, so that they keep nobody waiting.
  const later = [...notTried, ...temporary.map(({ address }) => address)];
  if (later.length === 0) return { accepted, refused, later };
  // Some were taken in this transaction, so the others have a chance in the next one. It ends: each takes one at least.
  const full = notTried.length > 0 || temporary.every(({ error }) => isRecipientLimit(error));
  const [first] = temporary;
  return { accepted, refused, later, again: full ? 'now' : 'backoff', ...(first && { error: first.error }) };
}

/** What to make of a failure: nobody was accepted. `recipients` are those of the try. */
export function outcomeOfFailure(recipients: readonly string[], error: CoiError): DeliveryOutcome {
  const retry = (again: DeliveryOutcome['again']): DeliveryOutcome => ({
    accepted: [],
    refused: [],
    later: recipients,
    ...(again && { again }),
    error,
  });
  if (needsCredentials(error)) return retry('credentials');
  // Our own transport was exchanged or closed meanwhile: that says nothing about the message either.
  const network = error instanceof NetworkError || error.code === 'TOKEN_FAILED' || error.code === 'INVALID_STATE';
  if (network) return retry('network');
  if (error instanceof RecipientsRefusedError && error.rejected.length > 0) return outcomeOfRefusals(recipients, error);
  if (error.code === 'SERVER_MISBEHAVED' || isTemporary(error)) return retry('backoff');
  return { accepted: [], refused: recipients.map((address) => refusalOf(address, error)), later: [] };
}

/** Each recipient has an answer of its own; those without one share the last. */
function outcomeOfRefusals(recipients: readonly string[], error: RecipientsRefusedError): DeliveryOutcome {
  const errors = new Map(error.rejected.map((rejection) => [rejection.address, rejection.error]));
  const later = recipients.filter((address) => isTemporary(errors.get(address) ?? error));
  const refused = recipients
    .filter((address) => !isTemporary(errors.get(address) ?? error))
    .map((address) => refusalOf(address, errors.get(address) ?? error));
  return { accepted: [], refused, later, ...(later.length > 0 && { again: 'backoff', error }) };
}

function refusalOf(address: string, error: CoiError): Refusal {
  if (!(error instanceof ServerError)) return { address, reason: error.message };
  const status = error.statusCode ?? error.status;
  return { address, reason: error.response || error.message, ...(status !== undefined && { status: String(status) }) };
}

function isTemporary(error: CoiError): boolean {
  return error instanceof ServerError && error.temporary;
}
