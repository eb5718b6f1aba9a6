/**
 * Pauses before an update is tried again whose script could not be started: a full disk, a missing copy, a runner that
 * does not load. They grow, and are written into the ledger with the reason, so that everybody can see them; another start of
 * ferryman, a parcel that arrives or other keys end them, since something may have been mended.
 */
import { pauseSeconds, type PauseLimits } from '../plan/pause.ts';
import type { Context } from './context.ts';

const limits: PauseLimits = { firstSeconds: 60, maxSeconds: 3600 };

export class StartPauses {
  readonly #context: Context;
  /** How often an update could not be started, as far as this process has seen. */
  readonly #failures = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
    this.end();
  }

  begin(digest: string, reason: string): void {
    const { ledger, host } = this.#context;
    const failures = (this.#failures.get(digest) ?? 0) + 1;
    this.#failures.set(digest, failures);
    ledger.transaction(() => {
      ledger.updates.setState(digest, 'waiting', reason, host.now());
      const seconds = pauseSeconds(failures, limits);
      ledger.updates.setRetry(digest, host.bootId, host.uptimeSeconds() + seconds);
    });
  }

  /** All may be tried at once; the next pauses are as long as they would have been. */
  end(): void {
    this.#context.ledger.updates.endPauses();
  }

  /** The script has begun. */
  forget(digest: string): void {
    this.#failures.delete(digest);
  }
}
