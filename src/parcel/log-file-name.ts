/** The names of archives of logs as files: in pools, offers and stores alike. Pure. Spec: docs/format.md §16. */
import type { LogClass } from './log-archive.ts';

/** What stands in the name of a file. */
export interface LogFileName {
  readonly sequence: number;
  readonly class: LogClass;
}

/** True for 16 lower-case hex digits. */
export function isIncarnation(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}

/** `<sequence, ten digits>.<class>.zip`. */
export function logFileName({ sequence, class: kind }: LogFileName): string {
  return `${String(sequence).padStart(10, '0')}.${kind}.zip`;
}

/** Sequence and class in the name of a file; `undefined` when it is not the one spelling of any. */
export function parseLogFileName(name: string): LogFileName | undefined {
  const [, digits = '', kind] = /^(\d{10,16})\.(short|long)\.zip$/.exec(name) ?? [];
  const sequence = Number(digits);
  if (kind === undefined || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  const found = { sequence, class: kind as LogClass };
  return logFileName(found) === name ? found : undefined;
}
