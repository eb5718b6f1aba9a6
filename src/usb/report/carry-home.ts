/** What a node gives to a key for the office besides its report: its request to be enrolled, and logs that no proxy has acknowledged. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { counted } from '../../command-line/counted.ts';
import { makeRequest } from '../../enrol/make-request.ts';
import { readOwnEnrolment } from '../../enrol/own-node.ts';
import { FerrymanError } from '../../errors.ts';
import type { LogArchiveRow } from '../../ledger/log-archives.ts';
import { ownArchivePath } from '../../logs/own-archives.ts';
import { readKeyFile } from '../../node/read-key-file.ts';
import { spokenFingerprint } from '../../parcel/fingerprint.ts';
import { maxLogBytes } from '../../parcel/limits.ts';
import type { Surroundings } from '../surroundings.ts';

/** A file for the key. */
export interface CarriedFile {
  readonly path: string;
  /** Below the node's folder on the key. */
  readonly name: string;
  readonly bytes: number;
}

export interface Carried {
  /** For a person, a sentence each. */
  readonly sentences: readonly string[];
  /** The line, with its line feed; `undefined`: the node is enrolled, or needs no enrolment. */
  readonly request: string | undefined;
  /** In the order in which they are wanted. */
  readonly files: readonly CarriedFile[];
}

export const nothingCarried: Carried = { sentences: [], request: undefined, files: [] };

/** Bytes that are written on one visit: keys are slow, and somebody waits. One archive of any size fits. */
const maxShortBytes = 4 * 1024 * 1024;
const maxLongBytes = maxLogBytes;
const maxRawBytes = 16 * 1024 * 1024;
/** Archives of one visit: whoever reads the key looks at so many files of a folder. */
const maxArchives = 400;

/** @param hasAlready bytes of the file of a name that is on the key, whole; what is there is not written again */
export async function gatherCarried(
  surroundings: Surroundings,
  mayCollectLogs: boolean,
  hasAlready: (name: string) => number | undefined,
): Promise<Carried> {
  const { config } = surroundings;
  const isEnrolled = hasEnrolment(surroundings);
  const asked = isEnrolled ? nothingCarried : await askToBeEnrolled(surroundings);
  if (!mayCollectLogs) return asked;
  if (!isEnrolled || !config.logs.enabled) return { ...asked, files: rawLogs(surroundings) };
  return archives(surroundings, hasAlready);
}

/** A damaged one is for `ferryman enrol install` to say. */
function hasEnrolment({ layout }: Surroundings): boolean {
  try {
    return readOwnEnrolment(layout) !== undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return true;
    throw error;
  }
}

async function askToBeEnrolled({ layout, config, host }: Surroundings): Promise<Carried> {
  const { node, flood, logs } = config;
  if (!flood.enabled && !logs.enabled) return nothingCarried;
  try {
    const request = await makeRequest(layout, node, Date.parse(host.now()));
    const fingerprint = spokenFingerprint(readKeyFile(layout.identityPublicKey));
    const sentence = `its request to be enrolled, in request.txt; fingerprint ${fingerprint}`;
    return { sentences: [sentence], request, files: [] };
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    const sentence = `no request to be enrolled: ${error.message}`;
    return { sentences: [sentence], request: undefined, files: [] };
  }
}

/** Short ones first, the newest of them before all: what happened last is asked for first. Then the long ones in their order. */
function archives(
  { layout, config, ledger }: Surroundings,
  hasAlready: (name: string) => number | undefined,
): Carried {
  const incarnation = ledger.fact('log-incarnation');
  if (incarnation === undefined) return nothingCarried;
  const place = { layout, node: config.node, incarnation };
  const waiting = ledger.logArchives.waiting();
  const missing = waiting
    .map((row) => asCarried(row, ownArchivePath(place, row), incarnation))
    .filter(({ name, bytes }) => hasAlready(name) !== bytes);
  const files = [
    ...upTo(maxShortBytes, missing.filter(isShort).toReversed()),
    ...upTo(
      maxLongBytes,
      missing.filter((file) => !isShort(file)),
    ),
  ].slice(0, maxArchives);
  const onKey = waiting.length - missing.length + files.length;
  const of = onKey === waiting.length ? '' : ` of ${waiting.length}; plug the key in again for the others`;
  const sentence = `${counted(onKey, 'archive')} of its logs${of}`;
  return { sentences: waiting.length === 0 ? [] : [sentence], request: undefined, files };
}

function isShort({ name }: CarriedFile): boolean {
  return name.endsWith('.short.zip');
}

function asCarried({ bytes }: LogArchiveRow, path: string, incarnation: string): CarriedFile {
  return { path, name: `archives/${incarnation}/${basename(path)}`, bytes: bytes ?? 0 };
}

/** As many of the first as fit together. */
function upTo(maxBytes: number, files: readonly CarriedFile[]): CarriedFile[] {
  let left = maxBytes;
  const fitting: CarriedFile[] = [];
  for (const file of files) {
    left -= file.bytes;
    if (left < 0) break;
    fitting.push(file);
  }
  return fitting;
}

/** Long logs and captured outputs as they stand, newest first: of a node that makes no archives. */
function rawLogs({ layout: { log } }: Surroundings): CarriedFile[] {
  const found = readdirSync(log)
    .filter((name) => name.endsWith('.log') && name !== 'short.log')
    .map((name) => {
      const path = join(log, name);
      const { size, mtimeMs } = statSync(path);
      return { path, name: `logs/${name}`, bytes: size, mtimeMs };
    })
    .toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  return upTo(maxRawBytes, found);
}
