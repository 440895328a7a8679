import { DOMAIN } from './servers.js';

const DAY = 24 * 3600_000;
const START = Date.UTC(2026, 0, 1);

/** A plain chat mail as a chat program writes it. */
export function chatMail(
  from: string,
  to: string,
  index: number,
  date = START + index * 60_000,
): { raw: string; date: number } {
  const raw = [
    `Return-Path: <${from}>`,
    `Delivered-To: ${to}`,
    `Received: from mail.${DOMAIN} by mail.${DOMAIN} with LMTP id ${index}; ${new Date(date).toUTCString()}`,
    `Date: ${new Date(date).toUTCString().replace('GMT', '+0000')}`,
    `From: Sender <${from}>`,
    `To: ${to}`,
    `Message-ID: <chat$m${index}x${from.split('@')[0]}@${DOMAIN}>`,
    `References: <chat$first${from.split('@')[0]}@${DOMAIN}>`,
    'Subject: Chat: lorem ipsum',
    'Chat-Version: 1.0',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8; format=flowed',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    `Message number ${index}: lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor =E2=9C=93`,
    'incidunt ut labore et dolore magna aliqua.',
    '',
  ].join('\r\n');
  return { raw, date };
}

/**
 * Sender of mail number `index` (0 = oldest) of `total`, over 200 chats with Zipf 1.0, so that the newest mail of each
 * of the 20 busiest chats is among the newest 5,000.
 */
export function zipfSender(index: number): string {
  // A fixed scramble of the index gives the same mailbox in every run.
  let x = (index * 2654435761) % 4294967296;
  x = ((x ^ (x >>> 15)) * 2246822519) % 4294967296;
  const uniform = Math.abs(x % 1_000_003) / 1_000_003;
  const harmonic = Array.from({ length: 200 }, (_, rank) => 1 / (rank + 1));
  const sum = harmonic.reduce((a, b) => a + b, 0);
  let remaining = uniform * sum;
  for (const [rank, weight] of harmonic.entries()) {
    remaining -= weight;
    if (remaining <= 0) return `chat${rank}@${DOMAIN}`;
  }
  return `chat199@${DOMAIN}`;
}

/** Date of mail `index` of `total`: evenly over the last 300 days. */
export function dateOf(index: number, total: number): number {
  return START + Math.floor((index / total) * 300 * DAY);
}

/**
 * Messages on the first screens: of the 20 chats with the newest mails, the newest 50 each, as far as they are among the
 * newest 5,000 mails of the mailbox.
 */
export function firstScreenMessages(total: number): number {
  const counts = new Map<string, number>();
  for (let index = total - 1; index >= Math.max(0, total - 5000); index--) {
    const sender = zipfSender(index);
    counts.set(sender, (counts.get(sender) ?? 0) + 1);
  }
  // A Map keeps the order of first insertion: newest chats first.
  return [...counts.values()].slice(0, 20).reduce((sum, count) => sum + Math.min(50, count), 0);
}
