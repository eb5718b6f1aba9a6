/**
 * Drives one lamp of the box through the kernel's LED class: `trigger`, `brightness`, and with the trigger `timer` `delay_on` and
 * `delay_off` (Documentation/leds/leds-class.rst). What blinks evenly is left to the kernel where it offers that trigger, so that it
 * goes on whatever the daemon does; all else is stepped here. A lamp that cannot be driven is told once and stops nothing.
 */
import { constants } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '../../errors.ts';
import { lampSteps, type LampPatterns, type LampStep } from './lamp.ts';
import type { Phase } from './phase.ts';

export interface LedSettings {
  /** As a folder under /sys/class/leds is called; empty: no lamp. */
  readonly name: string;
  readonly patterns: LampPatterns;
}

/** How the lamp was before a key came. */
interface Former {
  readonly trigger: string;
  readonly brightness: string;
  /** Of a lamp that blinked already: delay_on and delay_off. */
  readonly delays: readonly string[];
}

export class Led {
  readonly #name: string;
  readonly #folder: string;
  readonly #patterns: LampPatterns;
  readonly #tell: (problem: string) => void;
  #wanted: readonly LampStep[] | undefined;
  #former: Former | undefined;
  /** Aborted when something else is wanted. */
  #turn = new AbortController();
  /** Settles when the lamp shows what is wanted and needs no more steps. */
  #lane: Promise<void> | undefined;
  #told = false;

  /** @param root what /sys stands under */
  constructor({ name, patterns }: LedSettings, root: string, tell: (problem: string) => void) {
    this.#name = name;
    this.#folder = join(root, 'sys/class/leds', name);
    this.#patterns = patterns;
    this.#tell = tell;
  }

  /** Returns at once. */
  set(phase: Phase): void {
    this.#want(lampSteps(this.#patterns, phase));
  }

  /** Leaves the lamp as it was before a key came. */
  async close(): Promise<void> {
    if (this.#former !== undefined || this.#lane !== undefined) this.#want([]);
    await this.#lane;
  }

  #want(steps: readonly LampStep[]): void {
    if (this.#name === '' || JSON.stringify(steps) === JSON.stringify(this.#wanted)) return;
    this.#wanted = steps;
    this.#turn.abort();
    this.#lane ??= this.#work();
  }

  async #work(): Promise<void> {
    let shown: readonly LampStep[] | undefined;
    while (this.#wanted !== undefined && this.#wanted !== shown) {
      shown = this.#wanted;
      this.#turn = new AbortController();
      try {
        await this.#show(shown, this.#turn.signal);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        if (!this.#told) this.#tell(`lamp ${this.#name}: ${error.message}`);
        this.#told = true;
      }
    }
    this.#lane = undefined; // in the same breath as the last look at what is wanted: nothing can come in between
  }

  /** Settles when the lamp needs nothing more, or something else is wanted. */
  async #show(steps: readonly LampStep[], signal: AbortSignal): Promise<void> {
    const former = this.#former ?? (await this.#look());
    const [lit, dark] = steps;
    if (!lit || !dark) return this.#rest(former);
    this.#former = former;
    const full = await this.#read('max_brightness');
    const canBlink = /\btimer\b/.test(await this.#read('trigger'));
    await this.#write('trigger', 'none');
    await this.#write('brightness', full); // the kernel blinks as bright as the lamp was
    if (canBlink && steps.length === 2 && (await this.#blinks(lit.ms, dark.ms))) return undefined;
    return this.#step(steps, full, signal);
  }

  /** @returns false when the kernel refuses after all, and the lamp waits to be stepped */
  async #blinks(litMs: number, darkMs: number): Promise<boolean> {
    try {
      await this.#write('trigger', 'timer');
      await this.#write('delay_on', String(litMs));
      await this.#write('delay_off', String(darkMs));
      return true;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      await this.#write('trigger', 'none');
      return false;
    }
  }

  async #step(steps: readonly LampStep[], full: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const { lit, ms } of steps) {
        if (signal.aborted) return;
        await this.#write('brightness', lit ? full : '0');
        await sleep(ms, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #rest(former: Former): Promise<void> {
    const isDriven = this.#former !== undefined;
    this.#former = undefined; // one try: a lamp that is gone needs no second one
    if (this.#isOurs(former.delays)) await this.#forget();
    else if (isDriven) await this.#restore(former);
  }

  async #look(): Promise<Former> {
    const trigger = /\[([^\]]+)\]/.exec(await this.#read('trigger'))?.[1] ?? 'none';
    const brightness = await this.#read('brightness');
    const delays = trigger === 'timer' ? [await this.#read('delay_on'), await this.#read('delay_off')] : [];
    return { trigger, brightness, delays };
  }

  async #restore({ trigger, brightness, delays }: Former): Promise<void> {
    await this.#write('trigger', 'none'); // under another trigger a brightness of 0 would take it away again
    await this.#write('brightness', brightness);
    if (trigger !== 'none') await this.#write('trigger', trigger);
    if (delays[0] === undefined || delays[1] === undefined) return;
    await this.#write('delay_on', delays[0]);
    await this.#write('delay_off', delays[1]);
  }

  /** True for what a daemon that was killed has left: how the lamp was before, only that one knew. */
  #isOurs(delays: readonly string[]): boolean {
    return Object.values(this.#patterns).some(
      (pattern) =>
        pattern !== 'as-it-was' &&
        'litMs' in pattern &&
        delays.join() === [pattern.litMs, pattern.darkMs].join(),
    );
  }

  /** Back to what the device tree says, where the kernel can do that; else dark. */
  async #forget(): Promise<void> {
    try {
      await this.#write('trigger', 'default');
    } catch (error) {
      if (!isSystemError(error, 'EINVAL')) throw error;
      await this.#write('trigger', 'none');
      await this.#write('brightness', '0');
    }
  }

  async #read(name: string): Promise<string> {
    return (await readFile(join(this.#folder, name), 'utf8')).trim();
  }

  /** Never makes a file: what is not there is an error to be told. */
  async #write(name: string, value: string): Promise<void> {
    await writeFile(join(this.#folder, name), value, { flag: constants.O_WRONLY | constants.O_TRUNC });
  }
}
