/**
 * Section `exchange`: two neighbours, each a host in network namespaces of its own, beside bare ssh and rsync between the same two. Needs
 * root, sshd and rsync 3.5.0.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeFolders } from '../test/kit/kiosk.ts';
import { Fleet, until } from '../test/net/fleet.ts';
import { Bare } from './exchange/bare.ts';
import { cpuSeconds } from './exchange/cpu-clock.ts';
import { addArchives, addUpdate, contacts, fill, type News, type Pair } from './exchange/pair.ts';
import { median } from './measure.ts';
import { table } from './table.ts';

export interface ExchangeSizes {
  readonly held: number;
  readonly updateBytes: number;
}

export async function benchExchange(rounds: number, { held, updateBytes }: ExchangeSizes): Promise<string> {
  const fleet = await Fleet.make();
  try {
    const config = 'poolMegabytes = 100000\ncontactMegabytes = 10000\n';
    // One that fetches and one that is fetched from: the second hears nobody.
    const [from, to] = [await fleet.add('kiosk', config), await fleet.add('ferry', config)];
    const pair = { from, to, link: await fleet.link(from, to), signer: await from.signer() };
    const start = await startBoth(pair, held);
    const bare = new Bare(from, to, pair.link.ends[0].address);
    await bare.start();
    const both = { pair, bare };
    const large = `an update of ${updateBytes / 1e6} MB`;
    const rows = [
      await row('one new archive', rounds, { ...both, warmUp: 1, add: () => addArchives(pair, 1, 20_000) }),
      await row('1000 small archives', rounds, {
        ...both,
        warmUp: 1,
        add: () => addArchives(pair, 1000, 2000),
      }),
      await row(large, Math.min(rounds, 3), {
        ...both,
        warmUp: 0,
        add: (round) => addUpdate(pair, round + 1, updateBytes),
      }),
    ];
    return [start, '', table(heading, rows)].join('\n');
  } finally {
    await fleet.stop();
    removeFolders();
  }
}

/** @returns what there is to say of it */
async function startBoth({ from, to }: Pair, held: number): Promise<string> {
  fill([from, to], held);
  for (const node of [from, to]) {
    node.configure('[logs]\nenabled = false');
    node.start();
  }
  const began = performance.now();
  const ready = join(to.layout.relay, 'summary.json');
  await until(() => existsSync(ready), 'the first summary', { seconds: 60, told: () => to.said() });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const before = contacts(to).length + contacts(from).length;
  await sleep(20_000);
  const idle = contacts(to).length + contacts(from).length - before;
  return `${held} archives held at both ends: from the start of the daemons until all is looked at and told, ${seconds} s. Connections in 20 s with nothing new: ${idle}.`;
}

const heading = [
  '',
  'contact, s',
  'of it to prove and keep, s',
  'ssh + rsync, s',
  'times',
  'without proving, times',
  'ssh + rsync + sync, s',
  'by our endpoint, s',
  'times',
  'cpu: contact, s',
  'cpu: ssh + rsync, s',
  'bytes besides the parcels',
];

interface Measuring {
  readonly pair: Pair;
  readonly bare: Bare;
  /** Rounds that are not counted, before those that are: what is slow once is not what is measured. */
  readonly warmUp: number;
  readonly add: (round: number) => News | Promise<News>;
}

/** What one round has told. */
interface Round extends Contact {
  readonly plain: number;
  readonly plainCpu: number;
  readonly synced: number;
  readonly endpoint: number;
}

/** Contact and bare rsync in turns. */
async function row(what: string, rounds: number, measuring: Measuring): Promise<string[]> {
  const { pair, bare, warmUp, add } = measuring;
  const counted: Round[] = [];
  for (let round = 0; round < warmUp + rounds; round += 1) {
    const news = await add(round);
    const contact = await contactOf(pair, news, what);
    const cpuBefore = cpuSeconds() ?? NaN;
    const plain = await bare.fetch(news.paths, 'plain', false);
    const plainCpu = (cpuSeconds() ?? NaN) - cpuBefore;
    const synced = await bare.fetch(news.paths, 'plain', true);
    const endpoint = await bare.fetch(news.paths, 'endpoint', false);
    if (round >= warmUp) counted.push({ ...contact, plain, plainCpu, synced, endpoint });
  }
  return cells(what, counted);
}

function two(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(2);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((before, one) => before + one, 0);
}

function cells(what: string, rounds: readonly Round[]): string[] {
  const of = (value: (round: Round) => number): number => median(rounds.map(value));
  const [contact, plain, endpoint] = [
    of(({ seconds }) => seconds),
    of((one) => one.plain),
    of((one) => one.endpoint),
  ];
  return [
    what,
    two(contact),
    two(of(({ proving }) => proving)),
    two(plain),
    two(contact / plain),
    two(of(({ seconds, proving }) => seconds - proving) / plain),
    two(of(({ synced }) => synced)),
    two(endpoint),
    two(contact / endpoint),
    two(of(({ cpu }) => cpu)),
    two(of(({ plainCpu }) => plainCpu)),
    String(Math.round(of(({ besides }) => besides))),
  ];
}

interface Contact {
  readonly seconds: number;
  readonly proving: number;
  readonly cpu: number;
  /** Bytes both ways besides the parcels. */
  readonly besides: number;
}

/** Waits until all has come; of several contacts, if it took more than one, the sum. */
async function contactOf({ to }: Pair, { paths, bytes }: News, what: string): Promise<Contact> {
  const cpuBefore = (cpuSeconds() ?? NaN) - ownCpu();
  const provedBefore = provingIn(to.said()).length;
  const known = new Set(contacts(to).map(({ id }) => id));
  let found: ReturnType<typeof contacts> = [];
  const isThere = (): boolean => {
    found = contacts(to).filter(({ id }) => !known.has(id));
    return sum(found.map(({ parcelsIn }) => parcelsIn)) >= paths.length;
  };
  await until(isThere, what, { seconds: 300, told: () => to.said() });
  const cpu = (cpuSeconds() ?? NaN) - ownCpu() - cpuBefore;
  await sleep(1000); // what it says of the contact comes a moment after the row in its ledger
  const proving = provingIn(to.said()).slice(provedBefore);
  return {
    seconds: sum(found.map(({ seconds }) => seconds)),
    proving: sum(proving),
    cpu,
    besides: sum(found.map(({ bytesIn, bytesOut }) => bytesIn + bytesOut)) - bytes,
  };
}

/** Seconds of each contact that has brought something, by the word of the daemon. */
function provingIn(said: string): number[] {
  return [...said.matchAll(/, ([\d.]+) s of them to prove and keep/g)].map(([, seconds]) => Number(seconds));
}

/** Of this process, which makes the parcels and looks on. */
function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
