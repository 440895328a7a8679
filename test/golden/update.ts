/**
 * Writes the golden pairs anew after a wanted change: `npx tsx test/golden/update.ts`. The `.eml` files of drafts are
 * written from their drafts, every `mail` is read anew. Look at the difference before you commit it.
 */
import { readChatMail, writeChatMail } from '../../src/entry/protocol.js';
import { draftOf, golden, goldenMail, goldenNames, jsonOf, repeatableRandom, writeGolden } from './golden.js';

for (const name of await goldenNames()) {
  const { about, draft } = await golden(name);
  const raw =
    draft === undefined
      ? await goldenMail(name)
      : (await writeChatMail(draftOf(draft), { random: repeatableRandom() })).bytes;
  const mail = jsonOf(await readChatMail(raw));
  await writeGolden(name, draft === undefined ? { about, mail } : { about, draft, mail }, raw);
}
