import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createDeflateRaw } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeros } from '../../fixtures/kit/deflate.ts';
import { deflated, entry, writeZip } from '../../fixtures/kit/raw-zip.ts';
import { describe as describeFiles, manifestEntry, soundUpdate } from '../../fixtures/kit/update.ts';
import { discard, openArchive, readContents } from '../../src/parcel/archive.ts';
import type { ByteSource } from '../../src/parcel/byte-source.ts';
import { packZip, type PackedFile } from '../../src/parcel/pack.ts';
import { soundFiles, soundManifest } from '../kit/arbitraries.ts';
import { bufferSource, hashed, readArchive } from '../kit/judge.ts';
import { draftParts, unsignedUpdate } from '../kit/office.ts';

const { script } = soundUpdate('lying');

/** By hash: comparing large buffers item by item takes many seconds. */
function hashes(files: Iterable<readonly [path: string, contents: Buffer]>): Record<string, string> {
  return Object.fromEntries(
    [...files].map(([path, contents]) => [path, createHash('sha1').update(contents).digest('hex')]),
  );
}

function packedHashes(files: readonly PackedFile[]): Record<string, string> {
  return hashes(files.map(({ path, contents }) => [path, contents]));
}

describe('an archive', () => {
  it('gives back the files that were packed, whatever they are', async () => {
    const update = soundFiles.chain((files) => soundManifest(files).map((manifest) => ({ manifest, files })));
    const methods = new Set<number>();
    await fc.assert(
      fc.asyncProperty(update, async ({ manifest, files }) => {
        const zip = packZip(manifest, files);
        const read = await readArchive(zip);
        expect(read.manifest).toEqual(manifest);
        expect(hashes(read.files)).toEqual(packedHashes(files));
        const { entries } = await openArchive(bufferSource(zip), hashed(zip).framing.eocdOffset);
        for (const { method } of entries) methods.add(method);
      }),
      { numRuns: 60 },
    );
    expect(methods).toEqual(new Set([0, 8]));
  });

  it('holds files that are empty, small, middling or large, compressed or stored', async () => {
    const noise = createHash('shake256', { outputLength: 700_000 }).digest();
    const { manifest, files } = draftParts({
      files: {
        empty: '',
        'deep/er/zeros': Buffer.alloc(5_000_000),
        'middling-1': hexNoise(300_000),
        'middling-2': hexNoise(2_000_000),
        noise,
        'one-byte': 'x',
      },
    });
    const read = await readArchive(packZip(manifest, files));
    expect(hashes(read.files)).toEqual(packedHashes(files));
  });

  it('holds thousands of small files', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`folder-${index % 50}/file-${index}`, `${index}\n`]),
    );
    const { files } = await readArchive(unsignedUpdate({ files: many }));
    expect(files.size).toBe(3001);
    expect(files.get('folder-17/file-2017')?.toString()).toBe('2017\n');
  });

  it('closes the sink of every file, also of the one that turns out wrong', async () => {
    const zip = unsignedUpdate({ files: { 'data.txt': 'some data' } });
    const damaged = Buffer.from(zip);
    const at = damaged.indexOf('exit 0');
    damaged[at] = 0x45;
    const source = bufferSource(damaged);
    const archive = await openArchive(source, hashed(damaged).framing.eocdOffset);
    const open = new Set<string>();
    const opened: string[] = [];
    const reading = readContents(source, archive, ({ path }) => {
      open.add(path);
      opened.push(path);
      return { write: () => undefined, close: () => void open.delete(path) };
    });
    await expect(reading).rejects.toMatchObject({ code: 'zip.damaged' });
    expect(opened).toEqual(['data.txt', 'run.sh']);
    expect([...open]).toEqual([]);
  });

  it('stops at a sink that fails, with the failure as it is', async () => {
    for (const size of [100, 3_000_000, 9_000_000]) {
      const zip = unsignedUpdate({ files: { 'data.txt': Buffer.alloc(size) } });
      const source = bufferSource(zip);
      const archive = await openArchive(source, hashed(zip).framing.eocdOffset);
      const full = Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' });
      const reading = readContents(source, archive, () => ({
        write: () => {
          throw full;
        },
        close: () => undefined,
      }));
      await expect(reading).rejects.toBe(full);
    }
  });

  it('passes on no byte more than a file says it has', async () => {
    const small = deflated(entry('data.txt', 'ten bytes\n'), zeros(16_257).stream);
    const middling = deflated(entry('data.txt', Buffer.alloc(zeros(8000).size)), zeros(16_000).stream);
    const large = deflated(entry('data.txt', Buffer.alloc(zeros(32_000).size)), zeros(64_000).stream);
    for (const lying of [small, middling, large]) {
      const zip = writeZip([manifestEntry(describeFiles('lying', [lying, script])), lying, script]);
      const source = bufferSource(zip);
      const archive = await openArchive(source, hashed(zip).framing.eocdOffset);
      let passed = 0;
      const reading = readContents(source, archive, () => ({
        write: (chunk) => void (passed += chunk.length),
        close: () => undefined,
      }));
      await expect(reading).rejects.toMatchObject({ code: 'zip.damaged' });
      expect(passed).toBeLessThanOrEqual(lying.size);
    }
  });

  it('holds no more in memory than a file says it has', async () => {
    const bomb = deflated(entry('data.txt', 'ten bytes\n'), await deflatedZeros(400));
    const zip = writeZip([manifestEntry(describeFiles('bomb', [bomb, script])), bomb, script]);
    const before = process.resourceUsage().maxRSS;
    await expect(readArchive(zip)).rejects.toMatchObject({ code: 'zip.damaged' });
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(100);
  });

  it('ends with the failure of its source, wherever that begins', async () => {
    const zip = unsignedUpdate({ files: { 'data.txt': hexNoise(9_000_000), middling: hexNoise(1_000_000) } });
    const sound = bufferSource(zip);
    const archive = await openArchive(sound, hashed(zip).framing.eocdOffset);
    const broken = Object.assign(new Error('input/output error'), { code: 'EIO', syscall: 'read' });
    const [, middling] = archive.entries;
    for (const limit of [0, 300_000, 1_000_000, (middling?.offset ?? NaN) + 1000]) {
      const source: ByteSource = {
        size: sound.size,
        read: (offset, length) => {
          if (offset + length > limit) throw broken;
          return sound.read(offset, length);
        },
      };
      await expect(readContents(source, archive, () => discard)).rejects.toBe(broken);
    }
  });

  it('is read without a warning, however many chunks a file has', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    try {
      const { files } = await readArchive(unsignedUpdate({ files: { 'data.txt': hexNoise(8_000_000) } }));
      expect(files.get('data.txt')?.length).toBe(8_000_000);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('warning', note);
    }
    expect(warnings).toEqual([]);
  });
});

/** Text that compresses to half its size. */
function hexNoise(size: number): string {
  return createHash('shake256', { outputLength: size / 2 }).digest('hex');
}

/** A stream of zeros. @param mebibytes how many, when it is inflated */
async function deflatedZeros(mebibytes: number): Promise<Buffer> {
  const mebibyte = Buffer.alloc(1024 * 1024);
  const chunks: Buffer[] = [];
  await pipeline(
    Array.from({ length: mebibytes }, () => mebibyte),
    createDeflateRaw(),
    async (compressed: AsyncIterable<Buffer>) => {
      for await (const chunk of compressed) chunks.push(chunk);
    },
  );
  return Buffer.concat(chunks);
}
