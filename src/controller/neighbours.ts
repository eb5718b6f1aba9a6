/** The exchange with neighbours in the daemon: begun when the node is enrolled, begun again after a problem, ended with the daemon. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { counted } from '../command-line/counted.ts';
import type { OwnNode } from '../enrol/own-node.ts';
import { enrolmentPlaces } from '../enrol/places.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { Beliefs } from '../flood/beliefs.ts';
import type { FloodParts } from '../flood/daemon.ts';
import type { Quarantine } from '../flood/pool/quarantine.ts';
import type { Proxy } from '../proxy/proxy.ts';
import type { Context } from './context.ts';
import type { FedProxy } from './fed-proxy.ts';
import type { CurrentTrust } from './current-trust.ts';

/** Between two looks whether the node is enrolled by now, or what stood in the way is gone. */
const patienceMs = 30_000;

/** Archives that are told of one by one at a time. */
const maxTold = 10;

export class NeighbourExchange {
  readonly #context: Context;
  readonly #trust: CurrentTrust;
  readonly #stop = new AbortController();
  #work: Promise<void> = Promise.resolve();
  /** Told already. */
  #told = '';

  constructor(context: Context, trust: CurrentTrust) {
    this.#context = context;
    this.#trust = trust;
  }

  start(): void {
    this.#work = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const isEnrolled = existsSync(enrolmentPlaces(this.#context.layout).enrolment);
        if (isEnrolled && (await this.#untilRenewed(signal))) continue;
      } catch (error) {
        this.#tell(error);
      }
      await sleep(patienceMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns true when another enrolment was installed: all is to be begun again under that one */
  async #untilRenewed(signal: AbortSignal): Promise<boolean> {
    const end = new AbortController();
    const stop = (): void => end.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#exchange(end);
      return end.signal.aborted && !signal.aborted;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Loaded only where it is needed: most of it is never, on a node that stands alone. */
  async #exchange(end: AbortController): Promise<void> {
    const [
      { FloodDaemon },
      { Beliefs },
      { readKeptRoster },
      { readOwnEnrolment, readOwnNode },
      { verifyEnrolment },
      { ProxyTaker },
      { OwnIntake },
    ] = await Promise.all([
      import('../flood/daemon.ts'),
      import('../flood/beliefs.ts'),
      import('../enrol/kept-roster.ts'),
      import('../enrol/own-node.ts'),
      import('../verify/enrolled.ts'),
      import('../flood/proxy-taker.ts'),
      import('../flood/own-intake.ts'),
    ]);
    const { layout, config, ledger, host, tell } = this.#context;
    const beliefs = new Beliefs(() => this.#trust.read(), readKeptRoster(layout));
    const own = await readOwnNode(layout, config.node.guid);
    if (!own) return;
    if (own.role !== config.node.role)
      throw new FerrymanError(
        'enrolment.other-role',
        `node.role in config.toml: expected ${own.role}, as which the node is enrolled, found ${config.node.role}`,
      );
    verifyEnrolment(own.line, beliefs.trust); // what is not proven by the keys as they are now, no neighbour believes either
    const clocks = {
      now: () => host.now(),
      uptimeSeconds: () => host.uptimeSeconds(),
      randomHex: (bytes: number) => host.randomHex(bytes),
    };
    const surroundings = { layout, config, ledger, host: clocks, own, beliefs, tell };
    const fed = own.role === 'proxy' ? await this.#openProxy(beliefs, own, end.signal) : undefined;
    const proxy = fed?.proxy;
    try {
      if (proxy) await this.#finish(proxy);
      await this.#signAnew(own);
      const told = (problem: FerrymanError): void => this.#tellOfStore([problem.message]);
      const taker = proxy && ((apart: Quarantine) => new ProxyTaker(proxy, layout.state, apart, told));
      const intake = proxy && new OwnIntake(proxy, layout, own.node);
      const beforePing = async (): Promise<void> => {
        if (readOwnEnrolment(layout)?.line !== own.line) end.abort();
        else if (proxy && intake) {
          this.#tellOfStore(await intake.take());
          await proxy.acknowledge('due');
        }
        fed?.catchUp();
      };
      await new FloodDaemon(surroundings, { ...this.#parts(proxy), taker, beforePing }).run(end.signal);
    } finally {
      await fed?.close();
    }
  }

  /** What waits here under the enrolment before; the next packer does what a full disk keeps from being done. */
  async #signAnew({ role, node, identity, line }: OwnNode): Promise<void> {
    const { layout, config, ledger, tell } = this.#context;
    const incarnation = ledger.fact('log-incarnation');
    if (incarnation === undefined || role === 'office') return;
    const [{ signAnew }, { movePool }] = await Promise.all([
      import('../logs/sign-anew.ts'),
      import('../logs/pool-of-role.ts'),
    ]);
    const place = { layout, node: config.node, incarnation };
    const subject = `flood: node ${node}`;
    try {
      movePool(layout, role);
      const done = signAnew({ place, ledger, signer: { key: identity, enrolment: line } });
      if (done.length === 0) return;
      const what = `${counted(done.length, 'waiting archive')} signed anew, under the enrolment that it has now`;
      tell({ level: 'info', subject, text: what });
    } catch (error) {
      // Only neighbours bring the acknowledgements that make room.
      const isFull =
        isSystemError(error, 'ENOSPC', 'EDQUOT') ||
        (error instanceof FerrymanError && error.code === 'logs.disk-full');
      if (!isFull) throw error;
      const text = `no room to sign anew what waits: ${error.message}`;
      tell({ level: 'warning', subject, text });
    }
  }

  async #openProxy(beliefs: Beliefs, own: OwnNode, stop: AbortSignal): Promise<FedProxy> {
    const [{ openFedProxy }, { signerOf }] = await Promise.all([
      import('./fed-proxy.ts'),
      import('../proxy/proxy-signer.ts'),
    ]);
    const signer = signerOf(own);
    return openFedProxy(this.#context, beliefs, (problems) => this.#tellOfStore(problems), {
      trust: () => beliefs.nodeTrust,
      isClosed: (origin, incarnation) => beliefs.closed.has(`${origin}/${incarnation}`),
      signer: () => Promise.resolve(signer),
      stop,
    });
  }

  /** What a cut has left waiting; and what the store was found to lack. */
  async #finish(proxy: Proxy): Promise<void> {
    const unreadable = await proxy.finish();
    const { lost, damaged } = proxy.scanned;
    this.#tellOfStore([
      ...lost.map((name) => `archive ${name}: expected its file in the store, found none`),
      ...damaged.map(({ message }) => message),
      ...unreadable.flatMap(({ error }) => error?.message ?? []),
    ]);
  }

  #tellOfStore(problems: readonly string[]): void {
    const more = problems.length - maxTold;
    const texts = [
      ...problems.slice(0, maxTold),
      ...(more > 0 ? [`${more} more: "ferryman proxy check" looks at all`] : []),
    ];
    for (const text of texts) this.#context.tell({ level: 'error', subject: 'proxy', text });
  }

  #parts(proxy: Proxy | undefined): Omit<FloodParts, 'taker' | 'beforePing'> {
    const { layout, config, ledger, tell } = this.#context;
    return {
      isRoot: process.getuid?.() === 0,
      acknowledged: async (ack) => {
        const { takeOwnAcknowledged } = await import('../flood/own-acknowledged.ts');
        const own = { layout, node: config.node, ledger };
        const isOfThis = proxy !== undefined && ack.proxy === config.node.guid;
        const alarm = (isOfThis && (await proxy.sawOwnAck(ack))) || takeOwnAcknowledged(own, ack);
        if (alarm) tell({ level: 'error', subject: 'flood: acknowledgement', text: alarm });
      },
      rosterChanged: async (file) => {
        const [{ applyRoster }, { withVerified }] = await Promise.all([
          import('../enrol/apply-roster.ts'),
          import('../store/verified-file.ts'),
        ]);
        await withVerified(file, 'refuse', this.#trust.read(), (parcel) => applyRoster(layout, parcel));
      },
    };
  }

  #tell(error: unknown): void {
    const text =
      error instanceof FerrymanError
        ? `${error.message} [${error.code}]\nhint: ${error.hint}`
        : `a defect in ferryman, please report it: ${error instanceof Error ? error.stack : String(error)}`;
    if (text !== this.#told) this.#context.tell({ level: 'error', subject: 'flood', text });
    this.#told = text;
  }

  /** No contact goes on or begins. */
  stop(): void {
    this.#stop.abort();
  }

  /** Leaves nothing at work. */
  async close(): Promise<void> {
    this.stop();
    await this.#work;
  }
}
