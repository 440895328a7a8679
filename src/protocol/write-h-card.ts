import { asBuffer } from '../mail/bytes.js';
import type { CardPhoto, HCard, HGroup } from './h-card.js';
import { escapeHtml } from './kinds/quote.js';

/** Characters of base64 in one line of HTML. */
const LINE = 72;

/** A card to be written; what is left out is not written. */
export type HCardDraft = Partial<HCard>;

/** A group to be written. */
export type HGroupDraft = Partial<Omit<HGroup, 'cards'>> & { readonly cards: readonly HCardDraft[] };

/**
 * Writes a person's card as HTML, one property to a line. People see picture, name, status and addresses; the rest is there
 * for programs. Reading it gives the same card.
 */
export function hCardHtml(card: HCardDraft): string {
  return [
    '<div class="h-card">',
    ...optional(card.photo, photoHtml),
    ...optional(card.name, (name) => shown('p-name', name)),
    ...optional(card.nickname, (name) => shown('p-nickname', name)),
    ...(card.emails ?? []).map(emailHtml),
    ...optional(card.status, (status) => shown('p-status', status)),
    ...optional(card.birthday, (day) => `<time class="dt-bday" datetime="${escapeHtml(day)}"></time>`),
    ...(card.categories?.length ? [hidden('p-category', card.categories.join(','))] : []),
    ...optional(card.notification, notificationHtml),
    ...optional(card.hash, (hash) => hidden('p-hash', hash)),
    ...optional(card.key, (key) => hidden('u-key', `\n${base64Lines(key)}\n`)),
    ...othersHtml(card.other),
    '</div>',
  ].join('\n');
}

/** Writes a group with the cards of its participants. Reading it gives the same group. */
export function hGroupHtml(group: HGroupDraft): string {
  return [
    '<div class="h-group">',
    ...optional(group.photo, photoHtml),
    ...optional(group.name, (name) => shown('p-name', name)),
    ...optional(group.description, (text) => shown('p-description', text)),
    ...optional(group.id, (id) => hidden('p-id', id)),
    ...optional(group.notification, notificationHtml),
    ...othersHtml(group.other),
    '<div class="e-participants">',
    ...group.cards.map(hCardHtml),
    '</div>',
    '</div>',
  ].join('\n');
}

function optional<T>(value: T | undefined, write: (value: T) => string): string[] {
  return value === undefined ? [] : [write(value)];
}

function shown(name: string, text: string): string {
  return `<div class="${name}">${escapeHtml(text)}</div>`;
}

function hidden(name: string, text: string): string {
  return `<span class="${name}" style="display: none">${text.startsWith('\n') ? text : escapeHtml(text)}</span>`;
}

function emailHtml(address: string): string {
  const link = `mailto:${encodeURIComponent(address).replaceAll('%40', '@')}`;
  return `<a class="u-email" href="${escapeHtml(link)}">${escapeHtml(address)}</a>`;
}

function photoHtml({ contentType, content }: CardPhoto): string {
  return `<img class="u-photo" alt="" src="data:${contentType};base64,\n${base64Lines(content)}">`;
}

function notificationHtml(settings: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return hidden('p-notification', pairs.join(';'));
}

function othersHtml(other: HCardDraft['other']): string[] {
  return Object.entries(other ?? {}).flatMap(([name, values]) => values.map((value) => hidden(name, value)));
}

function base64Lines(content: Uint8Array): string {
  const text = asBuffer(content).toString('base64');
  return text.replace(new RegExp(`.{${LINE}}(?=.)`, 'g'), '$&\n');
}
