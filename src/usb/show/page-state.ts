/** What the status page says of a phase, in its words. Pure. */
import { anythingElse, isPhoneCode, phoneCodes } from './codes.ts';
import { mayPull, phaseWords, type Phase, type PhaseKind } from './phase.ts';

/** What `/state.json` answers and `/events` sends. Keys may be added; one that changes its meaning gets a new version. */
export interface PageState {
  readonly schema: 'ferryman.usb-state/1';
  readonly node: string;
  readonly kind: PhaseKind;
  readonly title: string;
  /** What to do. */
  readonly act: string;
  /** More words: what it is about, and whether the key may be pulled where `act` does not say so. */
  readonly text: string;
  /** 0 to 100; `null` where nobody can tell. */
  readonly percent: number | null;
  /** Read out over the phone; `null` where all is well. */
  readonly code: string | null;
  readonly mayPull: boolean;
}

/** @param node how the node is called */
export function pageState(phase: Phase, node: string): PageState {
  const { kind, percent, code } = phase;
  const { title, act } = phaseWords[kind];
  return {
    schema: 'ferryman.usb-state/1',
    node,
    kind,
    title,
    act,
    text: allWords(phase),
    percent:
      percent === undefined || !isAtWork(kind) ? null : Math.min(100, Math.max(0, Math.floor(percent))),
    code: kind === 'failed' ? (code ?? anythingElse) : null,
    mayPull: mayPull(phase),
  };
}

/** True where something goes on of which a part may be done. */
export function isAtWork(kind: PhaseKind): boolean {
  return kind === 'plugged' || kind === 'reading' || kind === 'running';
}

/** Of a failure the words of its code come first: they say what to do. */
function allWords({ kind, text, code }: Phase): string {
  if (kind === 'running') return joined([text, 'You may pull the key out.']);
  if (kind !== 'failed' || !isPhoneCode(code)) return text;
  const { means, act } = phoneCodes[code];
  return text.includes(means) ? joined([text, act]) : joined([means, act, text]);
}

function joined(sentences: readonly string[]): string {
  return sentences.filter(Boolean).join(' ');
}
