/** `ferryman fleet`: the office's questions as a person asks them. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { guidOf, madeAt, makeFleet } from '../fleet/questions/made-fleet.ts';
import { removeFolders, temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';
import { linesWiderThan, withoutColours } from '../kit/screen.ts';
import { typed, type Surroundings } from './typed.ts';

let root = '';

function fleet(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return typed(['fleet', ...argv, '--root', root], surroundings);
}

function logs(node: number, text: string): void {
  const folder = join(layoutUnder(root).state, 'unpacked', guidOf(node), '0123456789abcdef/var/log');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'syslog'), text);
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: madeAt });
  root = join(temporaryFolder(), 'root');
  const key = writePublicKey(join(root, 'office'), fixedKey(1));
  await typed(['init', '--role', 'office', '--office-key', key, '--root', root]);
  const store = await openFleetStore({ store: 'sqlite', file: layoutUnder(root).fleetFile });
  await makeFleet(store, { nodes: 120, updates: 6, contacts: 8 });
  const [one] = await store.db.selectFrom('updates').selectAll().where('sequence', '=', 6).execute();
  if (one)
    await store.db
      .updateTable('updates')
      .set({ published_at: madeAt - 86_400_000 })
      .where('sequence', '=', 6)
      .execute();
  await store.close();
  logs(3, 'nothing\n');
});

afterAll(() => {
  vi.useRealTimers();
  removeFolders();
});

describe('a screen of 80 columns', () => {
  test.each([
    ['status', ['status']],
    ['nodes', ['nodes', '--size', '12']],
    ['nodes-of-an-update', ['nodes', '--update', '6', '--result', 'failed', '--result', 'waiting']],
    ['node', ['node', 'node-34']],
    ['node-that-lacks', ['node', 'node-7']],
    ['updates', ['updates']],
    ['update', ['update', '6']],
    ['roads', ['roads', '--size', '5']],
  ])('fleet %s reads well, with and without colours', async (name, argv) => {
    const painted = await fleet(argv, { terminal: true, env: { TERM: 'xterm' } });
    const plain = await fleet(argv, { terminal: true, env: { NO_COLOR: '1' } });
    expect([painted.exitCode, painted.stderr]).toEqual([0, '']);
    expect(withoutColours(painted.stdout)).toBe(plain.stdout);
    expect(linesWiderThan(80, plain.stdout)).toEqual([]);
    await expect(plain.stdout).toMatchFileSnapshot(`screens/fleet-${name}.txt`);
  });
});

test.each([
  [['status'], 'ferryman.fleet-status/1'],
  [['nodes'], 'ferryman.fleet-nodes/1'],
  [['node', 'node-3'], 'ferryman.fleet-node/1'],
  [['updates'], 'ferryman.fleet-updates/1'],
  [['update', '6'], 'ferryman.fleet-update/1'],
  [['roads'], 'ferryman.fleet-roads/1'],
])('fleet %j --json is one document of its schema, with times to read', async (argv, schema) => {
  const { stdout } = await fleet([...argv, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ schema });
  expect(stdout).not.toMatch(/"\w*At": \d/);
});

test('CSV has a line for each node, and no cell that a spreadsheet would run', async () => {
  await fleet(['name', 'node-50', '=cmd()', '--place', 'a "b", c']);
  const { stdout } = await fleet(['nodes', '--size', '5000', '--csv']);
  const lines = stdout.trimEnd().split('\r\n');
  expect(lines).toHaveLength(121);
  expect(lines.find((line) => line.startsWith(guidOf(50)))).toContain(`,'=cmd(),ferry,"a ""b"", c",`);
});

test('a filter of the page is one of the command', async () => {
  const typedOut = await fleet(['nodes', '--state', 'late', '--group', 'north', '--json']);
  const pasted = await fleet(['nodes', '--query', 'https://office/?state=late&group=north', '--json']);
  expect(pasted.stdout).toBe(typedOut.stdout);
  expect(await fleet(['nodes', '--query', 'state=late', '--text', 'x'])).toMatchObject({ exitCode: 64 });
});

test.each([
  [['node', 'nobody'], 66, 'fleet.unknown'],
  [['update', '99'], 66, 'fleet.unknown'],
  [['nodes', '--group', 'N;drop'], 64, 'usage.invalid'],
  [['nodes', '--page', '0'], 64, 'usage.invalid'],
  [['nodes', '--json', '--csv'], 64, 'usage.invalid'],
  [['name', 'node-4', 'node-5'], 64, 'fleet.name'],
  [['pause', 'node-4'], 64, 'usage.invalid'],
  [['pause', 'node-4', '--until', '2020-01-01'], 64, 'usage.invalid'],
  [['logs', 'node-3', '--grep', '(', '--regexp'], 64, 'fleet.pattern'],
  [['name', 'node-4', guidOf(9).slice(0, 8)], 64, 'fleet.name'],
  [['logs', 'node-90', '--grep', 'x'], 66, 'fleet.no-logs'],
  [['logs', '../../etc', '--grep', 'root'], 66, 'fleet.unknown'],
])('fleet %j is refused with %d', async (argv, exitCode, code) => {
  const ran = await fleet(argv);
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.stderr).toContain(code);
});

test('status --check is for monitors', async () => {
  expect((await fleet(['status', '--check'])).exitCode).toBe(1);
});

test('a pause has an end, and can be ended', async () => {
  const ran = await fleet(['pause', 'node-60', '--until', '30d']);
  expect(ran.stdout).toBe('nothing is expected of node-60 until 2026-12-21T12:00:00Z\n');
  expect((await fleet(['nodes', '--state', 'paused', '--text', 'node-60'])).stdout).toContain(
    'until 2026-12-21',
  );
  expect((await fleet(['pause', 'node-60', '--end'])).stdout).toBe('node-60 is expected again\n');
});

test('logs are searched, and the exit status says whether anything was found', async () => {
  logs(3, 'old error 1\nfine\nnew error 2 \u001b[2J\n');
  const found = await fleet(['logs', 'node-3', '--grep', 'error']);
  expect(found).toMatchObject({
    exitCode: 0,
    stdout: 'var/log/syslog:\nnew error 2 \\u{1b}[2J\nold error 1\n',
    stderr: '2 lines; looked at 34 bytes of 34 bytes in 1 file\n',
  });
  expect(await fleet(['logs', 'node-3', '--grep', 'nothing like it'])).toMatchObject({
    exitCode: 1,
    stdout: '',
  });
  const json = await fleet(['logs', 'node-3', '--grep', 'ERROR [12]', '--regexp', '--ignore-case', '--json']);
  const lines = json.stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['hit', 'hit', 'end']);
});

test('the register of the office makes nodes known, once', async () => {
  const folder = join(root, 'office-ca');
  mkdirSync(join(folder, 'serials'), { recursive: true });
  const enrolled = { node: guidOf(3), role: 'kiosk', identity: '', created: '2026-11-01T00:00:00Z' };
  const entries = [
    enrolled,
    { ...enrolled, node: guidOf(5000), created: 'spoiled' },
    { ...enrolled, role: 'ferry' },
  ];
  entries.forEach((entry, index) =>
    writeFileSync(join(folder, 'serials', `${index + 1}`), JSON.stringify(entry)),
  );
  writeFileSync(join(folder, 'serials', '9'), 'torn');
  const ran = await fleet(['import', folder]);
  expect(ran).toMatchObject({
    stderr: '',
    stdout: '2 nodes in the register, 1 new to the fleet; 1 cannot be read\n',
  });
  expect((await fleet(['nodes', '--text', guidOf(5000)])).stdout).toMatch(/kiosk +new +never/);
  expect((await fleet(['import', folder])).stdout).toContain('0 new');
  expect(await fleet(['import', join(root, 'nowhere')])).toMatchObject({ exitCode: 66 });
});

test('a fleet of which nothing is known is not well, and asking makes no store', async () => {
  const other = join(temporaryFolder(), 'root');
  const key = writePublicKey(join(other, 'office'), fixedKey(1));
  await typed(['init', '--role', 'office', '--office-key', key, '--root', other]);
  const { fleetFile } = layoutUnder(other);
  for (const argv of [
    ['fleet', 'status'],
    ['fleet', 'nodes'],
    ['alerts', 'list'],
  ]) {
    const ran = await typed([...argv, '--root', other]);
    expect([ran.exitCode, ran.stderr]).toEqual([66, expect.stringContaining('[fleet.missing]')]);
  }
  expect(existsSync(fleetFile)).toBe(false);
  await (await openFleetStore({ store: 'sqlite', file: fleetFile })).close();
  expect((await typed(['fleet', 'status', '--check', '--root', other])).exitCode).toBe(1);
});
