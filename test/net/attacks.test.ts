/** What a neighbour can do that is enrolled and hostile, when this node fetches from it: real sshd, real rsync. Needs root. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bytesBelow } from '../../src/flood/exchange/staging.ts';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import type { NeighbourRow } from '../../src/ledger/rows.ts';
import type { HeldLogs } from '../../src/parcel/summary.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { putArchive, signedArchive, usualPath, type NodeSigner } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { bundleContact } from './contacts.ts';
import { Fleet, until, type Node } from './fleet.ts';
import { HostilePeer } from './hostile-peer.ts';

const mib = 1024 * 1024;
const contactMegabytes = 48;
/** Of a contact … */
const usualSeconds = 60;
/** … and of one with a neighbour that lets it come to that. */
const briefSeconds = 4;

// One that is given up on would go on beside those after it, with the same hosts: what hangs is told by what waits for it.
vi.setConfig({ testTimeout: 600_000 });
afterAll(removeFolders);

let fleet: Fleet;
let ferry: Node;
let honest: Node;
let hostile: HostilePeer;
let signer: NodeSigner;
let liar: NodeSigner;
let given = 0;

const logs = (long: HeldLogs['long'], bytes = 100_000): HeldLogs => ({
  origin: honest.guid,
  incarnation: '00000000000000cc',
  short: [],
  long,
  bytes,
});
const at = (sequence: number): string =>
  `logs/${archivePath({ origin: honest.guid, incarnation: '00000000000000cc', sequence, class: 'long' })}`;
const archive = (sequence: number, bytes = 300, by = signer): Buffer =>
  signedArchive(by, { sequence, bytes, origin: honest.guid, incarnation: '00000000000000cc' });

async function neighbour(guid: string): Promise<NeighbourRow | undefined> {
  const { stdout } = await ferry.host.ferryman(['neighbours', '--json']);
  const { neighbours } = JSON.parse(stdout) as { neighbours: NeighbourRow[] };
  return neighbours.find(({ node }) => node === guid);
}

interface Cost {
  readonly reason: string;
  readonly peakBytes: number;
  readonly stagingBytes: number;
  readonly stagingFiles: number;
  /** Neither files nor folders. */
  readonly stagingSpecials: readonly string[];
}

/** Lets the ferry meet the hostile neighbour once, and the honest one, which has something new. @param contactSeconds of the ferry */
async function meetBoth(contactSeconds = usualSeconds): Promise<Cost> {
  ferry.reconfigure({ contactSeconds });
  const before = (await neighbour(hostile.node.guid))?.contacts ?? 0;
  ferry.start();
  const told = (): string => ferry.said();
  const met = async (): Promise<boolean> => ((await neighbour(hostile.node.guid))?.contacts ?? 0) > before;
  await until(met, 'a contact with the hostile neighbour', { told });
  given += 1;
  putArchive(honest.layout.relayLogs, signer, { sequence: given });
  await until(() => existsSync(usualPath(ferry.layout.relayLogs, honest, given)), 'the honest one is met', {
    told,
  });
  const status = readFileSync(`/proc/${await ferry.daemonPid()}/status`, 'utf8');
  const reason = (await neighbour(hostile.node.guid))?.reason ?? '';
  expect((await ferry.stopDaemon())?.exitCode).toBe(0);
  const { stdout: left } = await ferry.host.run(['ps', '-eo', 'stat=,comm=,args=']);
  // The first process of a host is no init: what was left to it and has ended stays in the table. And sshd goes on: the other neighbours may be
  // fetching from it just then.
  expect(left).not.toMatch(/^[^Z]\S* +(ssh|rsync) (?!.* --server --sender )/m);
  const { staging } = ferry.layout;
  return {
    reason,
    peakBytes: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024,
    stagingBytes: bytesBelow(staging),
    stagingFiles: readdirSync(staging, { recursive: true }).length,
    stagingSpecials: readdirSync(staging, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isFile() && !entry.isDirectory())
      .map(({ name }) => name),
  };
}

/** Looks at the rsync of the ferry now and then. @returns ends it: the most memory that one had, bytes */
function watchRsync(): () => number {
  let peak = 0;
  const watch = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const isOurs =
          status.includes('Name:\trsync\n') &&
          readlinkSync(`/proc/${pid}/cwd`).startsWith(ferry.layout.staging);
        // One that is ending has a name and no memory.
        if (isOurs) peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
      } catch {
        // it has ended meanwhile
      }
    }
  }, 100);
  return () => {
    clearInterval(watch);
    return peak;
  };
}

/** What holds whatever a neighbour does. */
function expectBounded({ peakBytes, stagingBytes, stagingFiles }: Cost): void {
  expect(peakBytes).toBeLessThan(400 * mib);
  expect(stagingBytes).toBeLessThan(contactMegabytes * mib);
  expect(stagingFiles).toBeLessThan(1000);
  const held = readdirSync(ferry.layout.relay, { recursive: true, encoding: 'utf8' });
  expect(held.filter((name) => name.includes('00000000000000cc'))).toStrictEqual([]);
}

const spelled = (change: (text: string) => string): void => {
  hostile.says({ logs: [logs([{ first: 1, last: 3 }])] });
  const file = join(hostile.node.host.root, 'hostile/summary.json');
  hostile.write('summary.json', change(readFileSync(file, 'utf8')));
};

const specials = (): void => {
  symlinkSync('/etc/passwd', hostile.offer(at(5)));
  execFileSync('mkfifo', [hostile.offer(at(6))]);
  execFileSync('mknod', ['-m', '666', hostile.offer(at(7)), 'c', '1', '5']);
};

/** In memory, where the hostile neighbour alone sees them; links, which take less of it. */
async function putMillionFiles(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { host } = hostile.node;
  const make = 'chdir shift; open F, ">0"; link "0", $_ for 1 .. 999_999';
  expect(
    await host.run(['mount', '-t', 'tmpfs', '-o', 'nr_inodes=0,mode=755', 'files', folder]),
  ).toMatchObject({ exitCode: 0 });
  expect(await host.run(['perl', '-e', make, folder])).toMatchObject({ exitCode: 0 });
}

describe.skipIf(!canMakeHosts)('a hostile neighbour that is fetched from (root, network namespaces)', () => {
  beforeAll(async () => {
    fleet = await Fleet.make();
    const limits = `contactMegabytes = ${contactMegabytes}\ncontactSeconds = ${usualSeconds}\n`;
    ferry = await fleet.add('ferry', limits);
    hostile = new HostilePeer(await fleet.add('kiosk'));
    honest = await fleet.add('kiosk');
    await fleet.link(ferry, hostile.node);
    await fleet.link(ferry, honest);
    signer = await honest.signer();
    liar = await hostile.node.signer();
    honest.start();
    ferry.reconfigure({ peerSeconds: 600 }); // once: a second contact would have another reason to stop
    ferry.setPeers(`${hostile.node.guid}@10.9.1.2:7822`);
  }, 600_000);
  afterAll(() => fleet.stop());

  test.for([
    ['of 5 MB', '5 MB', 'contact.too-large', usualSeconds],
    ['without an end', 'endless', 'contact.too-large', usualSeconds],
    ['that is nested deeply', 'deep', 'summary.malformed', usualSeconds],
    ['that does not come', 'stall', 'its time was up', briefSeconds],
    ['that is drowned in complaints', 'stderr flood', 'complaints without an end', usualSeconds],
  ] as const)(
    'a summary %s ends the contact, and the next neighbour is met',
    async ([, way, reason, seconds]) => {
      hostile.plan(way);
      const cost = await meetBoth(seconds);
      expect(cost.reason).toContain(reason);
      expectBounded(cost);
    },
  );

  test('a summary that does not come is waited for no longer than for a summary, whatever a contact may take', async () => {
    hostile.plan('stall');
    const program = await bundleContact();
    const peer = `${hostile.node.guid}@10.9.1.2:7822`;
    const { stdout } = await ferry.host.run([process.execPath, program, ferry.host.root, peer, '1', '1500']);
    expect(stdout).toMatch(
      /summary: expected an answer, found: no answer within \d\.\d+ s \[contact\.refused\]/,
    );
  });

  test('while one neighbour holds on to its contact another is fetched from beside it, both over ssh', async () => {
    hostile.plan('summary.json', 'stall inside');
    hostile.says({ logs: [logs([{ first: 1, last: 1 }])] });
    hostile.put(at(1), archive(1, 1_000_000));
    ferry.reconfigure({ contactSeconds: usualSeconds });
    const before = (await neighbour(hostile.node.guid))?.contacts;
    ferry.start();
    const told = (): string => ferry.said();
    const staging = join(ferry.layout.staging, hostile.node.guid);
    // rsync keeps the first pieces in memory: of the file there is a name.
    const hasBegun = (): boolean =>
      existsSync(staging) && readdirSync(staging, { recursive: true }).join().includes('long.zip');
    await until(hasBegun, 'a beginning of what the hostile one has', { told });
    given += 1;
    putArchive(honest.layout.relayLogs, signer, { sequence: given });
    await until(() => existsSync(usualPath(ferry.layout.relayLogs, honest, given)), 'the honest one', {
      told,
    });
    // The first connection has stood all the while, and brings nothing.
    const master = await ferry.host.run(['pgrep', '-f', `^ssh .*ControlMaster=yes.* ${hostile.node.guid}$`]);
    expect(master.stdout).toMatch(/^\d+\n?$/);
    expect((await neighbour(hostile.node.guid))?.contacts).toBe(before);
    const stopped = await ferry.stopDaemon();
    expect(stopped?.exitCode).toBe(0);
    expect((await neighbour(hostile.node.guid))?.reason).toBe('this node was stopped');
  });

  test.for([
    [
      'an origin that climbs',
      (text: string) => text.replace(/"origin":"[^"]*"/, '"origin":"../../../../etc"'),
    ],
    [
      'an absolute incarnation',
      (text: string) => text.replace(/"incarnation":"[^"]*"/, '"incarnation":"/etc/shadow/x"'),
    ],
    [
      'an update that climbs',
      (text: string) => text.replace('"updates":[]', '"updates":["../../../etc/passwd"]'),
    ],
    ['half of it missing', (text: string) => text.slice(0, text.length / 2)],
  ] as const)('a summary with %s is refused', async ([, change]) => {
    hostile.plan('summary.json');
    spelled(change);
    const cost = await meetBoth();
    expect(cost.reason).toContain('summary.malformed');
    expectBounded(cost);
  });

  test('a summary of another node is refused', async () => {
    hostile.plan('summary.json');
    hostile.says({ node: honest.guid });
    expect((await meetBoth()).reason).toContain('contact.other');
  });

  test('a summary of all sequences that there are, and of as many origins as fit, costs little', async () => {
    hostile.plan('summary.json');
    const origins = Array.from({ length: 20_000 }, (_, index) => ({
      ...logs([{ first: 1, last: Number.MAX_SAFE_INTEGER }], index % 2 === 0 ? 0 : Number.MAX_SAFE_INTEGER),
      origin: `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
    }));
    hostile.says({ logs: origins });
    const cost = await meetBoth();
    expect(cost.reason).toBe('nothing more to fetch');
    expectBounded(cost);
  });

  test('a sender that insists on links and devices makes none here', async () => {
    hostile.plan('summary.json', 'specials');
    hostile.says({ logs: [logs([{ first: 5, last: 7 }])] });
    hostile.put(at(1), '');
    specials();
    const cost = await meetBoth();
    expect(cost.reason).toContain('contact.cut');
    expectBounded(cost);
    expect(cost.stagingSpecials).toStrictEqual([]);
    // Folders on the way to what was asked for, where rsync was cut off.
    expect(cost.stagingFiles).toBeLessThan(10);
  });

  test('what is no file, or another file than its name says, is not taken in, and is counted', async () => {
    hostile.plan('summary.json');
    hostile.says({ logs: [logs([{ first: 1, last: 9 }])] });
    hostile.put(at(1), 'junk');
    hostile.put(at(2), archive(3));
    hostile.put(at(3), archive(3, 300, liar));
    truncateSync(hostile.put(at(4), ''), 10 ** 12);
    specials();
    hostile.put(`${at(8)}/inside`, 'a file in a folder that has the name of a file');
    hostile.put(at(9), archive(9).subarray(0, 400));
    const cost = await meetBoth();
    // Each is named; in which order they were proven does not matter.
    expect(cost.reason).toMatch(/found 4 files wrong: \S+\/00000000000000cc\/\d(, \d){3} \[contact\.wrong\]/);
    const [, wrong = ''] = /\/00000000000000cc\/(.*) \[/.exec(cost.reason) ?? [];
    expect(wrong.split(', ').toSorted()).toStrictEqual(['1', '2', '3', '9']);
    const { stdout: told } = await ferry.host.ferryman(['neighbours']);
    for (const sequence of [1, 2, 3, 9])
      expect(told).toContain(`\n      ${honest.guid}/00000000000000cc/${sequence}\n`);
    expectBounded(cost);
    expect(cost.stagingFiles).toBeLessThan(3);
    const quarantined = readdirSync(ferry.layout.quarantine);
    for (const sequence of [1, 2, 3, 9])
      expect(quarantined.some((name) => name.includes(`000000000${sequence}.long.zip`))).toBe(true);
    const why = await ferry.host.ferryman(['why', `${honest.guid}/00000000000000cc/2`]);
    expect(why.stdout + why.stderr).toContain('pool.misnamed');
  });

  test('a folder with a million files in place of a file fills nothing', async () => {
    hostile.plan('summary.json', 'recursive');
    hostile.says({ logs: [logs([{ first: 1, last: 1 }])] });
    await putMillionFiles(hostile.offer(at(1)));
    const cost = await meetBoth();
    expect(cost.reason).toContain('rsync ended');
    expectBounded(cost);
    expect(cost.stagingFiles).toBeLessThan(10);
  });

  test.for(['garbage', 'stderr flood', 'stall', 'stall inside', 'cut'])(
    'a sender that answers with %s ends the contact, and the next neighbour is met',
    async (way) => {
      hostile.plan('summary.json', way);
      hostile.says({ logs: [logs([{ first: 1, last: 1 }])] });
      hostile.put(at(1), archive(1, 1_000_000));
      const cost = await meetBoth(way.startsWith('stall') ? briefSeconds : usualSeconds);
      expect(cost.reason).toMatch(/^(its time was up$|.*\[contact\.cut\])/);
      expectBounded(cost);
    },
  );

  test('a file that grows without an end while it comes is cut at what its kind may have', async () => {
    hostile.plan('summary.json', 'endless file');
    hostile.says({ logs: [logs([{ first: 1, last: 1 }])] });
    const marker = 'here it should end'.repeat(4);
    hostile.write('marker', marker);
    hostile.put(at(1), 'x'.repeat(500) + marker);
    const cost = await meetBoth();
    expect(cost.reason).toContain('contact.cut');
    expectBounded(cost);
  });

  test('a list that names one file without an end takes no more memory than rsync may have', async () => {
    hostile.plan('summary.json', 'endless list');
    hostile.says({ logs: [logs([{ first: 1, last: 1 }])] });
    hostile.write('marker', '/0000000001.long.zip');
    hostile.put(at(1), archive(1));
    const peak = watchRsync();
    const cost = await meetBoth();
    // Where memory ends, rsync says so in one of several words.
    expect(cost.reason).toContain('rsync ended with status');
    const bytes = peak();
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(300 * mib);
    expectBounded(cost);
  });

  test('names that are changed on their way lead nowhere', async () => {
    hostile.plan('summary.json', 'renamed');
    hostile.says({ logs: [logs([{ first: 1, last: 1 }])] });
    hostile.write('renamed.json', JSON.stringify(['/00000000000000cc', '/../../../../../x']));
    hostile.put(at(1), archive(1));
    const cost = await meetBoth();
    expect(cost.reason).toContain('contact.cut');
    expectBounded(cost);
  });
});
