import { ImapNo } from '../errors.js';
import { SearchKeys } from '../search-keys.js';
import type { ImapCommand } from '../session.js';

const charsets = ['UTF-8', 'US-ASCII'];

/** SEARCH and UID SEARCH. */
export const searchCommands: Record<string, ImapCommand> = {
  SEARCH: {
    state: 'selected',
    uid: true,
    holdsExpunge: true,
    run(session, args, { byUid }) {
      const { selected } = session;
      const keys = new SearchKeys(session, args);
      const charset = keys.charset();
      if (charset && !charsets.includes(charset.toUpperCase())) {
        throw new ImapNo(`[BADCHARSET (${charsets.join(' ')})] Unknown charset`);
      }
      const matches = keys.all();
      const found = selected.view.filter((mail) => !selected.isGone(mail) && matches(mail));
      const numbers = found.map((mail) => (byUid ? mail.uid : selected.sequenceOf(mail)));
      const highest = keys.usedModSeq ? found.reduce((most, mail) => Math.max(most, mail.modSeq), 0) : 0;
      session.line(`* SEARCH${numbers.map((number) => ` ${number}`).join('')}${highest ? ` (MODSEQ ${highest})` : ''}`);
      return undefined;
    },
  },
};
