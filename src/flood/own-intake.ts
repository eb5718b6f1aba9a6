/**
 * A proxy's own logs need no neighbour: it takes them out of its own pool into its own store, proven and acknowledged like everybody's. So it does with what it
 * carried of others before it was a proxy.
 */
import type { Layout } from '../node/layout.ts';
import type { Proxy } from '../proxy/proxy.ts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { archivePath } from './pool/archive-name.ts';
import { listArchives } from './pool/scan.ts';

export class OwnIntake {
  readonly #proxy: Proxy;
  readonly #pool: string;
  /** GUID. */
  readonly #own: string;
  /** Taken, or refused, already: own ones stay until their acknowledgement is there. */
  readonly #seen = new Set<string>();

  constructor(proxy: Proxy, { relayLogs }: Pick<Layout, 'relayLogs'>, own: string) {
    this.#proxy = proxy;
    this.#pool = relayLogs;
    this.#own = own;
  }

  /**
   * Takes in what is new in the pool.
   *
   * @returns why something was not taken; told once
   * @throws FerrymanError as `Proxy.takeIn`
   */
  async take(): Promise<string[]> {
    const problems: string[] = [];
    const waiting = new Map<string, string>();
    for await (const { archive } of listArchives(this.#pool)) {
      const path = join(this.#pool, archivePath(archive));
      if (!this.#seen.has(path)) waiting.set(path, archive.origin);
    }
    if (waiting.size === 0) return problems;
    await this.#proxy.takeIn(
      [...waiting.keys()],
      { how: 'own', links: 'refuse' },
      ({ taken, unreadable }) => {
        for (const { path, outcome, error } of taken) {
          this.#seen.add(path);
          if (error) problems.push(error.message);
          // Of others nobody comes to remove it: what the store has, or would never take, is of no use here.
          if (waiting.get(path) !== this.#own && outcome !== 'refused') rmSync(path, { force: true });
        }
        problems.push(...unreadable.flatMap(({ error }) => error?.message ?? []));
      },
    );
    return problems;
  }
}
