/**
 * Whatever a script writes over its run's status file, an outcome comes of it. The input is two lines of JSON; they
 * are given their hashes, as a script could: mutation alone would never make one that fits.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../../../src/run/outcome.ts';
import { readStatus, statusFileBytes } from '../../../src/run/status-file.ts';
import { holds, type Target } from '../target.ts';

const nonce = 'n';
const end = {
  exitStatus: 0,
  signal: null,
  timedOut: false,
  shutdown: false,
  durationMs: 1500,
  timeoutMs: 60_000,
};

export const statusFile: Target = {
  name: 'status-file',
  maxBytes: 4 * 1024,
  blocksPerByte: 10,
  words: ['null', 'true', '"SIGTERM"', '75', '{"nonce":"n"}', '1e999', '-1', '[]', '{}'],
  seeds: () =>
    [
      '',
      '{"nonce":"n"}\n',
      '[]\n1',
      `{"nonce":"n"}\n${JSON.stringify({ nonce, ...end })}`,
      `{"nonce":"n"}\n${JSON.stringify({ nonce, ...end, exitStatus: null, signal: 'SIGTERM', shutdown: true })}`,
    ].map((text) => Buffer.from(text)),
  run(input, scratch) {
    const file = join(scratch, 'status');
    const [first = '', second = ''] = input.toString().split('\n');
    const slots = Buffer.concat([slot(first), slot(second)]);
    writeFileSync(file, slots.subarray(0, statusFileBytes));
    const status = readStatus(file, nonce);
    const { outcome, reason, exitStatus, signal } = judge(status);
    holds(reason.length < 200 && !/[\p{C}]/u.test(reason), 'a reason is one line that no terminal acts on');
    holds(exitStatus === null || Number.isInteger(exitStatus), 'an exit status is a whole number');
    holds(signal === null || typeof signal === 'string', 'a signal is a name');
    return outcome;
  },
};

function slot(json: string): Buffer {
  const bytes = Buffer.alloc(statusFileBytes / 2);
  if (json !== '') bytes.write(`${createHash('sha256').update(json).digest('hex')} ${json}\n`);
  return bytes;
}
