/** `ferryman proxy`: taking archives in by hand, what a person sees of the store, and reading it all again. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { Kiosk, removeFolders } from '../kit/kiosk.ts';
import { archive, incarnation, kioskGuid, officeKey } from '../proxy/proxy-desk.ts';

let proxy: Kiosk;
const node = kioskGuid(1);

/** The office's word that the node is a proxy. */
function enrol(serial: number): void {
  const guid = /guid = "([^"]+)"/.exec(readFileSync(proxy.layout.configFile, 'utf8'))?.[1] ?? '';
  const identity = parsePublicKey(readFileSync(proxy.layout.identityPublicKey, 'utf8'));
  const enrolment = { node: guid, role: 'proxy', serial, identity, created: '2026-11-01T00:00:00Z' } as const;
  writeFileSync(join(proxy.layout.etc, 'enrolment.txt'), `${signEnrolment(enrolment, officeKey)}\n`);
}

function give(name: string, bytes: Buffer): string {
  const path = join(proxy.root, name);
  writeFileSync(path, bytes);
  return path;
}

beforeAll(async () => {
  proxy = await Kiosk.make({ keys: [officeKey], role: 'proxy' });
});

afterAll(removeFolders);

test('archives are taken in and kept, and not acknowledged before the office has enrolled the proxy', async () => {
  const ran = await proxy.run('proxy', 'take', give('1.zip', archive({ sequence: 1 })));
  expect(ran.stdout).toBe('1 archive stored, 0 here already, 0 forked, 0 refused\n');
  expect(ran.stderr).toContain('proxy.not-enrolled');
  expect(ran.exitCode).toBe(78);
  enrol(1);
  const again = await proxy.run('proxy', 'take', join(proxy.root, '1.zip'));
  expect(again).toMatchObject({
    exitCode: 0,
    stdout: '0 archives stored, 1 here already, 0 forked, 0 refused\n',
  });
  expect(readdirSync(join(proxy.layout.state, 'relay/acks'))).toHaveLength(1);
});

test('what is refused or forked is told, and the rest is taken', async () => {
  give('5.zip', archive({ sequence: 5, voids: [{ first: 2, last: 2 }] }));
  const ran = await proxy.run(
    'proxy',
    'take',
    give('junk.zip', Buffer.from('junk')),
    join(proxy.root, '5.zip'),
    give('fork.zip', archive({ sequence: 1, text: 'another\n' })),
  );
  expect(ran.stdout).toBe('1 archive stored, 0 here already, 1 forked, 1 refused\n');
  expect(ran.stderr).toMatch(/junk\.zip: .*\[framing\.truncated\]/);
  expect(ran.stderr).toMatch(/archive .*\/1: expected digest .*\[archive\.fork\]/);
  expect(ran.exitCode).toBe(65);
});

test('status says what has come of each node, what has not, and why', async () => {
  const { stdout, exitCode } = await proxy.run('proxy', 'status');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('2 archives of 1 node');
  expect(stdout).toMatch(/00000000-0000 .* 5 +2 .*2 late, 1 lost, 1 forked/);
  expect(stdout).toContain('late: 3-4, expected since');
  expect(stdout).toContain('lost: 2, dropped by the node for want of room');
  expect(stdout).toContain('refused 1 times, framing.truncated');
  const document = JSON.parse((await proxy.run('proxy', 'status', '--json')).stdout) as Record<
    string,
    unknown
  >;
  expect(document).toMatchObject({
    schema: 'ferryman.proxy-status/1',
    number: 2,
    suspended: null,
    unacknowledged: [],
    incarnations: [
      {
        origin: node,
        incarnation,
        archives: 2,
        newest: 5,
        gaps: [
          { state: 'lost', sequences: '2' },
          { state: 'late', sequences: '3-4' },
        ],
        forks: [{ sequence: 1, times: 1, kept: true }],
      },
    ],
  });
});

test('check reads everything again and finds a byte that has rotted', async () => {
  expect(await proxy.run('proxy', 'check')).toMatchObject({ exitCode: 0 });
  const path = join(proxy.layout.state, 'store', node, incarnation, '0000000001.long.zip');
  const bytes = readFileSync(path);
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  const { stdout, exitCode } = await proxy.run('proxy', 'check');
  expect(exitCode).toBe(74);
  expect(stdout).toContain('1 problem');
  expect(stdout).toContain('0000000001.long.zip');
});

test('a node of another role collects nothing', async () => {
  const kiosk = await Kiosk.make({ keys: [officeKey] });
  const ran = await kiosk.run('proxy', 'take', join(proxy.root, '1.zip'));
  expect(ran.exitCode).toBe(78);
  expect(ran.stderr).toContain('proxy.other-role');
});
