import { type AbortOptions, throwIfAborted } from '../core/abort.js';
import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { readVCards, type VCard, writeVCard } from '../protocol/vcard.js';
import { learnHandedKeys } from '../sync/keys/handed-keys.js';
import { invalid } from './check-options.js';
import { contactChange } from './contact-entry.js';
import type { AccountContext } from './context.js';
import type { Contact } from './handles.js';

/** How far an import has come. */
export interface VCardProgress {
  /** Cards handled so far. */
  readonly done: number;
  /** Cards in the file. */
  readonly total: number;
}

/** Options of {@link Contacts.importVCards}. */
export interface VCardImportOptions extends AbortOptions {
  /** Called after every hundred cards, and at the end. */
  readonly onProgress?: ((progress: VCardProgress) => void) | undefined;
}

/** What an import did. */
export interface VCardImport {
  /** Contacts that were made or changed. */
  readonly imported: number;
  /** Cards without an e-mail address. */
  readonly skipped: number;
}

/** Options of {@link Contacts.exportVCards}. */
export interface VCardExportOptions extends AbortOptions {
  /** Default: everyone in the address book. */
  readonly contacts?: readonly Contact[] | undefined;
  /** `3.0` (RFC 2426) for older programs. Default `4.0` (RFC 6350). */
  readonly version?: '3.0' | '4.0' | undefined;
  /** Public keys go along. Default true. */
  readonly keys?: boolean | undefined;
}

/** Cards written to the store at once; other work gets its turn in between. */
const BATCH = 100;

/** Imports the cards of a file into the address book. What was imported before an abort stays. */
export async function importVCards(
  context: AccountContext,
  file: string | Uint8Array,
  options: VCardImportOptions,
): Promise<VCardImport> {
  refuseUnknownOptions('contacts.importVCards', options, ['onProgress', 'signal']);
  const text = textOf(file);
  const total = Math.min(text.match(/^BEGIN:VCARD/gim)?.length ?? 0, limits.vcards);
  let [done, imported, skipped] = [0, 0, 0];
  let batch: VCard[] = [];
  const flush = async () => {
    throwIfAborted(options.signal);
    context.assertOpen();
    await write(context, batch);
    batch = [];
    options.onProgress?.({ done, total: Math.max(total, done) });
  };
  for (const card of readVCards(text)) {
    if (done >= limits.vcards) break;
    done += 1;
    if (card.emails.length === 0) skipped += 1;
    else {
      imported += 1;
      batch.push(card);
    }
    if (done % BATCH === 0) await flush();
  }
  if (done % BATCH > 0 || done === 0) await flush();
  return { imported, skipped };
}

async function write(context: AccountContext, cards: readonly VCard[]): Promise<void> {
  const changes = cards.flatMap((card) => {
    const { emails, key: _, ...fields } = card;
    const [address] = emails;
    return address === undefined ? [] : [{ address, emails, fields }];
  });
  await context.writer.run(async (tx) => {
    for (const { address, emails, fields } of changes) {
      const { categories, ...rest } = fields;
      const known = (await tx.get('contacts', address))?.card?.addresses ?? [];
      const addresses = [...new Set([...emails, ...known])].slice(0, limits.cardAddresses);
      await contactChange('contacts.importVCards', address, {
        ...rest,
        ...(categories.length > 0 && { categories }),
        ...(addresses.length > 1 && { addresses }),
      })(tx);
    }
  });
  const keys = cards.flatMap(({ emails, key }) => (key ? emails.map((address) => ({ address, key })) : []));
  await learnHandedKeys(context.keys.manager, keys, context.clock.now());
}

/** Writes contacts as vCards. */
export async function exportVCards(
  context: AccountContext,
  contacts: readonly Contact[],
  options: VCardExportOptions,
): Promise<string> {
  const { version = '4.0', keys = true, signal } = options;
  if (version !== '3.0' && version !== '4.0') throw invalid('contacts.exportVCards version', 'has to be 3.0 or 4.0');
  const cards: string[] = [];
  for (const contact of contacts) {
    throwIfAborted(signal);
    const { nickname, birthday, categories, address, addresses } = contact;
    const [record] = await context.store.get('contacts', [address]);
    // What the user calls them is said beside it.
    const name = record?.card?.name ?? record?.profile?.name ?? record?.name;
    const photo = contact.hasPhoto ? await contact.photo() : undefined;
    const key = keys ? (await context.keys.manager.signatureKeys(address))[0] : undefined;
    cards.push(
      writeVCard(
        {
          // The one that it was asked for first: there the key belongs to.
          emails: [address, ...addresses.filter((other) => other !== address)],
          categories,
          ...(name !== undefined && { name }),
          ...(nickname !== undefined && { nickname }),
          ...(birthday !== undefined && { birthday }),
          ...(photo && { photo }),
          ...(key && { key: key.bytes() }),
        },
        version,
      ),
    );
  }
  return cards.join('');
}

function textOf(file: string | Uint8Array): string {
  if (typeof file !== 'string' && !(file instanceof Uint8Array))
    throw invalid('contacts.importVCards', 'takes the content of a file, as text or octets');
  if (file.length > limits.vcardFileBytes)
    throw new InputError(
      'ATTACHMENT_TOO_LARGE',
      `contacts.importVCards: the file is larger than ${limits.vcardFileBytes} octets.`,
    );
  // Whatever is no UTF-8 becomes a replacement character: only names can be hurt by that.
  return typeof file === 'string' ? file : new TextDecoder().decode(file);
}
