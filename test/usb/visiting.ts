/** The USB port of a kiosk in the test's own process: keys come and go at a word, every visit leaves its mark in the real ledger. */
import { readdirSync, readlinkSync } from 'node:fs';
import { CurrentTrust } from '../../src/controller/current-trust.ts';
import type { VisitFileRow, VisitRow } from '../../src/ledger/rows.ts';
import { readStatus } from '../../src/status/facts.ts';
import { UsbPort } from '../../src/usb/port.ts';
import type { Phase } from '../../src/usb/show/phase.ts';
import type { Stick } from '../../src/usb/stick.ts';
import type { Surroundings } from '../../src/usb/surroundings.ts';
import { withNode, type InProcess } from '../controller/in-process.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { children, systemPath, usesOf } from './read/kit.ts';

export type SeenVisit = VisitRow & { readonly files: readonly VisitFileRow[] };

export class Visiting {
  readonly node: InProcess;
  readonly phases: Phase[] = [];
  readonly port: UsbPort;
  readonly #kiosk: Kiosk;
  readonly #stop = new AbortController();
  #insertions = 0;
  #onShow: (phase: Phase) => void = () => undefined;

  constructor(kiosk: Kiosk, node: InProcess, other: Partial<Surroundings> = {}) {
    this.#kiosk = kiosk;
    this.node = node;
    const { context } = node;
    const { layout, config, ledger, host, tell } = context;
    const trust = new CurrentTrust(context);
    this.port = new UsbPort(
      {
        layout,
        config,
        ledger,
        host,
        tell,
        trust: () => trust.read(),
        status: () => ({
          ...readStatus(ledger, layout, config, Date.now()),
          trustProblem: null,
          configProblem: null,
        }),
        path: systemPath,
        safeForMs: 0,
        shownForMs: 600_000,
        looseForMs: 60_000,
        show: (phase) => {
          this.phases.push(phase);
          this.#onShow(phase);
        },
        ...other,
      },
      this.#stop.signal,
    );
  }

  /** Puts a key in; returns at once. */
  plug(device: string, serial?: string): Stick {
    this.#insertions += 1;
    const stick = { device, serial, insertion: `${device} ${this.#insertions}`, sizeBytes: 1 };
    this.port.inserted(stick);
    return stick;
  }

  /** A key that stays in until nothing touches it any more, and is pulled then. */
  async visit(device: string, serial?: string): Promise<SeenVisit> {
    const stick = this.plug(device, serial);
    await this.port.settled();
    this.port.removed(stick);
    return this.lastVisit();
  }

  /** As {@link visit}; what it brought is applied while it is in, and told to it. */
  async visitAndApply(device: string, serial?: string): Promise<SeenVisit> {
    const stick = this.plug(device, serial);
    await this.port.settled();
    await this.node.pass();
    this.port.look();
    await this.port.settled();
    this.port.removed(stick);
    return this.lastVisit();
  }

  /** Settles in the moment in which a phase is shown whose text begins so: who looks now and then may miss it. Call it before that. */
  shown(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onShow = (phase) => {
        if (phase.text.startsWith(text)) resolve();
      };
    });
  }

  lastVisit(): SeenVisit {
    const { usb } = this.node.ledger;
    const [visit] = usb.lastVisits(1);
    if (!visit) throw new Error('expected a visit in the ledger, found none');
    return { ...visit, files: usb.files(visit.id) };
  }

  get lastPhase(): Phase | undefined {
    return this.phases.at(-1);
  }

  stop(): void {
    this.#stop.abort(new Error('the test stops the port'));
  }

  /** What a visit has left behind, as text: copies that were cut off, processes, mounts, loop devices, open visits. */
  leftOf(...devices: string[]): string[] {
    return [
      ...partsIn(this.#kiosk),
      ...children().map(({ name }) => `process ${name}`),
      ...devices.flatMap(usesOf),
      ...this.node.ledger.usb
        .lastVisits(1000)
        .flatMap(({ id, endedAt }) => (endedAt === null ? [`open visit ${id}`] : [])),
    ];
  }
}

export async function visiting<Result>(
  kiosk: Kiosk,
  work: (visiting: Visiting) => Promise<Result>,
  other: Partial<Surroundings> = {},
): Promise<Result> {
  return withNode(kiosk, async (node) => {
    const port = new Visiting(kiosk, node, other);
    try {
      return await work(port);
    } finally {
      port.stop();
      await port.port.settled();
    }
  });
}

/** Everything in the inbox that is no whole parcel. */
export function partsIn({ layout }: Kiosk): string[] {
  return readdirSync(layout.inbox).filter((name) => !name.endsWith('.parcel'));
}

/** What a process has open below a folder. */
export function openBelow(pid: number, folder: string): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}
