import type { MailHeaders } from '../../mail/parsed-mail.js';
import type { DraftAttachment } from '../chat-mail.js';

/** What the headers of a part, or of the whole mail, say about a recording. */
export interface VoiceMarks {
  /** `Chat-Voice-Message: 1`. */
  readonly voice: boolean;
  /** `Chat-Duration`, milliseconds. */
  readonly durationMs?: number;
}

/** A day: longer recordings do not travel by mail, larger numbers are nonsense. */
const MAX_DURATION_MS = 24 * 3600_000;

/** Reads the marks of a voice message and the duration of audio or video. */
export function readVoiceMarks(headers: MailHeaders): VoiceMarks {
  const duration = headers.get('Chat-Duration')?.trim() ?? '';
  const ms = /^\d{1,9}$/.test(duration) ? Number(duration) : Number.NaN;
  return {
    voice: headers.get('Chat-Voice-Message')?.trim() === '1',
    ...(ms > 0 && ms <= MAX_DURATION_MS ? { durationMs: ms } : {}),
  };
}

/** The header fields that mark a recording. */
export function voiceHeaders(file: Pick<DraftAttachment, 'voice' | 'durationMs'>): [name: string, value: string][] {
  const headers: [string, string][] = [];
  if (file.voice) headers.push(['Chat-Voice-Message', '1']);
  if (file.durationMs !== undefined) headers.push(['Chat-Duration', String(Math.round(file.durationMs))]);
  return headers;
}
