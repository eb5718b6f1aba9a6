/**
 * How archives of logs are compressed: by Debian's zstd with a long window, or by gzip (node:zlib) where zstd is not installed. docs/benchmarks.md has the
 * measurements behind the level and the window.
 */
import { closeSync, createReadStream, createWriteStream, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { execa } from 'execa';
import { FerrymanError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';

export type Compression = 'zstd' | 'gzip';

export const tarNames = { zstd: 'logs.tar.zst', gzip: 'logs.tar.gz' } as const;

/** One thread, which gives out what it has at once: how large the archive gets is seen while it grows. */
const zstdArguments = ['-q', '--single-thread', '-16', '--long=24', '-c'];
/** Bytes of window that are unpacked at most: 128 MiB, what `zstd --long` and `tar --zstd` take without being asked. */
const windowLog = 27;

/** @param path the PATH on which zstd is looked for */
export function chooseCompression(wanted: 'auto' | Compression, path = systemPath): Compression {
  if (wanted !== 'auto') return wanted;
  return path.split(':').some((folder) => existsSync(join(folder, 'zstd'))) ? 'zstd' : 'gzip';
}

/** Something that compresses into a file while it is written to. */
export interface Compressor {
  readonly input: Writable;
  /** Settles when the file is whole; not synced. @throws FerrymanError `logs.compress`, system errors */
  readonly done: Promise<void>;
  /** Ends it at once. */
  abort(): void;
}

export function compressInto(file: string, compression: Compression, signal: AbortSignal): Compressor {
  return compression === 'zstd' ? byZstd(file, signal) : byGzip(file, signal);
}

function byZstd(file: string, signal: AbortSignal): Compressor {
  const fd = openSync(file, 'w', 0o600);
  const zstd = execa('zstd', zstdArguments, {
    stdin: 'pipe',
    stdout: fd as 3, // execa's types know small ones only
    stderr: 'pipe',
    maxBuffer: 4096,
    env: { PATH: systemPath, LANG: 'C.UTF-8' },
    extendEnv: false,
    cwd: '/',
    reject: false,
    cancelSignal: signal,
  });
  zstd.stdin.on('error', () => undefined); // EPIPE: its exit status tells the rest
  const done = (async () => {
    const result = await zstd;
    closeSync(fd);
    if (result.exitCode === 0) return;
    const said = result.stderr.trim().split('\n').at(-1);
    const full = /No space left/.test(result.stderr);
    throw new FerrymanError(
      full ? 'logs.disk-full' : 'logs.compress',
      `zstd: expected to compress logs, found ${said || result.originalMessage || `exit status ${result.exitCode}`}`,
    );
  })();
  done.catch(() => undefined);
  return { input: zstd.stdin, done, abort: () => void zstd.kill('SIGKILL') };
}

function byGzip(file: string, signal: AbortSignal): Compressor {
  const input = createGzip({ level: 9 });
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const done = pipeline(input, createWriteStream(file, { mode: 0o600 }), { signal: either });
  done.catch(() => undefined);
  input.on('error', () => undefined); // told by `done`
  return { input, done, abort: () => ending.abort() };
}

/** Something that unpacks a compressed tar; destroy it when enough was seen. */
export interface Decompressor {
  readonly output: Readable;
  /** @throws FerrymanError `logs.compress` */
  readonly done: Promise<void>;
}

export function decompress(file: string, compression: Compression): Decompressor {
  if (compression === 'gzip') {
    const output = createGunzip();
    const done = pipeline(createReadStream(file), output).catch((cause: unknown) => {
      throw damaged(cause);
    });
    done.catch(() => undefined);
    return { output, done };
  }
  const zstd = execa('zstd', ['-q', '-d', '-c', `--long=${windowLog}`, '--', file], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: { stdout: false },
    maxBuffer: 4096,
    env: { PATH: systemPath, LANG: 'C.UTF-8' },
    extendEnv: false,
    reject: false,
  });
  const done = (async () => {
    const { exitCode, stderr, originalMessage } = await zstd;
    if (exitCode !== 0) throw damaged(stderr || originalMessage);
  })();
  done.catch(() => undefined);
  return { output: zstd.stdout, done };
}

function damaged(cause: unknown): FerrymanError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new FerrymanError('logs.compress', `expected compressed logs that can be unpacked: ${text.trim()}`, {
    cause,
  });
}
