/** `usb visits`: the keys that were put into a node. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from '../../src/durable/write-file.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { linesWiderThan } from '../kit/screen.ts';
import { typed, type Surroundings } from './typed.ts';

let root: string;
beforeAll(() => {
  root = temporaryFolder();
  const { state, ledgerFile } = layoutUnder(root);
  makeFolder(state, 0o700);
  const { usb, close } = openFor(ledgerFile);
  const first = usb.begin({
    insertion: 'a',
    device: '/dev/sdb1',
    serial: '4C53',
    at: '2026-11-20T08:00:00Z',
  });
  usb.learn(first, {
    volume: '3EF5-2A49',
    label: 'KEY',
    fileSystem: 'vfat',
    technician: 'Ravi Kumar',
    passDigest: 'p',
    passUses: 5,
  });
  usb.countUse('p', first, '2026-11-20T08:00:00Z');
  usb.addFile(first, { name: '42.zip', fileHash: 'f', digest: 'd' });
  const error = { code: 'framing.truncated', message: 'expected a zip end record, found none' } as const;
  usb.addFile(first, { name: 'x.zip', fileHash: null, digest: null, error });
  usb.setState(first, 'safe');
  usb.end(first, '2026-11-20T08:01:00Z');
  const second = usb.begin({
    insertion: 'b',
    device: '/dev/sdc1',
    serial: undefined,
    at: '2026-11-21T08:00:00Z',
  });
  usb.learn(second, { volume: '0000-0001' });
  usb.setState(second, 'ignored', { code: 'usb.pass-missing', message: 'expected a pass, found none' });
  usb.end(second, '2026-11-21T08:00:01Z');
  usb.begin({ insertion: 'c', device: '/dev/sdd1', serial: undefined, at: '2026-11-22T08:00:00Z' });
  close();
});
afterAll(removeFolders);

function openFor(file: string): { usb: ReturnType<typeof makeLedger>['usb']; close: () => void } {
  const ledger = makeLedger(file);
  return { usb: ledger.usb, close: () => ledger.close() };
}

async function visits(argv: readonly string[], surroundings: Surroundings = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await typed(['usb', 'visits', ...argv, '--root', root], surroundings);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

test('newest first, with the reason where something was not taken', async () => {
  await expect(await visits([])).toMatchFileSnapshot(join(import.meta.dirname, 'screens/usb-visits.txt'));
});

test('fits a terminal of 80 columns', async () => {
  const text = await visits([], { terminal: true, env: { NO_COLOR: '1' } });
  expect(linesWiderThan(80, text)).toEqual([]);
});

test('as many as asked for', async () => {
  expect((await visits(['-n', '1'])).split('\n')).toHaveLength(3);
});

test('as JSON, with the keys of docs/json.md', async () => {
  const document = JSON.parse(await visits(['--json'])) as {
    schema: string;
    visits: Record<string, unknown>[];
  };
  expect(document.schema).toBe('ferryman.usb-visits/1');
  expect(document.visits.map(({ id }) => id)).toEqual([3, 2, 1]);
  expect(document.visits[2]).toEqual({
    id: 1,
    insertion: 'a',
    device: '/dev/sdb1',
    serial: '4C53',
    volume: '3EF5-2A49',
    label: 'KEY',
    fileSystem: 'vfat',
    technician: 'Ravi Kumar',
    passDigest: 'p',
    passUses: 5,
    usesLeft: 4,
    state: 'safe',
    code: null,
    reason: '',
    startedAt: '2026-11-20T08:00:00Z',
    endedAt: '2026-11-20T08:01:00Z',
    files: [
      { name: '42.zip', fileHash: 'f', digest: 'd', code: null, reason: '' },
      {
        name: 'x.zip',
        fileHash: null,
        digest: null,
        code: 'framing.truncated',
        reason: 'expected a zip end record, found none',
      },
    ],
  });
});

test('a node without any says so', async () => {
  const empty = temporaryFolder();
  const { state, ledgerFile } = layoutUnder(empty);
  makeFolder(state, 0o700);
  makeLedger(ledgerFile).close();
  expect((await typed(['usb', 'visits', '--root', empty])).stdout).toBe('no USB key was put in here\n');
});
