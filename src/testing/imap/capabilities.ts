/** IMAP extensions that can be switched off, to play a more basic server. All are on by default. */
export interface ImapCapabilities {
  /** RFC 7888. */
  readonly literalPlus: boolean;
  /** RFC 4959. */
  readonly saslIr: boolean;
  /** RFC 2971. */
  readonly id: boolean;
  /** RFC 5161. */
  readonly enable: boolean;
  /** RFC 2342. */
  readonly namespace: boolean;
  /** RFC 3348. */
  readonly children: boolean;
  /** RFC 3691. */
  readonly unselect: boolean;
  /** RFC 2177. */
  readonly idle: boolean;
  /** RFC 6851. */
  readonly move: boolean;
  /** RFC 4315. */
  readonly uidplus: boolean;
  /** RFC 7162 without QRESYNC. */
  readonly condstore: boolean;
  /** RFC 6154. */
  readonly specialUse: boolean;
  /** RFC 5258 and RFC 5819. */
  readonly listExtended: boolean;
  /** RFC 5464. */
  readonly metadata: boolean;
}

const tokens: Record<keyof ImapCapabilities, string> = {
  literalPlus: 'LITERAL+',
  saslIr: 'SASL-IR',
  id: 'ID',
  enable: 'ENABLE',
  namespace: 'NAMESPACE',
  children: 'CHILDREN',
  unselect: 'UNSELECT',
  idle: 'IDLE',
  move: 'MOVE',
  uidplus: 'UIDPLUS',
  condstore: 'CONDSTORE',
  specialUse: 'SPECIAL-USE CREATE-SPECIAL-USE',
  listExtended: 'LIST-EXTENDED LIST-STATUS',
  metadata: 'METADATA',
};

const beforeLogin: readonly (keyof ImapCapabilities)[] = ['literalPlus', 'saslIr', 'id', 'enable'];

/** Names of all switches. */
export const capabilityNames = Object.keys(tokens) as (keyof ImapCapabilities)[];

/** All on, but those that are given. */
export function resolveCapabilities(given: Partial<ImapCapabilities> = {}): ImapCapabilities {
  const all = Object.fromEntries(capabilityNames.map((name) => [name, true]));
  return { ...all, ...given } as ImapCapabilities;
}

/** The list of a CAPABILITY response. A COI server shows `COI` only after login. */
export function capabilityList(capabilities: ImapCapabilities, state: { loggedIn: boolean; coi: boolean }): string {
  const names = state.loggedIn ? capabilityNames : beforeLogin;
  const list = ['IMAP4rev1', ...names.filter((name) => capabilities[name]).map((name) => tokens[name])];
  if (!state.loggedIn) list.push('AUTH=PLAIN', 'AUTH=XOAUTH2');
  else if (state.coi) list.push('COI');
  return list.join(' ');
}
