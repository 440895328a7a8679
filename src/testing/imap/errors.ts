/** A command is refused: tagged NO. The message may begin with a response code, e.g. `[NONEXISTENT] No such folder`. */
export class ImapNo extends Error {}

/** A command makes no sense: tagged BAD. */
export class ImapBad extends Error {}

/** The connection is over; the session ends without another word. */
export class ConnectionGone extends Error {}
