/** The USB port of this node, put together: what notices keys, what visits them, and what shows how things stand. */
import { FerrymanError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';
import { configAtWork } from '../node/config.ts';
import type { Config } from '../node/config/read-config.ts';
import { readStatus, type Status } from '../status/facts.ts';
import { trustProblemOf } from '../status/trust-problem.ts';
import { StickWatch } from '../usb/detect/stick-watch.ts';
import type { UsbPort } from '../usb/port.ts';
import type { Blink, LampPatterns } from '../usb/show/lamp.ts';
import { outcomeShownForMs } from '../usb/show/phase.ts';
import { Show } from '../usb/show/show.ts';
import type { Surroundings } from '../usb/surroundings.ts';
import type { Context } from './context.ts';
import type { CurrentTrust } from './current-trust.ts';
import { tellProblem } from './tell-problem.ts';

/** Where the programs are that know of devices, and what they know it from. */
export interface Machine {
  readonly path: string;
  readonly sysFolder: string;
}

const thisMachine: Machine = {
  path: systemPath,
  sysFolder: '/sys',
};

/** Two of the slow blinks that say so. */
const safeForMs = 4000;

/** Nobody carries a key away and back so soon. */
const looseForMs = 10_000;

/** A daemon hears of keys at once, and shows what it does; a single pass looks once, and has nobody to show it to. */
export type Manner = 'watch' | 'once';

export class UsbKeys {
  readonly #context: Context;
  readonly #trust: CurrentTrust;
  readonly #machine: Machine;
  readonly #stop = new AbortController();
  readonly #watch: StickWatch;
  readonly #show: Show | undefined;
  /** Loaded when the first key comes: most nodes wait for one for years. */
  #port: UsbPort | undefined;
  #loading: Promise<UsbPort> | undefined;

  /** @param machine only a test has another one */
  constructor(context: Context, trust: CurrentTrust, manner: Manner, machine = thisMachine) {
    this.#context = context;
    this.#trust = trust;
    this.#machine = machine;
    const { usb } = context.config;
    this.#show = manner === 'watch' ? makeShow(context) : undefined;
    this.#watch = new StickWatch(
      {
        backEnds: manner === 'watch' ? usb.backEnds : [],
        slots: usb.slots,
        programs: { usbEvents: context.usbEvents },
        environment: { PATH: machine.path, LC_ALL: 'C.UTF-8' },
        sysFolder: machine.sysFolder,
      },
      {
        inserted: (stick) => void this.#load().then((port) => port.inserted(stick)),
        removed: (stick) => void this.#load().then((port) => port.removed(stick)),
        tell: (level, text) => context.tell({ level, subject: 'usb', text }),
      },
    );
  }

  /** Begins to watch. */
  start(): void {
    this.#endInterrupted();
    this.#watch.start();
  }

  /** Visits the keys that are in at this moment. */
  async visitPresent(): Promise<void> {
    this.#endInterrupted();
    await this.#watch.lookNow();
    await this.settled();
  }

  /** Something has happened to an update. */
  look(): void {
    this.#port?.look();
  }

  /** Settles when nothing touches a key: what there was to write to one is written. */
  async settled(): Promise<void> {
    await (await this.#loading)?.settled();
  }

  /** Waits until what touches a key now has let go of it. @returns true when something did */
  async atWork(): Promise<boolean> {
    return (await this.#loading)?.atWork() ?? false;
  }

  /** Whatever touches a key lets go of it. */
  stop(): void {
    this.#stop.abort(new FerrymanError('usb.closed', 'expected to go on, ferryman is being stopped'));
  }

  /** Leaves nothing at work. */
  async close(): Promise<void> {
    this.stop();
    await this.#watch.close();
    await this.settled();
    await this.#show?.close();
  }

  /** Visits that a power cut left open: a key that is still in is visited anew. */
  #endInterrupted(): void {
    const { ledger, host, tell } = this.#context;
    const text = 'expected the visit to come to its end, ferryman was cut off in the middle of it';
    try {
      ledger.usb.endInterrupted(new FerrymanError('usb.interrupted', text), host.now());
    } catch (error) {
      tellProblem(tell, error);
    }
  }

  #load(): Promise<UsbPort> {
    this.#loading ??= import('../usb/port.ts').then(({ UsbPort: Port }) => {
      this.#port = new Port(this.#surroundings(), this.#stop.signal);
      return this.#port;
    });
    return this.#loading;
  }

  #surroundings(): Surroundings {
    const { layout, config, ledger, host, tell } = this.#context;
    return {
      layout,
      config,
      ledger,
      host,
      trust: () => this.#trust.read(),
      status: () => statusOf(this.#context, this.#trust),
      path: this.#machine.path,
      safeForMs: this.#show ? safeForMs : 0,
      shownForMs: outcomeShownForMs,
      looseForMs,
      show: (phase) => this.#show?.set(phase),
      tell,
    };
  }
}

function makeShow({ config, layout, tell }: Context): Show {
  const { usb, lamp, node } = config;
  const options = {
    root: layout.root,
    node: node.guid,
    led: lamp.name,
    patterns: patternsOf(lamp),
    command: usb.hook,
    port: usb.statusPort,
  };
  return new Show(options, (text) => tell({ level: 'warning', subject: 'usb', text }));
}

function blink([litMs, darkMs]: readonly [number, number]): Blink {
  return { litMs, darkMs };
}

function patternsOf({ stay, safe, running, done }: Config['lamp']): Partial<LampPatterns> {
  return {
    plugged: blink(stay),
    reading: blink(stay),
    safe: blink(safe),
    running: blink(running),
    done: blink(done),
  };
}

function statusOf({ ledger, layout, config, host }: Context, trust: CurrentTrust): Status {
  const seen = readStatus(ledger, layout, config, Date.parse(host.now()));
  const configProblem = configAtWork(layout).problem;
  return {
    ...seen,
    trustProblem: trustProblemOf(() => trust.read()),
    configProblem: configProblem && configProblem.message,
  };
}
