/** Hours in which only what is urgent is told. Pure but for the table of time zones that Node has. */

/** Minutes since midnight; a quiet time may go over midnight. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
  /** `Europe/Berlin`: summer time comes and goes by it. */
  readonly timeZone: string;
}

/** `22:00` in minutes; `undefined`: it is no time of a day. */
export function minutesOf(time: string): number | undefined {
  const [, hours = '', minutes = ''] = /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(time) ?? [];
  return hours === '' ? undefined : Number(hours) * 60 + Number(minutes);
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false; // RangeError alone: a name that nobody knows
  }
}

/** From `from` on, until just before `until`; never when both are the same. */
export function isQuiet({ from, until, timeZone }: QuietHours, nowMs: number): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const now = minutesOf(clock.format(nowMs)) ?? 0;
  return from <= until ? now >= from && now < until : now >= from || now < until;
}
