import { readdir, readFile, writeFile } from 'node:fs/promises';
import { type ChatMail, type ChatMailDraft, writeChatMail } from 'coi-sdk/protocol';
import { type ReceiptDraft, writeReceipt } from '../../src/protocol/kinds/write-receipt.js';

/** What stands in `<name>.json` beside `<name>.eml`. Octets are `{ "base64": "…" }`. */
export interface Golden {
  /** What the mail is an example of. */
  readonly about: string;
  /** For mail that we write: writing this gives the `.eml`, octet for octet. */
  readonly draft?: unknown;
  /** The same for a receipt that we write. */
  readonly receipt?: unknown;
  /** What reading the `.eml` gives (without hashes). */
  readonly mail: unknown;
}

const folder = new URL('./', import.meta.url);

/** Names of all pairs. */
export async function goldenNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

/** Octets of a mail. */
export async function goldenMail(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL(`${name}.eml`, folder)));
}

/** What is expected of it. */
export async function golden(name: string): Promise<Golden> {
  return JSON.parse(await readFile(new URL(`${name}.json`, folder), 'utf8'));
}

/** Writes a pair anew; only for `update.ts`. */
export async function writeGolden(name: string, content: Golden, mail: Uint8Array): Promise<void> {
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(content, undefined, 2)}\n`);
  await writeFile(new URL(`${name}.eml`, folder), mail);
}

/** The octets that we write for a pair; undefined if it is somebody else's mail. */
export async function writtenMail({ draft, receipt }: Golden): Promise<Uint8Array | undefined> {
  const options = { random: repeatableRandom() };
  if (receipt !== undefined) return (await writeReceipt(receipt as ReceiptDraft, options)).bytes;
  return draft === undefined ? undefined : (await writeChatMail(revive(draft) as ChatMailDraft, options)).bytes;
}

/** A mail as plain JSON. Hashes are left out: they say nothing to a reader. */
export function jsonOf(mail: ChatMail): unknown {
  const { bodyHash, shapeHash, ...rest } = mail;
  return JSON.parse(
    JSON.stringify(rest, (_, value) => {
      if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
      return value instanceof Map ? Object.fromEntries(value) : value;
    }),
  );
}

/** Octets that are the same in every run, and different in every call. */
function repeatableRandom(): (length: number) => Uint8Array {
  let state = 1;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return state & 0xff;
    });
}

function revive(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(revive);
  if (typeof json !== 'object' || json === null) return json;
  const { base64 } = json as { base64?: unknown };
  if (typeof base64 === 'string') return new Uint8Array(Buffer.from(base64, 'base64'));
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, revive(value)]));
}
