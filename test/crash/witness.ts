/**
 * What scripts of crash tests tell of themselves, in a file that no part of ferryman knows: every start, every end, and
 * every moment at which two of them ran.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One start of a script. */
export interface Start {
  readonly sequence: number;
  readonly nonce: string;
  readonly attempt: number;
}

/** A script that came to its last line. */
export interface End {
  readonly sequence: number;
  readonly nonce: string;
  readonly exitStatus: number;
}

export interface Witness {
  readonly starts: readonly Start[];
  readonly ends: readonly End[];
  /** Starts that found another script at work; always a defect. */
  readonly overlaps: readonly string[];
}

/** How a script goes, for {@link witnessScript}. */
export interface Act {
  /** Between its first and its last line. */
  readonly sleepMs?: number;
  readonly exitStatus?: number;
  /** Shell commands after its first line. */
  readonly does?: string;
  /** Exit 75 when it is started for the first time. */
  readonly defersOnce?: boolean;
}

/**
 * Text of a script that tells its start and its end. It holds a lock (flock, released by the kernel) with all the
 * processes that it starts, so that a second script, or the rest of a former one, shows.
 */
export function witnessScript({
  sleepMs = 50,
  exitStatus = 0,
  defersOnce = false,
  does = ':',
}: Act = {}): string {
  const deferral = 'if [ ! -e "$FERRYMAN_STATE/tried" ]; then touch "$FERRYMAN_STATE/tried"; status=75; fi';
  return [
    'say() { echo "$1 $FERRYMAN_SEQUENCE $FERRYMAN_NONCE $2" >>"$FERRYMAN_ROOT/witness"; }',
    'exec 9>>"$FERRYMAN_ROOT/alone"',
    'flock -n 9 || say overlap -',
    'say start "$FERRYMAN_ATTEMPT"',
    `status=${exitStatus}`,
    ...(defersOnce ? [deferral] : []),
    does,
    `sleep ${sleepMs / 1000}`,
    'say end "$status"',
    'exit "$status"',
  ].join('\n');
}

export function readWitness(root: string): Witness {
  const told = readLines(join(root, 'witness')).map((line) => {
    const [what = '', sequence = '', nonce = '', last = ''] = line.split(' ');
    return { what, sequence: Number(sequence), nonce, last, line };
  });
  const of = (what: string): typeof told => told.filter((one) => one.what === what);
  return {
    starts: of('start').map(({ sequence, nonce, last }) => ({ sequence, nonce, attempt: Number(last) })),
    ends: of('end').map(({ sequence, nonce, last }) => ({ sequence, nonce, exitStatus: Number(last) })),
    overlaps: of('overlap').map(({ line }) => line),
  };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return []; // no script has begun
  }
}
