/** `ferryman logs`: what a person types and reads. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enrolNode } from '../kit/enrol-node.ts';
import { Kiosk, removeFolders, runProgram, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';

const office = fixedKey(7);
let kiosk: Kiosk;

beforeAll(async () => {
  kiosk = await Kiosk.make({ keys: [office], config: '[logs]\njournal = false' });
});
afterAll(removeFolders);

test('before the node is enrolled: pack says what is missing and what to do; status says that there is nothing', async () => {
  const { exitCode, stderr } = await kiosk.run('logs', 'pack');
  expect(exitCode).toBe(78);
  expect(stderr).toContain('enrolment.txt: expected the enrolment of a node that sends logs, found none');
  expect(stderr).toContain('ferryman enrol');
  const { stdout } = await kiosk.run('logs', 'status');
  expect(stdout).toMatch(/not enrolled[^]*ferryman enrol request/);
  expect(existsSync(join(kiosk.layout.state, 'relay/logs'))).toBe(false);
});

test('pack, status, unpack: in words within 80 columns, and as JSON', async () => {
  enrolNode(kiosk.layout, office);
  mkdirSync(join(kiosk.root, 'var/log'), { recursive: true });
  writeFileSync(join(kiosk.root, 'var/log/syslog'), 'one\ntwo\n');
  const packed = await kiosk.run('logs', 'pack', '--json');
  expect(packed.stderr).toBe('');
  expect(JSON.parse(packed.stdout)).toMatchObject({
    schema: 'ferryman.logs-pack/1',
    archives: [{ sequence: 1, class: 'long', rawBytes: 8, dropped: [] }],
  });
  expect((await kiosk.run('logs', 'pack')).stdout).toBe('nothing is new\n');

  const status = await kiosk.run('logs', 'status', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    schema: 'ferryman.logs-status/1',
    lastSequence: 1,
    waiting: { long: { archives: 1 }, short: { archives: 0, bytes: 0 } },
    oldestWaiting: 1,
    deliveredUpTo: 0,
    gaps: [],
    voids: [],
  });
  const text = await kiosk.run('logs', 'status');
  expect(text.stdout).toMatch(
    /^archives {3}1, incarnation [0-9a-f]{16}\nwaiting {4}1 long \(.*\); the oldest is 1, made .*\ndelivered {2}none yet\npacked {5}.*\nnext {7}in .*\n$/,
  );
  for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);

  const { incarnation } = JSON.parse(status.stdout) as { incarnation: string };
  const { stdout: guid } = await runProgram('ferryman', ['status', '--json', '--root', kiosk.root]);
  const { node } = JSON.parse(guid) as { node: { guid: string } };
  const archive = join(kiosk.layout.state, 'relay/logs', node.guid, incarnation, '0000000001.long.zip');
  const out = join(temporaryFolder(), 'out');
  const unpacked = await kiosk.run('logs', 'unpack', archive, '-o', out, '--json');
  expect(unpacked.stderr).toBe('');
  expect(JSON.parse(unpacked.stdout)).toMatchObject({
    verified: true,
    files: ['logs.jsonl', 'node.jsonl', 'var/log/syslog'],
  });
  const elsewhere = await runProgram('ferryman', [
    'logs',
    'unpack',
    archive,
    '-o',
    `${out}-2`,
    '--root',
    '/nowhere',
  ]);
  expect(elsewhere.stdout).toContain('SIGNATURES NOT CHECKED');
});
