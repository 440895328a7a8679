/** How much a {@link Logger} is told. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Fields of a log line. Values are redacted before they reach the logger: no passwords, tokens, bodies or decrypted text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go; pass one as the `logger` option. A pino child or `console` adapter fits in three lines. */
export interface Logger {
  /** Takes one line. Must not throw. */
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Drops everything. The default. */
export const silentLogger: Logger = { log() {} };

const SECRET_KEYS = /pass|secret|token|authorization|credential|privatekey|body|text|html|raw|source/i;

/** Wraps a logger so that fields whose names sound secret are replaced by `[redacted]`, at any depth up to 4. */
export function redacting(logger: Logger): Logger {
  return {
    log(level, message, fields) {
      logger.log(level, message, fields && (redact(fields, 0) as LogFields));
    },
  };
}

function redact(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Error) return value;
  if (depth >= 4) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, 50).map((entry) => redact(entry, depth + 1));
  const out: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    out[key] = SECRET_KEYS.test(key) ? '[redacted]' : redact(entry, depth + 1);
  }
  return out;
}
