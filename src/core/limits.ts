/**
 * Every limit of the library, with its reason. What comes in is hostile until proven otherwise: each number bounds what
 * one mail, one server or one call can cost us.
 */

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Limits that apply everywhere; see each field for the reason. */
export const limits = {
  // Reading a mail
  /** A mail up to this size is fetched whole with the first pass; of a larger one only headers, structure and text parts. */
  eagerMailBytes: 256 * KiB,
  /** Octets of every new mail that are asked for together with its size: most mails are smaller, and then need no second question. */
  firstBytes: 32 * KiB,
  /** Most bytes of one mail that `readMail` looks at: 64 MB mails exist, and base64 adds a third. Beyond: cut, `problem` set. */
  mailBytes: 100 * MiB,
  /** Header block of one mail or part. Real ones stay below 100 KB; mailsplit's own cap is of the same order. */
  headerBytes: 2 * MiB,
  /** Header fields of one mail or part. Real ones stay below 300; each costs a little memory beyond its octets. */
  headerFields: 10_000,
  /** Characters of one decoded header text such as Subject. Fields that carry data (keys, avatars) are read undecoded and not cut. */
  headerTextChars: 16 * KiB,
  /** Depth of multiparts. Real mail stays below 10; a recursion of thousands would blow the stack. */
  mimeDepth: 64,
  /** Parts of one mail. Real mail stays below 200. Further parts are ignored, `problem` set. */
  mimeParts: 1000,
  /** Characters of one decoded text part kept as message text; the rest stays on the server. */
  textChars: 512 * KiB,
  /** Characters of a boundary. RFC 2046 allows 70, programs exceed that. */
  mimeBoundaryChars: 1024,
  /** Lines beginning with `--` that are compared with the open boundaries, about 1 µs each. What is behind them is not taken apart. */
  mimeDelimiters: 1_000_000,
  /** Header fields of one name that are read as address lists. RFC 5322 allows one; some programs split long lists. */
  sameFields: 20,
  /** Octets of one text part, still transfer-encoded; a longer one counts as a file (`textChars` of it can still be shown). */
  textPartBytes: 2 * MiB,
  /** Octets of a part for programs (delivery status, poll) that is fetched along with the text; real ones stay below 10 KB. */
  dataPartBytes: 256 * KiB,
  /** Octets of all text parts that are looked at in one mail. */
  textPartsBytes: 8 * MiB,
  /** Input of the HTML-to-text conversion: its cost is linear, this bounds the constant. */
  htmlChars: 2 * MiB,
  /** Nested lists, quotes, links and hidden elements of HTML that are kept track of; each costs a little for every tag within. */
  htmlDepth: 32,
  /** Characters of one HTML attribute that are looked at (link targets, styles). */
  htmlAttributeChars: 4 * KiB,
  /** Characters and lines of a bounce without machine-readable part that are searched for recipients; what is beyond is the returned mail. */
  bounceChars: 64 * KiB,
  bounceLines: 1000,
  /** Recipients that a bounce without machine-readable part can name. */
  bounceRecipients: 100,
  /** Characters kept of the words with which a server refused a mail. */
  reasonChars: 1000,
  /** Octets of the text of a typing notice; a longer one is a message. */
  typingOctets: 200,
  /** For how long a typing notice is of use. */
  typingMs: 30_000,
  /** At most one typing notice per chat in this time: each is a mail. */
  typingPauseMs: 10_000,
  /** At most one `typing` event per chat in this time, however many notices come. */
  typingEventMs: 3_000,
  /** Characters of a trust token; real ones have 150. */
  tokenChars: 1000,
  /** Characters of a token of a submission server. Two of them have to fit into a command line of a server that is not generous (RFC 5321 4.5.3.1.4 allows 512 octets and more for parameters). */
  serverTokenChars: 500,
  /** Refused tokens of submission servers that are remembered for a session; more are tried again. */
  refusedTokens: 10_000,
  /** Validity of a token that we issue, seconds (90 days): long enough for people who seldom write, short enough to forget those who left. */
  tokenValidityS: 90 * 24 * 3600,
  /** Servers whose word about one receipt is kept: our own is known later than the receipt, perhaps. */
  receiptServers: 8,
  /** Characters of one field of a report: a receipt may name 500 message-ids, each folded onto a line of its own. */
  reportFieldChars: 128 * KiB,
  /** Message-ids that one read receipt can name (chatmail's limit). */
  receiptIds: 500,
  /** Addresses read from one header. A mail to more people is cut with `problem` set. */
  addresses: 2000,
  /** Ids read from References / In-Reply-To: long threads repeat hundreds of ids, only first and last matter to us. */
  references: 200,
  /** Length of a message-id we accept as one; longer ones are replaced by their hash. RFC 5322 lines end at 998. */
  messageIdChars: 998,
  /** People that one message can mention: as many as it may have recipients. */
  mentions: 500,
  /** An Authentication-Results field; real ones stay below 2 KB. A longer one is not looked at: what is cut off could be what matters. */
  authenticationResultsChars: 16 * KiB,
  /** DKIM signatures that are kept of what it says. Real mail has one or two; servers themselves check some ten at most. */
  dkimResults: 16,
  /** Display names and file names are shown in lists: cut there. */
  nameChars: 255,

  // Cards of people and groups (h-card, h-group)
  /** Cards read from one part: as many as a chat may have members. */
  cards: 2000,
  /** Different properties of one card, and values of one property: real cards have about ten, a person a few addresses. */
  cardProperties: 64,
  cardValues: 32,
  /** Characters of one value of a card that is neither picture nor key. */
  cardValueChars: 4 * KiB,
  /** Octets of a picture on a card or in a header: ours and chatmail's stay below 64 KB. */
  avatarBytes: 256 * KiB,
  /** Octets of a key on a card, the same as in a header. */
  cardKeyBytes: 10 * KiB,

  // The chat model
  /** Ids of one mail that connect it with others (the first and the last ones): each costs a record. */
  threadReferences: 32,
  /** Members kept of a chat without member list of its own: the smallest addresses. Its record is written with every message. */
  chatMembers: 2000,
  /** Mails of one Message-ID that a delivery report is applied to: honestly there is one, but anybody can claim it. */
  sameIdMails: 100,
  /** Own mails on which a server's name has to be seen to count as our own server's. */
  authservMails: 5,
  /** Names of our own server that are learned: a provider may have several machines. */
  authservNames: 32,

  // Contacts
  /** Addresses of one contact. Nobody has more; each costs a record. */
  cardAddresses: 32,
  /** Header fields and properties that are kept although nobody here knows them. */
  cardUnknown: 50,
  /** Tokens kept of each kind: the newest counts, the ones before may still be on their way. */
  cardTokens: 4,
  /** Characters of one token; ours have 150. */
  cardTokenChars: 1000,

  /** Audiences of the own profile. */
  profileAudiences: 20,
  /** Octets of a file of vCards: 5,000 contacts with pictures have 50 MB. */
  vcardFileBytes: 256 * MiB,
  /** Characters and lines of one vCard, with a picture in base64; a larger one is left out. */
  vcardChars: 4 * MiB,
  vcardLines: 1000,
  /** Characters of one line of a vCard, with a picture in it; and of what stands before its value. */
  vcardLineChars: 4 * MiB,
  vcardHeadChars: 4 * KiB,
  /** Cards that one import takes. */
  vcards: 100_000,
  /** Octets of a storage message: a picture, base64, encryption and base64 again. */
  storageMailBytes: MiB,
  /** Mails of the folder of storage messages that are looked at; the newest ones. */
  storageMails: 20_000,
  /** How long the mailbox remembers that a contact was deleted, for devices that were away. */
  tombstoneMs: 90 * 24 * 3600_000,

  // Writing a message
  /** Characters of one text message; more belongs into a file. */
  sendTextChars: 256 * KiB,
  /** Sum of the attachments of one message. Most providers refuse more than 25 MB on the wire, base64 included. */
  sendAttachmentBytes: 25 * MiB,
  /** Attachments of one message. */
  sendAttachments: 100,
  /** Octets of a group's picture that we send: as base64 it has to fit into one header field, and Postfix cuts those at 100 KiB. */
  sendAvatarBytes: 64 * KiB,
  /** Characters of the description of a group. */
  sendDescriptionChars: 2000,
  /** Characters of a subject or of one header field of a draft: longer ones make servers refuse the whole mail. */
  sendHeaderChars: 2000,
  /** Recipients of one message. */
  sendRecipients: 500,
  /** Characters of the answered text that a reply repeats: enough to recognise it, on every screen. */
  quoteChars: 400,
  /** How far the Date of a message may run ahead of the clock to keep the order of a chat, whose dates are whole seconds. */
  dateLeadMs: 60_000,

  // Talking to servers
  /** TCP, TLS and proxy together. */
  connectTimeoutMs: 30_000,
  /** A command that got no answer for this long: the connection is given up. */
  socketTimeoutMs: 120_000,
  /** IDLE is restarted at least this often (RFC 2177 says 29 minutes; NATs forget earlier). */
  idleRestartMs: 4 * 60_000,
  /** First wait before a reconnect; doubled each time, with jitter. */
  reconnectMinMs: 1_000,
  /** Longest wait before a reconnect. */
  reconnectMaxMs: 5 * 60_000,
  /** Polling of folders that cannot be watched. */
  pollMs: 60_000,
  /** Polling of folders that the server promised to watch (NOTIFY): Dovecot 2.3 never reports those with names that are not ASCII. */
  notifiedPollMs: 10 * 60_000,
  /** Literal that a server may announce; imapflow's own cap is 1 GB. */
  imapLiteralBytes: 128 * MiB,
  /** Line without literal from an IMAP server. */
  imapLineBytes: 4 * MiB,
  /** Octets that the answer to one IMAP command may take: a fetch batch is 8 MiB, one literal at most 128 MiB. */
  imapCommandBytes: 256 * MiB,
  /** UIDs of one folder that we keep in memory. The largest real mailboxes hold about a million mails. */
  imapFolderMails: 5_000_000,
  /** Piece of a part that `download` asks for: small enough to abort quickly, large enough not to wait per piece. */
  imapPieceBytes: 256 * KiB,
  /** Time for one IMAP command or SMTP transaction, plus what uploading takes: a server that dribbles never lets the socket time out. */
  commandMs: 10 * 60_000,
  /** Slowest upload that we wait for. */
  uploadBytesPerSecond: 8 * KiB,
  /** Silence of an SMTP server: RFC 5321 4.5.3.2 asks for 5 minutes before DATA (content scanners take their time). */
  smtpSocketTimeoutMs: 5 * 60_000,
  /** An unused SMTP connection is closed after this: submission servers drop idle ones themselves and count them. */
  smtpIdleMs: 30_000,
  /** Longest SMTP reply. RFC 5321 allows 512 octets per line; EHLO has some twenty lines. */
  smtpReplyBytes: 64 * KiB,
  /** Autoconfig file. Real ones stay below 10 KiB. */
  autoconfigBytes: 256 * KiB,
  /** One lookup of autodiscovery (DNS, HTTPS, connection attempt). */
  discoveryStepMs: 8_000,
  /** Mails fetched and committed in one batch: large enough to amortise a commit, small enough to show progress. */
  syncBatch: 200,
  /** Mails read again in one batch after a key has come: opened, they wait in memory for their commit. */
  retryBatch: 50,
  /** Bytes fetched in one batch. */
  syncBatchBytes: 8 * MiB,
  /** The connection for downloads is closed when nobody used it for this long: providers allow few at a time. */
  downloadIdleMs: 30_000,
  /** Newest mails of a folder whose flags are compared where the server does not count changes (CONDSTORE): about 15 KB per look. */
  flagWindow: 300,
  /** Newest mails whose headers are skimmed at the very first start, to find the newest chats: more would keep the user waiting. */
  skimMails: 5000,

  // OpenPGP
  /** A key in a header or gossip: Autocrypt's own limit for the whole header is 10 KiB. */
  pgpHeaderKeyBytes: 10 * KiB,
  /** A key that the user imports: photographs and signatures of others make some large. */
  pgpKeyBytes: MiB,
  /** Packets of one key, all kinds together: reading each costs some 10 µs. */
  pgpKeyPackets: 5000,
  /** User ids of one key, and subkeys: each has a signature that is verified whenever the key is used for the first time. */
  pgpKeyUserIds: 64,
  pgpKeySubkeys: 64,
  /** Signatures of one key. Keys of well-known people carry thousands of others', which are dropped unread. */
  pgpKeySignatures: 4000,
  /** Signatures of one key by itself: a check costs about a millisecond. A renewal a year on five parts gives 50 in ten years. */
  pgpKeyOwnSignatures: 256,
  /** Octets of a user id: OpenPGP.js's own limit is 5 KiB. */
  pgpUserIdBytes: 1024,
  /** Bits of a number in an RSA or DSA key: time grows with the cube. Real keys have 2048 to 4096, a few 8192. */
  pgpNumberBits: 8192,
  /** Bits of an RSA exponent: everybody uses 65537; one of 8192 bits would make each check take seconds. */
  pgpRsaExponentBits: 64,
  /** Octets that turning a passphrase into a key may hash, all packets together. GnuPG goes up to 62 MiB for each of usually two to four packets. */
  pgpS2kBytes: 512 * MiB,
  /** Memory for Argon2, as power of two in KiB: 256 MiB. RFC 9106's second recommendation takes 64 MiB. */
  pgpArgon2MemoryExponent: 18,
  /** What an encrypted mail of ordinary size may unpack to; beyond, it is opened again alone, up to `pgpPlainBytes`. */
  pgpPlainSmallBytes: 8 * MiB,
  /** What an encrypted mail may unpack to: 25 MB of files with base64 around them, and room. */
  pgpPlainBytes: 64 * MiB,
  /** Encrypted mails up to this size are opened several at a time, larger ones alone: each is in memory about four times. */
  pgpSmallMailBytes: 4 * MiB,
  /** OpenPGP operations on small mails at a time: enough to use the platform's threads, few enough for bounded memory. */
  pgpConcurrency: 8,
  /** Recipients of one encrypted mail. Anonymous ones cost a try with each own key. */
  pgpRecipients: 1000,
  /** Session keys that are tried on one mail: honestly there is one; each try decrypts the whole mail. */
  pgpSessionKeys: 3,
  /** Signatures of one mail that are verified: each hashes the whole mail. */
  pgpSignatures: 8,
  /** Packets of one message, inside and outside of the encryption. Honestly there are a few; OpenPGP.js takes 5 to 50 µs for each. */
  pgpPackets: 2000,
  /** Chunks of data with AEAD (version 2) in one message: each costs some 20 µs. 64 MiB in pieces of 4 KiB have 16,384. */
  pgpAeadChunks: 50_000,
  /** Octets that the chunks of a message must have on average, if there are more than `pgpPackets`: each costs microseconds. */
  pgpChunkBytes: 256,
  /** How far a key may be dated ahead of our clock, or a signature: other people's clocks are wrong, too. */
  pgpClockSkewMs: 24 * 3600_000,
  /** Public keys kept read: the key in each mail's header is nearly always one of them, and reading it is what costs most. */
  pgpCachedKeys: 300,

  /** Keys that one address announced over time and that a signature is checked against. Anybody can announce in anybody's name. */
  pgpSenderKeys: 100,

  /** A file from inside an encryption is kept if it is no larger; of larger ones the mail is fetched and opened again when they are wanted. */
  sealedFileBytes: MiB,

  /** A mail that is only signed is fetched whole up to this size, to check the signature; a larger one counts as not signed. */
  signedMailBytes: 8 * MiB,

  // Autocrypt
  /** Newest mails of each kind that are looked at for a key of the mailbox on another device; one is enough. */
  keyEvidenceMails: 10,
  /** An Autocrypt or Autocrypt-Gossip field, as Level 1 says: larger ones are cut or refused by some servers. */
  autocryptHeaderBytes: 10 * KiB,
  /** Autocrypt fields for the sender in one mail; honestly one. Beyond, none counts: reading a key takes up to milliseconds. */
  autocryptHeaders: 8,
  /** Autocrypt-Gossip fields of one mail that are looked at: as many as a message may have recipients. */
  gossipHeaders: 500,
  /** Octets of Autocrypt-Gossip fields that are written into one mail: the other fields have to fit into `headerBytes` beside them. */
  gossipBytes: MiB,
  /** Octets of the attachment of a setup message; real ones have 2 to 10 KB. */
  setupMessageBytes: 128 * KiB,

  // Outbox
  /** First wait after a temporary refusal (4xx) or a lost connection; doubled each time. */
  outboxRetryMinMs: 5_000,
  /** Longest wait between tries. */
  outboxRetryMaxMs: 15 * 60_000,
  /** After this long without success a message is `failed`; RFC 5321 4.5.4.1 asks for 4 to 5 days. */
  outboxGiveUpMs: 4 * 24 * 3600_000,

  /** Messages handed over at the same time. Providers allow few connections per account, and more bring little. */
  outboxConcurrency: 5,
  /** Longest wait for messages that are just being handed over when the account stops; after that they are sent again at the next start. */
  outboxStopMs: 5_000,
  /** Tries to file a copy of a sent message, before we do without. */
  sentCopyTries: 5,

  // Backup
  /** One record in a backup, as JSON: the largest have a text, its HTML and its Markdown, some 5 MiB. */
  backupRecordBytes: 64 * MiB,
  /** Memory that scrypt may take for the passphrase of a backup: eight times what we write. */
  backupScryptBytes: 256 * MiB,
  /** Memory times rounds of scrypt, which is the time it takes: about ten times what we write, some five seconds. */
  backupScryptWork: GiB,
  /** Octets of records that are put into the new store with one commit. */
  backupBatchBytes: 4 * MiB,

  // Store
  /** Blobs are kept in rows of this size: a large row would have to be in memory as a whole. */
  blobChunkBytes: 256 * KiB,
  /** Records read or decrypted between two turns of the event loop; about 10 ms of work. */
  storeSlice: 500,
  /** Words longer than this are cut, in texts and in queries: nobody types more, and base64 blobs would fill the index. */
  searchWordChars: 64,
  /** Words of a search that count: each costs a walk through the index. */
  searchQueryWords: 32,
} as const;
