import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import { parseAddress } from '../mail/address.js';
import { type CardPhoto, imageType } from '../protocol/h-card.js';
import { invalid } from './check-options.js';
import type { MemberInput, PictureDraft } from './group-values.js';

/**
 * The addresses that were passed in, each once.
 *
 * @throws InputError `INVALID_ADDRESS`, `INVALID_OPTION`
 */
export function checkMembers(where: string, input: MemberInput | readonly MemberInput[]): string[] {
  const list: readonly MemberInput[] = isList(input) ? input : [input];
  const addresses = list.map((member) => {
    if (typeof member === 'string') return parseAddress(member);
    if (member === null || typeof member !== 'object') throw invalid(where, 'has to be an address or a list of them');
    return parseAddress(member.address);
  });
  return [...new Set(addresses)];
}

function isList(input: MemberInput | readonly MemberInput[]): input is readonly MemberInput[] {
  return Array.isArray(input);
}

/**
 * The name of a group as it was passed in, as one line. What else can be wrong with it the writer of the mail tells.
 *
 * @throws InputError `INVALID_OPTION`
 */
export function checkName(where: string, name: string): string {
  if (typeof name === 'string' && name.trim() !== '') return name.replace(/[ \t]+/g, ' ').trim();
  throw invalid(where, 'has to be a text that is not empty');
}

/**
 * The description of a group as it was passed in, with `\n` line ends; empty if there is to be none.
 *
 * @throws InputError `INVALID_OPTION`
 */
export function checkDescription(where: string, description: string | undefined): string {
  if (description === undefined) return '';
  if (typeof description === 'string') return description.replace(/\r\n?/g, '\n').trim();
  throw invalid(where, 'has to be a text');
}

/**
 * Reads a picture, and finds out what it is.
 *
 * @throws InputError `FILE_NOT_FOUND`, `ATTACHMENT_TOO_LARGE`, `INVALID_OPTION` for anything but JPEG, PNG, WebP and GIF.
 */
export async function loadPicture(where: string, picture: PictureDraft): Promise<CardPhoto> {
  const content = await octetsOf(where, picture);
  if (content.byteLength > limits.sendAvatarBytes) {
    throw new InputError(
      'ATTACHMENT_TOO_LARGE',
      `${where}: the picture has ${content.byteLength} octets; at most ${limits.sendAvatarBytes} are possible.`,
    );
  }
  const contentType = imageType(content);
  if (contentType !== undefined) return { contentType, content };
  throw invalid(where, 'has to be a JPEG, PNG, WebP or GIF picture');
}

async function octetsOf(where: string, picture: PictureDraft): Promise<Uint8Array> {
  if (picture instanceof Uint8Array) return picture;
  if (picture === null || typeof picture !== 'object')
    throw invalid(where, 'has to be a picture: octets, or a { path }');
  refuseUnknownOptions(where, picture, ['content', 'path']);
  const { content, path } = picture;
  if (content instanceof Uint8Array && path === undefined) return content;
  if (typeof path !== 'string' || path === '' || content !== undefined) {
    throw invalid(where, 'needs either "path" or "content"');
  }
  const { readFileWithin } = await import('../core/node/files.js');
  return (await readFileWithin(path, { maxBytes: limits.sendAvatarBytes, signal: undefined })).content;
}
