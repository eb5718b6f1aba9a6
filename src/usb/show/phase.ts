/**
 * How far the visit of a key is, as the technician is told: by the lamp, the hook and the page. Pure.
 *
 * One rule holds for all of them: whoever touches the key, for reading or for writing, first shows a phase in which the key stays in
 * ({@link mayPull} is false) and shows another one only when the key is closed.
 */

/** In the order of a visit that goes well; `failed` may follow any of them. */
export const phaseKinds = ['nothing', 'plugged', 'reading', 'safe', 'running', 'done', 'failed'] as const;

/**
 * - `nothing`: no key is in.
 * - `plugged`: a key was noticed; its pass is looked for.
 * - `reading`: the key is copied from, or written to.
 * - `safe`: all that is wanted was copied; nothing has run yet.
 * - `running`: an update runs from the kiosk's own copy.
 * - `done`: all that the key brought has come to a good end.
 * - `failed`: something needs a person; nothing is going on.
 */
export type PhaseKind = (typeof phaseKinds)[number];

export interface Phase {
  readonly kind: PhaseKind;
  /** Plain words for the technician, one or two sentences. What grows with every byte belongs in `percent`: a new text calls the hook. */
  readonly text: string;
  /** 0 to 100, of the work of this phase; absent where nobody can tell. */
  readonly percent?: number;
  /** To be read out over the phone: one of `codes.ts`, for example `U12`. */
  readonly code?: string;
}

/** How long an outcome stays shown without its key: time to find a phone, and a place where it works. docs/technician.md promises it. */
export const outcomeShownForMs = 10 * 60_000;

/** No key is in. */
export const noKey: Phase = { kind: 'nothing', text: '' };

interface PhaseWords {
  /** What is going on, in at most four short words: it stands on the page in letters that are read from two metres. */
  readonly title: string;
  /** What the technician does, in few words. */
  readonly act: string;
  /** Whether the key can be pulled without harm. */
  readonly mayPull: boolean;
}

/** The words of each kind; the text of a phase says more. */
export const phaseWords: Readonly<Record<PhaseKind, PhaseWords>> = {
  nothing: { title: 'Ready', act: 'Plug in the key', mayPull: true },
  plugged: { title: 'Key found', act: 'Leave the key in', mayPull: false },
  reading: { title: 'Reading', act: 'Leave the key in', mayPull: false },
  safe: { title: 'Safe to remove', act: 'Pull the key out', mayPull: true },
  running: { title: 'Updating', act: 'Do not switch off', mayPull: true },
  done: { title: 'Done', act: 'You can go', mayPull: true },
  failed: { title: 'Not done', act: 'Tell the office', mayPull: true },
};

/** True where nothing and nobody uses the key. */
export function mayPull({ kind }: Phase): boolean {
  return phaseWords[kind].mayPull;
}

/** True where both say the same, but for how much of it is done. */
export function saysTheSame(one: Phase, other: Phase): boolean {
  return one.kind === other.kind && one.text === other.text && one.code === other.code;
}
