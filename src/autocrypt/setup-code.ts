import { type RandomBytes, secureRandom } from '../core/random.js';

/**
 * A new setup code: 36 random decimal digits in nine blocks of four, separated by dashes, which belong to it (Level 1,
 * "Setup Code"). Show it to the user once; it is not kept anywhere.
 */
export function newSetupCode(random: RandomBytes = secureRandom): string {
  let digits = '';
  while (digits.length < 36) {
    // 250 is the largest multiple of 10 in an octet: above it some digits would come more often.
    for (const byte of random(48)) if (byte < 250 && digits.length < 36) digits += byte % 10;
  }
  return inBlocks(digits);
}

/**
 * A setup code as a person typed it: 36 digits with whatever between them become nine blocks of four with dashes; anything
 * else is a code of another program, and is taken as it is.
 */
export function normalizeSetupCode(typed: string): string {
  const digits = typed.replace(/[\s\p{Pd}.,]/gu, '');
  return /^\d{36}$/.test(digits) ? inBlocks(digits) : typed.trim();
}

function inBlocks(digits: string): string {
  return (digits.match(/.{4}/g) ?? []).join('-');
}
