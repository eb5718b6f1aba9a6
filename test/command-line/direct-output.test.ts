/** Output that does not pass through Node's streams, as long as the system takes it. */
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { directOutput } from '../../src/command-line/direct-output.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

function noStream(): never {
  throw new Error('expected no stream to be needed');
}

test('text and bytes are in the file when the call returns', () => {
  const file = join(temporaryFolder(), 'out');
  const fd = openSync(file, 'w');
  const out = directOutput(fd, noStream);
  out('');
  out('größer\n');
  out(Buffer.from([0, 255]));
  expect(readFileSync(file)).toEqual(Buffer.concat([Buffer.from('größer\n'), Buffer.from([0, 255])]));
  closeSync(fd);
});

/** Both ends of a pipe that holds 64 KiB and does not block. */
function pipe(): { readonly reading: number; readonly writing: number } {
  const name = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [name]);
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  return { reading: openSync(name, O_RDONLY | O_NONBLOCK), writing: openSync(name, O_WRONLY | O_NONBLOCK) };
}

function readAll(fd: number): Buffer {
  const bytes = Buffer.alloc(1 << 20);
  return bytes.subarray(0, readSync(fd, bytes));
}

test('what a full pipe does not take waits in the stream, and so does all that follows: nothing is lost, twice or out of order', () => {
  const { reading, writing } = pipe();
  const stream = new PassThrough();
  let opened = 0;
  const out = directOutput(writing, () => {
    opened += 1;
    return stream;
  });
  const first = Buffer.from(Array.from({ length: 150_000 }, (_, at) => at % 251));
  out(first);
  const taken = readAll(reading); // there is room again, but the rest must come first
  out('the end');
  expect(taken.length).toBeLessThan(first.length);
  expect(Buffer.concat([taken, stream.read() as Buffer])).toEqual(
    Buffer.concat([first, Buffer.from('the end')]),
  );
  expect(opened).toBe(1);
  closeSync(reading);
  closeSync(writing);
});

test('a reader that has gone is the affair of the stream, which knows what to do', () => {
  const { reading, writing } = pipe();
  closeSync(reading);
  const stream = new PassThrough();
  directOutput(writing, () => stream)('nobody listens');
  expect(String(stream.read())).toBe('nobody listens');
  closeSync(writing);
});
