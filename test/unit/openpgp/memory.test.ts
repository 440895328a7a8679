import { expect, it } from 'vitest';
import { readMail } from '../../../src/mail/read-mail.js';
import { actor, open, plainMail, seal } from './support.js';

it('seals and opens a mail with 25 MB of files in bounded memory', async () => {
  const [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
  await open(await seal(await plainMail(), ada, [bob]), bob, [ada]);
  const file = Uint8Array.from({ length: 25_000_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const mail = await plainMail(
    {},
    {
      contentType: 'multipart/mixed',
      children: [
        { contentType: 'text/plain', content: 'Look' },
        { contentType: 'video/mp4', content: file, filename: 'film.mp4', disposition: 'attachment' },
      ],
    },
  );
  const before = process.memoryUsage().rss;
  const opened = await open(await seal(mail, ada, [bob]), bob, [ada]);
  expect(process.resourceUsage().maxRSS * 1024 - before).toBeLessThan(250_000_000);
  expect(opened.security.signature).toBe('valid');
  const [, part] = (await readMail(opened.payload ?? new Uint8Array())).root.children;
  expect(Buffer.compare(part?.content() ?? new Uint8Array(), file)).toBe(0);
}, 60_000);
