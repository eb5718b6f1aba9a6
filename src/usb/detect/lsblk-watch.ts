/** Asks lsblk again and again: one at a time, also when one hangs for ever; troubles are told of once. */
import type { Answer } from './ask-program.ts';
import { askLsblk, readLsblk, type BlockDevice, type LsblkSettings } from './lsblk.ts';
import type { Tell } from './tell.ts';

export class LsblkWatch {
  readonly #settings: LsblkSettings;
  readonly #tell: Tell;
  #running: Answer | undefined;
  #isTroubled = false;

  constructor(settings: LsblkSettings, tell: Tell) {
    this.#settings = settings;
    this.#tell = tell;
  }

  /** The devices that are there; `undefined` when lsblk cannot tell. Never throws, and ends within the time limit. */
  async ask(): Promise<readonly BlockDevice[] | undefined> {
    if (this.#running) return undefined; // it hangs, which has been told
    const answer = askLsblk(this.#settings);
    this.#running = answer;
    void this.#forgetWhenGone(answer);
    const said = await answer.said;
    const devices = said instanceof Error ? undefined : readLsblk(said);
    this.#judge(devices ? undefined : said);
    return devices;
  }

  stop(): void {
    this.#running?.stop();
  }

  async #forgetWhenGone(answer: Answer): Promise<void> {
    await answer.gone;
    this.#running = undefined;
  }

  #judge(trouble: string | Error | undefined): void {
    if (trouble !== undefined && !this.#isTroubled) {
      const why =
        trouble instanceof Error ? trouble.message : `no list of devices in "${trouble.slice(0, 80)}"`;
      this.#tell('warning', `lsblk cannot tell which sticks are there, it is asked again: ${why}`);
    }
    if (trouble === undefined && this.#isTroubled)
      this.#tell('info', 'lsblk tells again which sticks are there');
    this.#isTroubled = trouble !== undefined;
  }
}
