/** The office keys and the threshold as they are at each look: keys that are taken away start nothing more. */
import { FerrymanError } from '../errors.ts';
import { loadConfig } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import type { Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';

export class CurrentTrust {
  readonly #context: Pick<Context, 'layout' | 'tell'>;
  #lastThreshold: number;
  /** Told already. */
  #configProblem = '';

  constructor(context: Pick<Context, 'layout' | 'tell' | 'config'>) {
    this.#context = context;
    this.#lastThreshold = context.config.trust.threshold;
  }

  /** @throws FerrymanError `trust.*` */
  read(): Trust {
    return loadTrust(this.#context.layout, this.#threshold());
  }

  /**
   * As it is now. While the configuration is not in order, as it was: the next update may be what mends it. Keys that are taken away count
   * all the same.
   */
  #threshold(): number {
    const { layout, tell } = this.#context;
    try {
      this.#lastThreshold = loadConfig(layout).trust.threshold;
      this.#configProblem = '';
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      if (error.message !== this.#configProblem)
        tell({
          level: 'error',
          subject: 'configuration',
          text: `${error.message} [${error.code}]\nthe last one in order counts on`,
        });
      this.#configProblem = error.message;
    }
    return this.#lastThreshold;
  }
}
