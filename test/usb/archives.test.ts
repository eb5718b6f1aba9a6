/** Logs of a kiosk that has no neighbours come home on keys, and the word that they are there goes back on keys. */
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/node/config.ts';
import { openLedgerForReading } from '../../src/ledger/open.ts';
import type { UsbPass } from '../../src/parcel/usb-pass.ts';
import { cleanUp, makeKiosk, officeKey } from '../controller/at-work.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { enrolledNode, signedLog } from '../kit/enrolled.ts';
import { runProgram, temporaryFolder, type Kiosk, type Ran } from '../kit/kiosk.ts';
import { signedPass, writePublicKey } from '../kit/office.ts';
import { mtool } from './images.ts';
import { makeKey, makeKeyedKiosk, reportOn } from './keyed-kiosk.ts';
import { visiting } from './visiting.ts';

afterAll(cleanUp);

const collecting: Partial<UsbPass> = { may: ['apply', 'collect-logs'] };

async function makeEnrolled({ enrolled = true, config = '' } = {}): Promise<Kiosk> {
  const kiosk = await makeKeyedKiosk({ config: `[logs]\njournal = false\n${config}` });
  if (enrolled) enrolNode(kiosk.layout, officeKey);
  writeFileSync(join(kiosk.layout.log, 'x.long.log'), 'what a script said\n');
  return kiosk;
}

/** Makes one more archive. @returns how many wait */
async function pack(kiosk: Kiosk, text = 'something happened\n'): Promise<number> {
  writeFileSync(join(kiosk.root, 'var/log/app.log'), text, { flag: 'a' });
  succeeded(await kiosk.run('logs', 'pack'));
  return own(kiosk).length;
}

function succeeded(ran: Ran): Ran {
  if (ran.exitCode !== 0) throw new Error(`exit status ${ran.exitCode}: ${ran.stderr}${ran.stdout}`);
  return ran;
}

/** `<guid>/<incarnation>/<file>` */
function archivesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.zip'))
    .toSorted();
}

function own({ layout }: Kiosk): string[] {
  return archivesIn(layout.relayLogs);
}

function guidOf({ layout }: Kiosk): string {
  return loadConfig(layout).node.guid;
}

function incarnationOf({ layout }: Kiosk): string {
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return ledger.fact('log-incarnation') ?? '';
  } finally {
    ledger.close();
  }
}

/** Names below `archives/` and `logs/` of the node's folder on a key. */
function onKey(kiosk: Kiosk, image: string): string[] {
  const folder = `::/ferryman/reports/${guidOf(kiosk)}`;
  return mtool('mdir', image, '-b', '-/', folder)
    .split('\n')
    .map((line) => line.slice(folder.length + 1))
    .filter((line) => /^(archives|logs)\/.*[^/]$/.test(line))
    .toSorted();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function visitBy(kiosk: Kiosk, pass: Partial<UsbPass>, name = 'key.img'): Promise<string> {
  const { path } = makeKey(kiosk, {}, pass, { name });
  await visiting(kiosk, (port) => port.visitAndApply(path));
  return path;
}

describe('what a pass lets out', () => {
  test('the archives of an enrolled node, in place of its raw logs; they stay on the node', async () => {
    const kiosk = await makeEnrolled();
    await pack(kiosk);
    const waiting = await pack(kiosk);
    const image = await visitBy(kiosk, collecting);
    const names = own(kiosk).map((name) => `archives/${name.slice(guidOf(kiosk).length + 1)}`);
    expect(names).toHaveLength(waiting);
    expect(onKey(kiosk, image)).toEqual(names);
    for (const name of names)
      expect(
        Buffer.from(mtool('mtype', image, `::/ferryman/reports/${guidOf(kiosk)}/${name}`)).length,
      ).toBeGreaterThan(0);
    expect(oneLine(reportOn(kiosk, image))).toContain(
      `To the office with this key ${waiting} archives of its logs This kiosk`,
    );
  });

  test.each<[string, Parameters<typeof makeEnrolled>[0], Partial<UsbPass>, readonly string[]]>([
    ['nothing where the pass does not say so', {}, {}, []],
    ['the raw logs of a node that is not enrolled', { enrolled: false }, collecting, ['logs/x.long.log']],
    [
      'the raw logs of a node that packs none',
      { config: 'enabled = false' },
      collecting,
      ['logs/x.long.log'],
    ],
  ])('%s', async (_, setup, pass, names) => {
    const kiosk = await makeEnrolled(setup);
    if (!setup?.config && setup?.enrolled !== false) await pack(kiosk);
    expect(onKey(kiosk, await visitBy(kiosk, pass))).toEqual(names);
  });

  test('what is on the key already is not written again', async () => {
    const kiosk = await makeEnrolled();
    await pack(kiosk);
    const image = await visitBy(kiosk, collecting);
    const [name = ''] = onKey(kiosk, image);
    const path = `::/ferryman/reports/${guidOf(kiosk)}/${name}`;
    const marked = join(temporaryFolder(), 'marked');
    mtool('mcopy', image, path, marked);
    const bytes = readFileSync(marked);
    writeFileSync(marked, bytes.fill(0x78));
    mtool('mcopy', image, '-D', 'o', marked, path);
    await pack(kiosk);
    await visiting(kiosk, (port) => port.visitAndApply(image));
    expect(onKey(kiosk, image)).toHaveLength(2);
    expect(mtool('mtype', image, path)).toBe('x'.repeat(bytes.length));
  });
});

/** The office: what came on a key is checked, and stands ready for a proxy. */
class Office {
  readonly folder = temporaryFolder();
  readonly out = join(this.folder, 'out');
  readonly pub = writePublicKey(join(this.folder, 'keys'), officeKey);

  collect(image: string, ...args: string[]): Promise<Ran> {
    return runProgram('ferryman', ['usb', 'collect', image, '-o', this.out, ...args]);
  }

  /** A key with a pass and more, as `usb prepare` makes it. */
  async prepare(...args: string[]): Promise<string> {
    const image = join(this.folder, `${args.length}.img`);
    writeFileSync(image, '');
    truncateSync(image, 24 * 1024 * 1024);
    const pass = join(this.folder, 'pass.zip');
    writeFileSync(pass, signedPass(collecting, officeKey));
    const ran = await runProgram('ferryman', [
      'usb',
      'prepare',
      image,
      '--pass',
      pass,
      '--pub',
      this.pub,
      '--yes',
      ...args,
    ]);
    succeeded(ran);
    return image;
  }
}

test('kiosk without neighbours, key, office, proxy, acknowledgement, key: nothing is left to send', async () => {
  const kiosk = await makeEnrolled();
  await pack(kiosk, 'the roof has gone\n');
  await pack(kiosk, 'the roof is back\n');
  const office = new Office();
  const out = await office.prepare();
  await visiting(kiosk, (port) => port.visitAndApply(out));
  expect(own(kiosk)).toHaveLength(2);

  const collected = succeeded(await office.collect(out, '--pub', office.pub));
  const archives = join(office.out, guidOf(kiosk), 'archives');
  expect(collected.stdout).toContain(
    `  2 archives of logs, 2 of them new\n    ferryman proxy take ${archives} `,
  );
  const again = JSON.parse((await office.collect(out, '--pub', office.pub, '--json')).stdout) as {
    nodes: { archives: unknown }[];
  };
  expect(again.nodes[0]?.archives).toEqual({ folder: archives, found: 2, newFiles: 0 });

  const proxy = await makeKiosk({ role: 'proxy' });
  enrolNode(proxy.layout, officeKey, 2);
  expect(succeeded(await proxy.run('proxy', 'take', archives)).stdout).toContain('2 archives stored');
  const readable = readdirSync(join(proxy.layout.state, 'unpacked'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('app.log'))
    .map((name) => readFileSync(join(proxy.layout.state, 'unpacked', name), 'utf8'));
  expect(readable).toEqual(['the roof has gone\nthe roof is back\n']);

  const [ack = ''] = readdirSync(proxy.layout.relayAcks);
  const back = await office.prepare('--ack', join(proxy.layout.relayAcks, ack));
  await visiting(kiosk, (port) => port.visitAndApply(back));
  expect(own(kiosk)).toEqual([]);
  const status = JSON.parse((await kiosk.run('logs', 'status', '--json')).stdout) as object;
  expect(status).toMatchObject({ waiting: { short: { archives: 0 }, long: { archives: 0 } } });
  expect(oneLine(reportOn(kiosk, back))).toContain(': the newest of this proxy');
});

test('the office takes only archives that an enrolled node has signed, and that are what their names say', async () => {
  const kiosk = await makeEnrolled();
  await pack(kiosk);
  const image = await visitBy(kiosk, collecting);
  const office = new Office();
  const folder = `::/ferryman/reports/${guidOf(kiosk)}/archives/${incarnationOf(kiosk)}`;
  const put = (name: string, bytes: Buffer | string): void => {
    const file = join(office.folder, 'put.zip');
    writeFileSync(file, bytes);
    mtool('mcopy', image, '-D', 'o', file, `${folder}/${name}`);
  };
  const guid = guidOf(kiosk);
  const stranger = enrolledNode(7, 'kiosk', { node: guid });
  const terms = { incarnation: incarnationOf(kiosk), sequence: 7 };
  put('0000000007.long.zip', signedLog(stranger, terms));
  put('0000000008.long.zip', signedLog(enrolledNode(7, 'kiosk', { node: guid }, [officeKey]), terms));
  put('0000000009.long.zip', 'no archive');
  put('x.zip', 'no name');
  const { stdout } = await office.collect(image, '--pub', office.pub);
  const problems = stdout.split('\n').filter((line) => line.startsWith('! '));
  expect(problems.map((line) => /archives\/[^/]+\/([^:]+): (.*)/.exec(line)?.slice(1))).toEqual([
    ['0000000007.long.zip', expect.stringContaining('expected signatures by 1 trusted keys')],
    ['0000000008.long.zip', expect.stringContaining('expected long archive')],
    ['0000000009.long.zip', expect.anything()],
    ['x.zip', expect.stringContaining('expected the name of an archive')],
  ]);
  expect(archivesIn(office.out)).toEqual([`${guid}/archives/${incarnationOf(kiosk)}/0000000001.long.zip`]);
  mkdirSync(join(office.folder, 'other'));
  const unchecked = await office.collect(image);
  expect(unchecked.stdout).toContain('2 archives of logs, 1 of them new');
});
