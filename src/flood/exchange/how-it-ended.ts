/** What a contact has come to: why it stopped, in words, and whether it was worth the time. Pure. */
import { counted } from '../../command-line/counted.ts';
import { FerrymanError } from '../../errors.ts';
import { maxContactReasonBytes } from '../../parcel/limits.ts';
import { printable } from '../../parcel/printable.ts';
import { wrongInFewWords } from './wrong-names.ts';

/** With less than this a part of a parcel is not worth that others wait for their turn. */
const leastBytesPerSecond = 1024;

/** Characters of the names of wrong parcels, so that all that is said of a contact fits in a line of the contact ledger. */
const wrongNamesRoom = 115;

/** What has come, and what ended it. */
export interface Course {
  readonly seconds: number;
  readonly bytes: number;
  /** Proven and kept. */
  readonly parcels: number;
  /** Parcels that proved wrong, and the names of the first of them. */
  readonly wrong: number;
  readonly wrongNames: readonly string[];
  /** Why nothing more was asked for, where nothing went wrong. */
  readonly reason: string;
  readonly isTimeUp: boolean;
  readonly problem: FerrymanError | undefined;
}

export interface HowItEnded {
  /** Something has come, if only a part of a large parcel. */
  readonly hasBrought: boolean;
  readonly problem: FerrymanError | undefined;
  /** One line of at most {@link maxContactReasonBytes}. Spec: docs/format.md §16 */
  readonly reason: string;
}

export function howItEnded(course: Course): HowItEnded {
  const { seconds, bytes, parcels, wrong, wrongNames, isTimeUp } = course;
  const wrongFiles = `${counted(wrong, 'file')} wrong`;
  const names = wrongInFewWords(wrongNames, wrong, wrongNamesRoom);
  const isAllWrong = parcels === 0 && wrong > 0;
  // Whoever trickles, or sends nothing that is right, is met less and less often.
  const hasBrought = parcels > 0 || (!isAllWrong && bytes > leastBytesPerSecond * seconds);
  const allWrong = `expected what the summary names, found ${wrongFiles}: ${names}`;
  const problem =
    course.problem ??
    (isAllWrong ? new FerrymanError('contact.wrong', allWrong) : undefined) ??
    // No meeting: what the neighbour has may be as new as before.
    (isTimeUp && !hasBrought ? new FerrymanError('contact.cut', course.reason) : undefined);
  const besides = wrong === 0 || problem?.code === 'contact.wrong' ? '' : `${wrongFiles}; `;
  const why = besides + (problem ? `${problem.message} [${problem.code}]` : course.reason);
  const whole = besides === '' ? why : `${why}; wrong: ${names}`;
  const reason = printable(whole.length <= maxContactReasonBytes ? whole : why);
  return { hasBrought, problem, reason: reason.slice(0, maxContactReasonBytes) };
}
