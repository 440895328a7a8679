/**
 * Writes the golden pairs anew after a wanted change: `npx tsx test/golden/update.ts`. The `.eml` files of drafts are
 * written from their drafts, every `mail` is read anew. Look at the difference before you commit it.
 */
import { readChatMail } from '../../src/entry/protocol.js';
import { golden, goldenMail, goldenNames, jsonOf, writeGolden, writtenMail } from './golden.js';

for (const name of await goldenNames()) {
  const pair = await golden(name);
  const raw = (await writtenMail(pair)) ?? (await goldenMail(name));
  await writeGolden(name, { ...pair, mail: jsonOf(await readChatMail(raw)) }, raw);
}
