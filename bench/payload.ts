/** The trees that are carried: the same bytes in every run, so that two runs can be compared. */
import { createCipheriv } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Payload {
  readonly name: string;
  readonly files: number;
  readonly bytesPerFile: number;
}

const mb = 1000 * 1000;

/** Half of the files hold random bytes, half hold text that deflates to about a third. */
export const payloads: readonly Payload[] = [
  { name: '10 MB in 200 files', files: 200, bytesPerFile: (10 * mb) / 200 },
  { name: '100 MB in 200 files', files: 200, bytesPerFile: (100 * mb) / 200 },
  { name: '500 MB in 200 files', files: 200, bytesPerFile: (500 * mb) / 200 },
  { name: '40 MB in 20,000 files', files: 20_000, bytesPerFile: 2000 },
];

/** Writes a tree, with the script `run.sh` beside the data. */
export function writeTree(folder: string, { files, bytesPerFile }: Payload): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  for (let index = 0; index < files; index++) {
    const kind = index % 2 === 0 ? 'random' : 'text';
    const path = join(folder, `part-${index % 20}`, `${kind}-${index}.dat`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, kind === 'random' ? randomBytes(index, bytesPerFile) : words(index, bytesPerFile));
  }
}

/** The key stream of a cipher whose counter begins at `seed`. */
function randomBytes(seed: number, length: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(seed, 0);
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), counter).update(Buffer.alloc(length));
}

const vocabulary = Array.from({ length: 4096 }, (_, index) =>
  randomBytes(index, 6)
    .toString('base64')
    .slice(0, 3 + (index % 6)),
);

/** Words from a vocabulary of 4096, picked at random, ten to a line. */
function words(seed: number, length: number): string {
  const picks = randomBytes(seed, length);
  const text: string[] = [];
  for (let at = 0, written = 0; written < length; at += 2) {
    const word = `${vocabulary[(picks.readUInt16LE(at) * (at % 3 === 0 ? 1 : 7)) % (at % 4 === 0 ? 4096 : 64)]}${at % 20 === 0 ? '\n' : ' '}`;
    text.push(word);
    written += word.length;
  }
  return text.join('').slice(0, length);
}
