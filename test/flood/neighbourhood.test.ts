/** Whom a node meets, and how many at a time: contacts are pretended here. */
import { setImmediate as soon, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import type { Met } from '../../src/flood/exchange/contact.ts';
import { Neighbourhood, type NeighbourhoodSetup } from '../../src/flood/neighbourhood.ts';
import type { HeardPing } from '../../src/flood/ping/listener.ts';
import { enrolledNode } from './nodes.ts';

const met: Met = {
  role: 'ferry',
  seconds: 1,
  provingSeconds: 0,
  bytesIn: 1,
  bytesOut: 1,
  parcelsIn: 1,
  reason: '',
  hasBrought: true,
  problem: undefined,
  hasMore: false,
};

function ping(node: string, holdings = 'theirs'): HeardPing {
  return {
    ping: { node, holdings, port: 22 },
    enrolment: { serial: 1 },
    address: '192.0.2.1',
  } as unknown as HeardPing;
}

/** Who is met at this moment, and who was. */
class Street {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (met: Met) => void>();
  readonly #stop = new AbortController();
  nowSeconds = 1000;
  readonly neighbourhood: Neighbourhood;
  readonly work: Promise<void>;

  constructor(setup: Partial<NeighbourhoodSetup> = {}) {
    this.neighbourhood = new Neighbourhood({
      own: 'z',
      holdings: () => 'own',
      isRevoked: () => false,
      peers: [],
      peerSeconds: 60,
      pingSeconds: 15,
      contacts: 2,
      nowSeconds: () => this.nowSeconds,
      chance: () => 0,
      meet: ({ node }) =>
        new Promise((resolve) => {
          this.begun.push(node);
          this.#ends.set(node, resolve);
        }),
      ...setup,
    });
    this.work = this.neighbourhood.work(this.#stop.signal);
  }

  get now(): string[] {
    return [...this.#ends.keys()];
  }

  async hear(...nodes: string[]): Promise<void> {
    for (const node of nodes) this.neighbourhood.heard(ping(node));
    await sleep(5);
  }

  async end(node: string, how: Partial<Met> = {}): Promise<void> {
    const end = this.#ends.get(node);
    this.#ends.delete(node);
    end?.({ ...met, ...how });
    await sleep(5);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const node of this.now) await this.end(node);
    await this.work;
  }
}

test('a few neighbours are met at a time, and one that holds on keeps no other waiting', async () => {
  const street = new Street();
  await street.hear('a', 'b', 'c', 'd');
  expect(street.now).toEqual(['a', 'b']);
  await street.end('b');
  expect(street.now).toEqual(['a', 'c']);
  await street.end('c');
  expect(street.now).toEqual(['a', 'd']);
  await street.close();
});

test('nobody is met twice at a time, neither for a ping nor by the configuration', async () => {
  const peers = [{ node: 'a', host: 'a.example', port: 22 }];
  const street = new Street({ peers });
  street.neighbourhood.remindOfPeers();
  await sleep(5);
  street.nowSeconds += 1000;
  street.neighbourhood.remindOfPeers();
  await street.hear('a');
  await street.hear('a');
  expect(street.begun).toEqual(['a']);
  await street.end('a');
  expect(street.begun).toEqual(['a']);
  await street.close();
});

test('of neighbours without number the one that was silent for longest is forgotten, and not met', async () => {
  const street = new Street({ contacts: 1 });
  await street.hear(...Array.from({ length: 2001 }, (_, index) => `n${index}`));
  expect(street.begun).toEqual(['n1']);
  await street.close();
});

test('a neighbour that has more than one contact could bring is met again, although nothing is new there', async () => {
  const street = new Street();
  await street.hear('a');
  await street.end('a', { hasMore: true });
  street.nowSeconds += 31;
  await street.hear('a');
  expect(street.now).toEqual(['a']);
  await street.end('a');
  street.nowSeconds += 31;
  await street.hear('a');
  expect(street.begun).toEqual(['a', 'a']);
  await street.close();
});

test.each([
  ['contact.busy', 'every minute or so: where many meet, its turn comes'],
  ['contact.cut', 'less and less often'],
] as const)('after contacts that end with %s a neighbour is met again %s', async (code, _how) => {
  const street = new Street();
  const problem = new FerrymanError(code, 'as it is');
  const begun: number[] = [];
  while (street.nowSeconds < 2000) {
    await street.hear('a');
    if (street.now.length > 0) {
      begun.push(street.nowSeconds);
      await street.end('a', { problem, hasBrought: false, parcelsIn: 0 });
    }
    street.nowSeconds += 20;
  }
  const pauses = begun.slice(1).map((at, index) => at - (begun[index] ?? 0));
  expect(pauses.slice(0, 5)).toEqual(code === 'contact.busy' ? [20, 20, 40, 40, 40] : [20, 20, 40, 80, 160]);
  await street.close();
});

test('it ends when all contacts have ended, and throws what one of them throws', async () => {
  const street = new Street();
  await street.hear('a');
  let hasEnded = false;
  void street.work.then(() => (hasEnded = true));
  const closing = street.close();
  expect(hasEnded).toBe(false);
  await closing;
  expect(hasEnded).toBe(true);
  const broken = new Street({ meet: () => Promise.reject(new Error('a defect')) });
  broken.neighbourhood.heard(ping('a'));
  await expect(broken.work).rejects.toThrow('a defect');
});

const peer = { node: enrolledNode(2).guid, host: '10.0.0.2', port: 7822 };
const failed: Met = {
  role: '',
  seconds: 100,
  provingSeconds: 0,
  bytesIn: 0,
  bytesOut: 0,
  parcelsIn: 0,
  reason: 'its time was up',
  hasBrought: false,
  problem: new FerrymanError('contact.cut', 'its time was up'),
  hasMore: false,
};

test('a named peer whose contact takes longer than the time between two is not met again as soon as it has failed', async () => {
  let now = 0;
  const contacts: ((met: Met) => void)[] = [];
  const neighbourhood = new Neighbourhood({
    own: enrolledNode(1).guid,
    holdings: () => '',
    isRevoked: () => false,
    peers: [peer],
    peerSeconds: 10,
    pingSeconds: 60,
    contacts: 2,
    nowSeconds: () => now,
    chance: () => 0,
    meet: () => new Promise((resolve) => void contacts.push(resolve)),
  });
  const stop = new AbortController();
  neighbourhood.remindOfPeers();
  const working = neighbourhood.work(stop.signal);
  await soon();
  now = 100;
  neighbourhood.remindOfPeers();
  contacts[0]?.(failed);
  await soon();
  neighbourhood.remindOfPeers();
  await soon();
  expect(contacts.length).toBe(1);
  now = 1000;
  neighbourhood.remindOfPeers();
  await soon();
  expect(contacts.length).toBe(2);
  stop.abort();
  contacts[1]?.(failed);
  await working;
});
