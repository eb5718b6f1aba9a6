/** Commands that scripts ask often start fast because what they load is little: of ours, of packages and of Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cleanUp, makeKiosk } from '../controller/at-work.ts';
import { programs, runProgram } from '../kit/kiosk.ts';

const chunks = join(programs, '../chunks');

afterAll(cleanUp);

/** What a file of the build loads as soon as it is loaded itself: outside of every function. */
function loadedAtOnce(file: string): string[] {
  const text = readFileSync(join(chunks, file), 'utf8');
  return [...text.matchAll(/^(?:const|let|var) \w+ = .*?require\("([^"]+)"\)/gm)].map(
    ([, name = '']) => name,
  );
}

/** The one file that a group of the build has made, and what it loads, without the hashes in the names. */
function group(name: string): string[] {
  const files = readdirSync(chunks).filter((file) => file.startsWith(`${name}-`));
  expect(files).toHaveLength(1);
  return loadedAtOnce(files[0] ?? '')
    .map((loaded) => loaded.replace(/-.{8}\.js$/, ''))
    .toSorted();
}

test('what every command loads, loads nothing more of ours: no package that takes long', () => {
  expect(group('every-command')).toEqual(['./rolldown-runtime', 'node:fs', 'node:path']);
});

test('what the other questions load besides is one file', () => {
  expect(group('questions')).toEqual(['./every-command', './rolldown-runtime', 'node:fs', 'node:path']);
});

test('of Node a question loads neither streams nor processes, compression or cryptography', async () => {
  const kiosk = await makeKiosk();
  const report = kiosk.file(
    'report.cjs',
    `process.on('exit', () => require('fs').writeSync(1, process.moduleLoadList.join('\\n')));`,
  );
  const { stdout } = await runProgram('ferryman', ['applied', '1', '--root', kiosk.root], {
    env: { NODE_OPTIONS: `--require ${report}`, NODE_EXTRA_CA_CERTS: '' },
  });
  const loaded = stdout.split('\n');
  expect(loaded).toContain('no'); // the answer
  expect(loaded).toContain('NativeModule fs');
  const slow = [
    'stream',
    'net',
    'tty',
    'child_process',
    'zlib',
    'crypto',
    'readline',
    'v8',
    'internal/crypto/hash',
  ];
  expect(slow.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([]);
});

test('no file of the build waits for one that waits for it: it would find that one half made', () => {
  const files = readdirSync(chunks);
  const waitsFor = new Map(
    files.map((file) => [file, loadedAtOnce(file).map((name) => name.replace('./', ''))]),
  );
  // Those that wait for nothing that is left are taken away until nothing changes: what stays then stands in a circle.
  const left = new Set(files);
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const file of left) if (!waitsFor.get(file)?.some((other) => left.has(other))) left.delete(file);
  }
  expect(files.length).toBeGreaterThan(100);
  expect([...left]).toEqual([]);
});
