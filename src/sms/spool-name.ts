/**
 * Names of our texts in the folders of gammu-smsd: `OUTC<ticket>_<counter>_<phone>_ferryman-<incarnation>.txt`. It sends in the order of the
 * names, whatever date they tell. There is none to go by here: where a date belongs stands a ticket, which says when it is a text's turn.
 */

/** Which text it is, and for whom. */
export interface SmsFile {
  readonly incarnation: string;
  readonly counter: number;
  readonly phone: string;
}

/** A text that stands in a folder. */
export interface Spooled extends SmsFile {
  readonly name: string;
  /** 14 digits, the smallest is sent first; of two texts that wait no two are alike, since the rest of a name sorts otherwise under another locale. */
  readonly ticket: number;
}

/** Of a text that comes into an empty outbox: the middle of the road, as texts go ahead of others too. */
export const firstTicket = 19_700_101_000_000;

const ownName = /^OUTC(\d{8})_(\d{6})_(\d{16})_(\+?\d{3,15})_ferryman-([0-9a-z]{4})\.txt$/;

export function spoolName(file: SmsFile, ticket: number): string {
  const digits = String(ticket).padStart(14, '0');
  return `OUTC${digits.slice(0, 8)}_${digits.slice(8)}_${identityOf(file)}.txt`;
}

/** The same for a text whatever its turn. */
export function identityOf({ incarnation, counter, phone }: SmsFile): string {
  return `${String(counter).padStart(16, '0')}_${phone}_ferryman-${incarnation}`;
}

/** @returns nothing for a file that is not ours */
export function parseSpoolName(name: string): Spooled | undefined {
  const [, date, time, counter, phone = '', incarnation = ''] = ownName.exec(name) ?? [];
  if (date === undefined) return undefined;
  return { name, ticket: Number(`${date}${time}`), counter: Number(counter), phone, incarnation };
}
