/** The controller in the test's own process, with a clock that the test may put forward. The runner is the built one. */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CurrentTrust } from '../../src/controller/current-trust.ts';
import { Controller } from '../../src/controller/controller.ts';
import type { Context, Host, ControllerEvent } from '../../src/controller/context.ts';
import { takeLock, type Lock } from '../../src/host/lock.ts';
import { readBootId, readUptimeSeconds } from '../../src/host/process-identity.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { UpdateRow } from '../../src/ledger/rows.ts';
import { loadConfig } from '../../src/node/config.ts';
import { formatTimestamp } from '../../src/parcel/timestamp.ts';
import { readIdentity } from '../../src/enrol/own-node.ts';
import { makeSinks } from '../../src/report/sinks/make-sinks.ts';
import type { RunnerProgram } from '../../src/run/start-runner.ts';
import { programs, type Kiosk } from '../kit/kiosk.ts';

const builtRunner: RunnerProgram = { interpreter: process.execPath, file: join(programs, '../runner.js') };

export class InProcess {
  readonly ledger: Ledger;
  readonly events: ControllerEvent[] = [];
  readonly context: Context;
  readonly #controller: Controller;
  readonly #lock: Lock;
  #aheadSeconds = 0;
  #bootId = readBootId();

  /** @param runner another one than the built one */
  constructor(kiosk: Kiosk, runner: RunnerProgram = builtRunner) {
    const lock = takeLock(kiosk.layout.lockFile, 1000);
    if (!lock) throw new Error('another ferryman holds the lock');
    this.#lock = lock;
    this.ledger = openLedger(kiosk.layout.ledgerFile);
    this.context = this.#makeContext(kiosk, runner);
    this.#controller = new Controller(this.context, new CurrentTrust(this.context));
  }

  #makeContext({ layout }: Kiosk, runner: RunnerProgram): Context {
    const config = loadConfig(layout);
    const bootId = (): string => this.#bootId;
    const host: Host = {
      now: () => formatTimestamp(Date.now()),
      uptimeSeconds: () => readUptimeSeconds() + this.#aheadSeconds,
      get bootId() {
        return bootId();
      },
      pid: process.pid,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    };
    return {
      layout,
      config,
      ledger: this.ledger,
      host,
      runner,
      programs: [programs, dirname(process.execPath)],
      usbEvents: undefined,
      ownCommand: ['false'],
      sinks: makeSinks(config, layout.root, {
        ledger: this.ledger,
        host,
        identity: () => readIdentity(layout),
      }),
      tell: (event) => this.events.push(event),
      keysAtWork: () => Promise.resolve(false),
      progress: () => undefined,
      version: '1.2.3',
    };
  }

  async pass(signal: AbortSignal = new AbortController().signal): Promise<void> {
    try {
      await this.#controller.pass(signal);
    } finally {
      await this.#controller.finish(10_000);
    }
  }

  /** Lets time go by, for everything that waits. */
  forward(seconds: number): void {
    this.#aheadSeconds += seconds;
  }

  /** From now on, for everything that waits, this is another boot of the machine. */
  reboot(): void {
    this.#bootId = 'another boot';
  }

  /** The one update with a sequence. */
  update(sequence: number): UpdateRow {
    const rows = this.ledger.updates.bySequence(sequence);
    const [only] = rows;
    if (!only || rows.length !== 1) throw new Error(`expected one update ${sequence}, found ${rows.length}`);
    return only;
  }

  /** Everything that was told, one line each. */
  told(): string[] {
    return this.events.map(({ level, subject, text }) => `${level}: ${subject}: ${text}`);
  }

  close(): void {
    this.ledger.close();
    this.#lock.release();
  }
}

/** Works with a controller and closes it whatever happens. */
export async function withNode<Result>(
  kiosk: Kiosk,
  work: (node: InProcess) => Promise<Result>,
  runner = builtRunner,
): Promise<Result> {
  const node = new InProcess(kiosk, runner);
  try {
    return await work(node);
  } finally {
    node.close();
  }
}

/** One pass of a controller of its own. @returns what it told, one line each */
export function onePass(kiosk: Kiosk): Promise<string[]> {
  return withNode(kiosk, async (node) => {
    await node.pass();
    return node.told();
  });
}
