/** What a person sees of neighbours and logs on their way home, at 80 columns, with colours and without. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepRoster } from '../../src/enrol/kept-roster.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { initNode } from '../../src/node/init.ts';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { proxyPlaces } from '../../src/proxy/places.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { draftRoster } from '../kit/enrolled.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey, signZip, writePublicKey } from '../kit/office.ts';
import { linesWiderThan, withoutColours } from '../kit/screen.ts';
import { typed } from './typed.ts';

const office = fixedKey(7);
const guid = '0a000000-0000-4000-8000-000000000001';
const ferry = '0b000000-0000-4000-8000-000000000002';
const thief = '0c000000-0000-4000-8000-000000000003';
const lost = '0d000000-0000-4000-8000-000000000004';
const incarnation = '0123456789abcdef';

function makeNode(role: Role): Layout {
  const layout = layoutUnder(join(temporaryFolder(), 'root'));
  const officeKeyFiles = [writePublicKey(join(layout.root, 'office'), office)];
  initNode(layout, { guid, role, groups: [], baseline: 0, officeKeyFiles, threshold: 1 });
  return layout;
}

/** The words, without what the clock and the disk say. */
function untimed(text: string): string {
  return withoutColours(text).replaceAll(/\d\d:\d\dZ|\d+ \w?B/g, '');
}

/** On a terminal of 80 columns; that it fits, and says the same without colours, is held here. */
async function screen(layout: Layout, ...argv: string[]): Promise<string> {
  const all = [...argv, '--root', layout.root];
  const plain = await typed(all, { terminal: true, env: { NO_COLOR: '1' } });
  const coloured = await typed(all, { terminal: true });
  expect({ exitCode: plain.exitCode, stderr: plain.stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(linesWiderThan(80, plain.stdout)).toEqual([]);
  expect(untimed(coloured.stdout)).toBe(untimed(plain.stdout));
  return plain.stdout;
}

async function asJson(layout: Layout, ...argv: string[]): Promise<unknown> {
  return JSON.parse((await typed([...argv, '--json', '--root', layout.root])).stdout) as unknown;
}

afterAll(removeFolders);

function statMode(path: string): number {
  return statSync(path).mode & 0o777;
}

describe('before the node is enrolled', () => {
  let layout: Layout;
  beforeAll(() => {
    layout = makeNode('kiosk');
  });

  test.each([[['neighbours']], [['logs', 'status']], [['status']]])(
    '%s says that it is not, and what to do',
    async (argv) => {
      expect((await screen(layout, ...argv)).replaceAll(/\s+/g, ' ')).toMatch(
        /not enrolled.*ferryman enrol request/,
      );
      expect(await asJson(layout, ...argv)).toMatchObject({ enrolled: false });
    },
  );

  test('and none of it once it is', async () => {
    const enrolled = makeNode('kiosk');
    enrolNode(enrolled, office);
    for (const argv of [['neighbours'], ['logs', 'status'], ['status']]) {
      expect(await screen(enrolled, ...argv)).not.toContain('not enrolled');
      expect(await asJson(enrolled, ...argv)).toMatchObject({ enrolled: true });
    }
  });

  test('the folder that init makes is one to pass through', () => {
    expect((statMode(layout.root) & 0o755).toString(8)).toBe('755');
    expect((statMode(dirname(layout.state)) & 0o755).toString(8)).toBe('755');
    expect(statMode(layout.state)).toBe(0o700);
  });
});

describe('neighbours', () => {
  let layout: Layout;
  beforeAll(() => {
    layout = makeNode('kiosk');
    enrolNode(layout, office);
    const ledger = openLedger(layout.ledgerFile);
    const at = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const met = {
      at,
      role: 'gateway',
      seconds: 2,
      bytesIn: 123_456_789,
      bytesOut: 4321,
      parcelsIn: 12,
    } as const;
    for (const [index, node] of [ferry, thief].entries()) {
      const sighting = { node, role: 'gateway', serial: 2 + index, address: '10.11.12.113:7822', at };
      ledger.neighbours.heard(sighting, { incarnation, counter: 1 });
      const reason = `${node}: expected an answer, found: something long that ssh or rsync had to say of it [contact.cut]`;
      ledger.neighbours.met({ ...met, peer: node, reason }, '[2001:db8:1234:5678:9abc:def0:1234:5678]:7822');
    }
    const note = {
      digest: null,
      what: 'quarantined',
      reason: 'junk [framing.none]',
      peer: thief,
      at,
    } as const;
    const wrong = Array.from({ length: 7 }, (_, index) => `${ferry}/${incarnation}/${index + 1}`);
    ledger.poolNotes.add([...wrong, `updates/${'ab'.repeat(64)}.zip`].map((name) => ({ ...note, name })));
    ledger.poolNotes.add([
      { ...note, name: wrong[6] ?? '' },
      { ...note, name: 'roster.zip', what: 'refused' },
    ]);
    const nothing = { role: '', seconds: 3, bytesIn: 0, bytesOut: 0, parcelsIn: 0 } as const;
    const reason = 'no route to host [contact.connect]';
    ledger.neighbours.met({ at, ...nothing, peer: lost, reason }, '10.9.1.77:7822');
    ledger.close();
    const roster = draftRoster({ number: 12, revoked: [{ first: 3, last: 3 }] });
    keepRoster(layout, { ...roster, digest: '00' });
  });

  test('who is revoked is told as that, and by which roster', async () => {
    const text = await screen(layout, 'neighbours');
    expect(text).toContain(`    revoked by roster 12 of the office, serial 3`);
    expect(text.match(/revoked/g)).toHaveLength(1);
    expect(await asJson(layout, 'neighbours')).toMatchObject({
      neighbours: expect.arrayContaining([
        expect.objectContaining({ node: ferry, revokedBy: null }),
        expect.objectContaining({ node: thief, revokedBy: 12 }),
      ]) as unknown,
    });
  });

  test('what one has brought and was set aside is named once, the newest first, a few to a person; "why" knows each', async () => {
    const text = await screen(layout, 'neighbours');
    expect(text.match(/set aside/g)).toHaveLength(1);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      `8 parcels of it proved wrong and set aside; "ferryman why NAME" tells why: ${ferry}/${incarnation}/7 abababababababab ${ferry}/${incarnation}/6`,
    );
    expect(text).toMatch(/\/4\n {6}and 3 more\n/);
    const { neighbours } = (await asJson(layout, 'neighbours')) as {
      neighbours: { node: string; setAside: string[] }[];
    };
    expect(neighbours.map(({ node, setAside }) => [node, setAside.length])).toEqual(
      expect.arrayContaining([
        [ferry, 0],
        [thief, 8],
      ]),
    );
    for (const name of [`${ferry}/${incarnation}/7`, 'abababababababab', `updates/${'ab'.repeat(64)}.zip`])
      expect(await screen(layout, 'why', name)).toContain('junk [framing.none]');
  });

  test('one that was never reached is told as that, and why', async () => {
    const [never] = (await screen(layout, 'neighbours')).split('\n').filter((line) => line.startsWith(lost));
    expect(never).toMatch(/ - +never +never$/);
    expect((await screen(layout, 'neighbours')).replaceAll(/\s+/g, ' ')).toContain(
      '10.9.1.77:7822; not reached in 1 attempt, at last: no route to host [contact.connect]',
    );
  });

  test('whole GUIDs, bytes each way and where they are', async () => {
    const text = await screen(layout, 'neighbours');
    for (const part of [ferry, thief, '123 MB in', '4.3 kB out', '12 parcels']) expect(text).toContain(part);
  });
});

describe('why', () => {
  test('an archive that waits: its path in two lines, neither broken within a name', async () => {
    const layout = makeNode('ferry');
    const path = join(layout.relayLogs, ferry, incarnation, '0000000001.long.zip');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'an archive');
    const text = await screenWithin(layout, path, 'why', `${ferry}/${incarnation}/1`);
    expect(text).toContain(`\n    ${ferry}/${incarnation}/0000000001.long.zip\n`);
    expect(text).toContain('still here because no acknowledgement has arrived yet');
  });

  test("a proxy's own archive, and that of another, in its store", async () => {
    const layout = makeNode('proxy');
    const ledger = openLedger(layout.ledgerFile);
    ledger.setFact('log-incarnation', incarnation);
    ledger.logArchives.reserve('long', '2026-11-21T00:00:00Z');
    ledger.logArchives.setBuilt(1, 'ab'.repeat(64), 10, '{}');
    ledger.logArchives.setStored(1);
    ledger.logArchives.setDelivered([{ first: 1, last: 1 }]);
    ledger.cover.add(guid, incarnation, [{ first: 1, last: 1 }]);
    ledger.close();
    for (const origin of [guid, ferry]) {
      const path = join(proxyPlaces(layout).store, origin, incarnation, '0000000001.long.zip');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'an archive');
    }
    const own = await asJson(layout, 'why', `${guid}/${incarnation}/1`);
    expect(own).toMatchObject({
      path: expect.stringContaining('/store/') as string,
      reasons: ['made here, and in the store of this proxy, for good: it is acknowledged'],
    });
    expect(await asJson(layout, 'why', `${ferry}/${incarnation}/1`)).toMatchObject({
      reasons: ['in the store of this proxy; it is not acknowledged yet'],
    });
  });
});

/** The root of a test is long; a node's is not. */
async function screenWithin(layout: Layout, path: string, ...argv: string[]): Promise<string> {
  const { stdout } = await typed([...argv, '--root', layout.root], { terminal: true });
  const folder = dirname(dirname(dirname(path)));
  expect(linesWiderThan(80, stdout).filter((line) => !line.includes(folder))).toEqual([]);
  return stdout;
}

test('proxy status is for a proxy', async () => {
  const layout = makeNode('kiosk');
  for (const more of [[], ['--json']])
    expect(await typed(['proxy', 'status', '--root', layout.root, ...more])).toMatchObject({
      stderr: expect.stringContaining('proxy.other-role') as string,
      stdout: '',
    });
});

describe('config check', () => {
  test('tells what sshd does not know of, because it was not installed', async () => {
    const layout = makeNode('proxy');
    appendFileSync(layout.configFile, `\n[flood]\nsshPort = 8022\nreverse = ["${ferry}:20001"]\n`);
    const check = async (): Promise<string> =>
      (await typed(['config', 'check', '--root', layout.root])).stdout;
    expect(await check()).not.toContain('warning: flood');
    const ssh = join(layout.etc, 'ssh');
    mkdirSync(ssh);
    writeFileSync(join(ssh, 'sshd_config'), 'Port 7822\nAllowUsers ferryman\n');
    writeFileSync(join(ssh, 'principals'), 'restrict ferryman-node\n');
    expect(await check()).toMatch(/warning: flood\.sshPort: expected 7822, as installed.*found 8022/);
    expect(await check()).toMatch(/warning: flood\.reverse/);
    expect(await check()).not.toContain('flood.user');
  });
});

async function inOffice(...argv: string[]): Promise<string> {
  const plain = await typed(argv, { terminal: true, env: { NO_COLOR: '1' } });
  expect({ exitCode: plain.exitCode, stderr: plain.stderr }).toEqual({ exitCode: 0, stderr: '' });
  const coloured = await typed(argv, { terminal: true });
  expect(withoutColours(coloured.stdout)).toBe(plain.stdout);
  expect(linesWiderThan(80, plain.stdout)).toEqual([]);
  return plain.stdout;
}

describe('in the office', () => {
  let folder: string;
  beforeAll(async () => {
    folder = join(temporaryFolder(), 'office-ca');
    await typed(['office-ca', 'init', folder]);
  });

  test('what init has made is told within the width', async () => {
    const other = join(temporaryFolder(), 'office-ca');
    const { stdout } = await typed(['office-ca', 'init', other], { terminal: true });
    expect(linesWiderThan(80, stdout).filter((line) => !line.startsWith(other))).toEqual([]);
    expect(stdout).toMatch(/its public key, SHA256:[\w+/]{43}\n/);
  });

  test('the list of serials is empty at first; then who, in which role, since when, and what a roster revokes', async () => {
    expect(await inOffice('office-ca', 'list', folder)).toContain('no serial was given yet');
    const entry = { identity: 'x', created: '2026-11-21T08:00:00Z' };
    for (const [index, node] of [ferry, thief, ferry].entries())
      writeFileSync(
        join(folder, 'serials', String(index + 9)),
        JSON.stringify({ ...entry, node, role: 'gateway' }),
      );
    writeFileSync(join(folder, 'serials/12'), '{"node":'); // torn
    const text = await inOffice('office-ca', 'list', folder);
    expect(text).toMatch(/ +9 {2}0b000000-.* gateway +2026-11-21\n/);
    expect(text).toContain('12  cannot be read: taken all the same');
    expect(text).not.toContain('REVOKED');

    const roster = join(temporaryFolder(), 'roster.zip');
    const revoked = [{ first: 9, last: 10 }];
    writeFileSync(roster, signZip(packRoster(draftRoster({ number: 4, revoked })), office));
    const listed = await inOffice('office-ca', 'list', folder, '--roster', roster);
    expect(listed.match(/by roster 4\n/g)).toHaveLength(2);
    const { stdout } = await typed(['office-ca', 'list', folder, '--roster', roster, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'ferryman.office-ca-list/1',
      roster: 4,
      serials: [
        { serial: 9, node: ferry, role: 'gateway', created: entry.created, revokedBy: 4 },
        { serial: 10, node: thief, revokedBy: 4 },
        { serial: 11, node: ferry, revokedBy: null },
        { serial: 12, node: '', revokedBy: null },
      ],
    });
  });

  test('a roster of another office is refused when keys are named, and a folder that is no CA is told', async () => {
    const roster = join(temporaryFolder(), 'roster.zip');
    writeFileSync(roster, signZip(packRoster(draftRoster()), fixedKey(8)));
    const pub = writePublicKey(temporaryFolder(), office);
    const foreign = await typed(['office-ca', 'list', folder, '--roster', roster, '--pub', pub]);
    expect(foreign.stderr).toContain('[verify.unknown-key]');
    expect(foreign.stdout).toBe('');
    const none = await typed(['office-ca', 'list', temporaryFolder()]);
    expect(none).toMatchObject({ exitCode: 66, stderr: expect.stringContaining('register') as string });
    expect(existsSync(join(folder, 'ca'))).toBe(true);
    expect(readFileSync(join(folder, 'serials/9'), 'utf8')).toContain(ferry);
  });
});
