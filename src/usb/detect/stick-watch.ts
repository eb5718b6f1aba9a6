/**
 * Notices sticks. Events of the back ends are only hints that cause a look; a look at lsblk and the slots is the truth.
 *
 * Two looks never run at once, and never without a pause between them. After a hint they follow each other for a while, because
 * the event of a USB device comes before its disk and partition exist.
 */
import { existsSync } from 'node:fs';
import { readBootId } from '../../host/process-identity.ts';
import type { Stick } from '../stick.ts';
import { backEnd, type BackEndName, type BackEndPrograms } from './back-ends.ts';
import { glance } from './glance.ts';
import { presentSticks, type PresentStick } from './look.ts';
import { LsblkWatch } from './lsblk-watch.ts';
import { Pace, usualPaces, type Paces } from './pace.ts';
import { ImageSlots, occupancy } from './slots.ts';
import { restartPauses, Supervised, type RestartPauses } from './supervised.ts';
import { StickTally } from './tally.ts';
import type { Tell } from './tell.ts';

export interface StickWatchOptions {
  /** lsblk is asked in any case: rarely while one of these listens or /sys tells of changes, often otherwise. */
  readonly backEnds: readonly BackEndName[];
  /** Block devices or image files that count as a stick whenever something is there. An image is to appear whole, by renaming. */
  readonly slots: readonly string[];
  /** Names on the PATH or paths; {@link BackEndPrograms.usbEvents} depends on how ferryman is installed. */
  readonly programs: Pick<BackEndPrograms, 'usbEvents'> &
    Partial<BackEndPrograms & { readonly lsblk: string }>;
  /** The whole environment of these programs. */
  readonly environment: Readonly<Record<string, string>>;
  /** What stands for /sys and /run/udev/control; only a test has others, or other times. */
  readonly sysFolder?: string;
  readonly udevSocket?: string;
  readonly paces?: Partial<Paces>;
  readonly pauses?: RestartPauses;
}

export interface StickListener {
  /** Once for each insertion, also for what is there at the start. */
  inserted(stick: Stick): void;
  /** Once for each {@link inserted}, unless the watch is closed before. */
  removed(stick: Stick): void;
  readonly tell: Tell;
}

export class StickWatch {
  readonly #options: StickWatchOptions;
  readonly #listener: StickListener;
  readonly #paces: Paces;
  readonly #pace: Pace;
  readonly #tally: StickTally;
  readonly #images: ImageSlots;
  readonly #lsblk: LsblkWatch;
  readonly #backEnds: readonly Supervised[];
  readonly #bootId = readBootId();
  /** On block devices, by the last look that lsblk answered. */
  #onDevices: readonly PresentStick[] = [];
  #looking: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isHinted = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #glanceTimer: NodeJS.Timeout | undefined;
  /** Glances tell when lsblk has to be asked. */
  #isGlancing = false;

  constructor(options: StickWatchOptions, listener: StickListener) {
    this.#options = options;
    this.#listener = listener;
    this.#paces = { ...usualPaces, ...options.paces };
    this.#pace = new Pace(this.#paces);
    this.#tally = new StickTally(this.#paces.settleMs);
    this.#images = new ImageSlots(options.slots);
    const { environment, programs } = options;
    const lsblk = { program: programs.lsblk ?? 'lsblk', environment, timeoutMs: this.#paces.lsblkMs };
    this.#lsblk = new LsblkWatch(lsblk, (...said) => this.#say(...said));
    this.#backEnds = [...new Set(options.backEnds)].map((name) => this.#supervised(name));
  }

  /** What is plugged in, as told to the listener. */
  get sticks(): readonly Stick[] {
    return this.#tally.sticks;
  }

  /** Begins to watch; what is there already is told of soon. */
  start(): void {
    for (const each of this.#backEnds) each.start();
    this.#watchAlone();
    this.#hint();
  }

  /** Settles when a look that has begun after this call has been told of. Never throws but what the listener does. */
  async lookNow(): Promise<void> {
    await this.#looking;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#schedule();
    });
    await this.#looking;
  }

  /** Ends all programs and timers; nothing is told afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#glanceTimer);
    this.#lsblk.stop();
    await Promise.all([...this.#backEnds.map((each) => each.close()), this.#looking]);
  }

  #supervised(name: BackEndName): Supervised {
    const { programs, environment, slots, pauses = restartPauses } = this.#options;
    const all = {
      usbEvents: programs.usbEvents,
      udevadm: programs.udevadm ?? 'udevadm',
      setpriv: programs.setpriv ?? 'setpriv',
    };
    return new Supervised(
      { backEnd: backEnd(name, all, slots.length > 0), environment, pauses },
      { hint: () => this.#hint(), turned: () => this.#schedule(), tell: (...said) => this.#say(...said) },
    );
  }

  /** What changes without anybody telling: a machine without udevd has no events. */
  #watchAlone(): void {
    let before = this.#glance();
    this.#glanceTimer = setInterval(() => {
      const after = this.#glance();
      if (after !== before || this.#images.haveChanged) this.#hint();
      before = after;
    }, this.#paces.glanceMs);
  }

  #glance(): string {
    const { slots, sysFolder = '/sys' } = this.#options;
    const devices = glance(sysFolder, slots.length > 0);
    this.#isGlancing = devices !== undefined;
    return `${devices} ${occupancy(slots)}`;
  }

  #hint(): void {
    this.#pace.hinted(performance.now());
    this.#isHinted = true;
    this.#schedule();
  }

  /** Sets the time of the next look; called again whenever that may have changed. */
  #schedule(): void {
    if (this.#isClosed || this.#looking) return; // a look sets the time when it ends
    clearTimeout(this.#timer);
    const now = performance.now();
    const pauseMs = this.#isHinted ? 0 : this.#pace.pauseMs(now, this.#isAlone(), this.#tally.isWaiting);
    const dueAt = this.#lookedAt + Math.max(pauseMs, this.#paces.leastMs);
    this.#timer = setTimeout(() => void this.lookNow(), Math.max(0, dueAt - now));
  }

  /** Both back ends hear only what udevd says: without it they listen in vain. */
  #isAlone(): boolean {
    if (this.#isGlancing) return false;
    const { udevSocket = '/run/udev/control' } = this.#options;
    return !this.#backEnds.some(({ isUp }) => isUp) || !existsSync(udevSocket);
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#isHinted = false; // a hint from here on causes another look
    const devices = await this.#lsblk.ask();
    this.#lookedAt = performance.now();
    if (this.#isClosed) return;
    if (devices) this.#onDevices = presentSticks(devices, this.#where());
    const images = this.#images.look().map((stick) => ({ stick, isSettled: true }));
    this.#tell([...this.#onDevices, ...images]);
  }

  #say(...said: Parameters<Tell>): void {
    if (!this.#isClosed) this.#listener.tell(...said);
  }

  #where() {
    const { slots, sysFolder = '/sys' } = this.#options;
    return { slots, sysFolder, bootId: this.#bootId };
  }

  #tell(present: readonly PresentStick[]): void {
    const { removed, inserted } = this.#tally.update(present, this.#lookedAt);
    if (inserted.length > 0) this.#pace.found();
    for (const stick of removed) this.#listener.removed(stick);
    for (const stick of inserted) this.#listener.inserted(stick);
  }
}
