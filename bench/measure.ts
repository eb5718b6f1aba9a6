/**
 * Runs programs side by side and measures them: wall time by our clock; processor time and peak memory by GNU time, a
 * small program between us and the measured one, because a process forked from a large one counts as large.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One thing to be measured. */
export interface Peer {
  readonly name: string;
  /** Program and arguments of the next run; a row of several programs is a line for `sh`. */
  command(): readonly string[];
  /** The program measures itself, and prints a {@link Sample} as JSON: only a part of what it does counts. */
  readonly isOwnClock?: boolean;
  /** Makes what the command needs anew; not measured. */
  prepare?(): void;
  /** Throws when the work was not done; called after the first run. Not measured. */
  check?(): void;
}

export interface Sample {
  readonly wallSeconds: number;
  /** User and system together, children that were waited for included. */
  readonly cpuSeconds: number;
  /** Of the largest process. */
  readonly peakMib: number;
}

export interface Measured extends Sample {
  readonly name: string;
  readonly command: readonly string[];
  readonly fastestSeconds: number;
  readonly slowestSeconds: number;
}

/** Medians of `rounds` runs of each peer, taken in turns, so that what slows the machine slows all of them. */
export function measureInTurns(peers: readonly Peer[], rounds: number, scratch: string): Measured[] {
  for (const peer of peers) {
    runOnce(peer, scratch); // once unmeasured: caches are warm for all
    peer.check?.();
  }
  const samples = peers.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, peer] of peers.entries()) samples[index]?.push(runOnce(peer, scratch));
  return peers.map((peer, index) => summarise(peer, samples[index] ?? []));
}

function summarise(peer: Peer, samples: readonly Sample[]): Measured {
  const wall = samples.map((sample) => sample.wallSeconds);
  return {
    name: peer.name,
    command: peer.command(),
    wallSeconds: median(wall),
    fastestSeconds: Math.min(...wall),
    slowestSeconds: Math.max(...wall),
    cpuSeconds: median(samples.map((sample) => sample.cpuSeconds)),
    peakMib: Math.max(...samples.map((sample) => sample.peakMib)),
  };
}

function runOnce(peer: Peer, scratch: string): Sample {
  peer.prepare?.();
  const report = join(scratch, 'time');
  const begin = performance.now();
  const { status, stdout, stderr, error } = spawnSync(
    'time',
    ['-q', '-f', '%U %S %M', '-o', report, ...peer.command()],
    {
      stdio: ['ignore', peer.isOwnClock === true ? 'pipe' : 'ignore', 'pipe'],
      encoding: 'utf8',
    },
  );
  const wallSeconds = (performance.now() - begin) / 1000;
  if (error || status !== 0) throw new Error(`${peer.name}: exit ${status}: ${stderr}`, { cause: error });
  if (peer.isOwnClock === true) return JSON.parse(stdout) as Sample;
  const [user = NaN, system = NaN, peakKib = NaN] = readFileSync(report, 'utf8').split(' ').map(Number);
  return { wallSeconds, cpuSeconds: user + system, peakMib: peakKib / 1024 };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return ((sorted[middle] ?? NaN) + (sorted[sorted.length - 1 - middle] ?? NaN)) / 2;
}
