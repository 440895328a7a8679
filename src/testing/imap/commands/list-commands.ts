import type { HostFolder } from '../../folder.js';
import { type Arguments, textOf, textsOf } from '../arguments.js';
import { ImapBad } from '../errors.js';
import { decodeMailboxName, quotedMailboxName } from '../mailbox-name.js';
import type { ImapCommand, ImapSession } from '../session.js';
import { statusLine } from './folder-commands.js';

/** LIST with the options of RFC 5258, RFC 5819 and RFC 6154, and LSUB. */
export const listCommands: Record<string, ImapCommand> = {
  LIST: { state: 'user', run: list },
  LSUB: {
    state: 'user',
    run(session, args) {
      const patterns = readPatterns(args);
      args.end();
      for (const folder of matching(session, patterns)) {
        if (folder.subscribed) session.line(listLine(session, 'LSUB', folder, []));
      }
      return undefined;
    },
  },
};

function list(session: ImapSession, args: Arguments): undefined {
  const { capabilities } = session.context;
  const selection = capabilities.listExtended ? args.optionalList() : undefined;
  const selected = new Set(selection ? textsOf(selection).map((name) => name.toUpperCase()) : []);
  const patterns = readPatterns(args);
  const returns = args.more ? readReturns(session, args) : { status: undefined, subscribed: false };
  args.end();
  if (patterns.length === 1 && patterns[0] === '') {
    session.line(`* LIST (\\Noselect) "${session.mailbox.layout.delimiter}" "${session.mailbox.layout.prefix}"`);
    return undefined;
  }
  for (const folder of matching(session, patterns)) {
    if (selected.has('SUBSCRIBED') && !folder.subscribed) continue;
    if (selected.has('SPECIAL-USE') && !folder.specialUse) continue;
    const showSubscribed = returns.subscribed || selected.has('SUBSCRIBED');
    session.line(listLine(session, 'LIST', folder, showSubscribed && folder.subscribed ? ['\\Subscribed'] : []));
    if (returns.status && folder.selectable) session.line(statusLine(session, folder, returns.status));
  }
  return undefined;
}

function readPatterns(args: Arguments): string[] {
  const reference = args.mailbox('reference');
  const several = args.optionalList();
  const patterns = several ? textsOf(several) : [args.text('pattern')];
  // A reference only ever stands before the pattern (RFC 9051 6.3.9).
  return patterns.map((pattern) => (pattern === '' ? '' : reference + decodeMailboxName(pattern)));
}

function readReturns(session: ImapSession, args: Arguments): { status: string[] | undefined; subscribed: boolean } {
  if (args.text('RETURN').toUpperCase() !== 'RETURN') throw new ImapBad('Expected RETURN');
  const { specialUse, listExtended } = session.context.capabilities;
  if (!listExtended && !specialUse) throw new ImapBad('No LIST-EXTENDED here');
  const options = args.list('return options');
  const result: { status: string[] | undefined; subscribed: boolean } = { status: undefined, subscribed: false };
  for (let i = 0; i < options.length; i++) {
    const option = options[i] ?? null;
    if (Array.isArray(option)) throw new ImapBad('Unexpected list');
    const name = textOf(option).toUpperCase();
    const known = name === 'SPECIAL-USE' ? specialUse : listExtended;
    if (!known) throw new ImapBad(`Unknown return option: ${name}`);
    if (name === 'SUBSCRIBED') result.subscribed = true;
    else if (name === 'STATUS') {
      const items = options[++i];
      if (!Array.isArray(items)) throw new ImapBad('Expected STATUS items');
      result.status = textsOf(items);
    } else if (name !== 'CHILDREN' && name !== 'SPECIAL-USE') throw new ImapBad(`Unknown return option: ${name}`);
  }
  return result;
}

function matching(session: ImapSession, patterns: readonly string[]): HostFolder[] {
  const { delimiter } = session.mailbox.layout;
  return session.mailbox.folders.filter((folder) =>
    patterns.some((pattern) => matches(folder.path, /^inbox$/i.test(pattern) ? 'INBOX' : pattern, delimiter)),
  );
}

function listLine(session: ImapSession, response: string, folder: HostFolder, more: readonly string[]): string {
  const { capabilities } = session.context;
  const flags: string[] = [...more];
  if (!folder.selectable) flags.push('\\Noselect');
  if (capabilities.children) flags.push(session.mailbox.hasChildren(folder) ? '\\HasChildren' : '\\HasNoChildren');
  if (capabilities.specialUse && folder.specialUse) flags.push(folder.specialUse);
  const { delimiter } = session.mailbox.layout;
  return `* ${response} (${flags.join(' ')}) "${delimiter}" ${quotedMailboxName(folder.path)}`;
}

/**
 * `*` stands for anything, `%` for anything without delimiter. Set by set of reachable pattern positions: no
 * backtracking, whatever the pattern.
 */
function matches(path: string, pattern: string, delimiter: string): boolean {
  let reachable = closure(new Set([0]), pattern);
  for (let i = 0; i < path.length; i++) {
    const char = path[i];
    const next = new Set<number>();
    for (const at of reachable) {
      const wanted = pattern[at];
      if (wanted === '*' || (wanted === '%' && char !== delimiter)) next.add(at);
      else if (wanted === char) next.add(at + 1);
    }
    reachable = closure(next, pattern);
  }
  return reachable.has(pattern.length);
}

/** Wildcards may stand for nothing. Adding to a set while walking it visits the new ones as well. */
function closure(positions: Set<number>, pattern: string): Set<number> {
  for (const at of positions) if (pattern[at] === '*' || pattern[at] === '%') positions.add(at + 1);
  return positions;
}
