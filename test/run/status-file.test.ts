/** What stands in a status file is believed only as far as it has the form of an end. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  readStatus,
  statusFileBytes,
  writeEnded,
  writeStarted,
  type ScriptEnd,
} from '../../src/run/status-file.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

const end: ScriptEnd = {
  exitStatus: 0,
  signal: null,
  timedOut: false,
  shutdown: false,
  durationMs: 12,
  timeoutMs: 1000,
};

/** A status file whose second slot holds a text with the hash that fits it. */
function fileWith(json: string): string {
  const file = join(temporaryFolder(), 'status');
  const bytes = Buffer.alloc(statusFileBytes);
  bytes.write(`${createHash('sha256').update(json).digest('hex')} ${json}\n`, statusFileBytes / 2);
  writeFileSync(file, bytes);
  return file;
}

test('an end is read back as it was written', () => {
  const file = join(temporaryFolder(), 'status');
  writeFileSync(file, Buffer.alloc(statusFileBytes));
  expect(readStatus(file, 'n')).toEqual({ kind: 'not-started' });
  writeStarted(file, 'n');
  expect(readStatus(file, 'n')).toEqual({ kind: 'started' });
  writeEnded(file, 'n', end);
  expect(readStatus(file, 'n')).toMatchObject({ kind: 'ended', end });
  expect(readStatus(file, 'of another run')).toEqual({ kind: 'started' });
});

test.each([
  ['no JSON', '{'],
  ['null', 'null'],
  ['a number', '1'],
  ['no more than the nonce', '{"nonce":"n"}'],
  ...Object.keys(end).map((key) => [`a wrong ${key}`, JSON.stringify({ nonce: 'n', ...end, [key]: {} })]),
  ['a signal that is no name', JSON.stringify({ nonce: 'n', ...end, signal: '\x1b[2J' })],
])('a script that writes %s over it, with the hash that fits, has no end that was seen', (_, json) => {
  expect(readStatus(fileWith(json), 'n')).toEqual({ kind: 'started' });
});
