/** The same tests on SQLite and on a real PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { openFleetStore, type FleetStore, type FleetStoreConfig } from '../../src/fleet/store/open-store.ts';
import type { Dialect } from '../../src/fleet/store/table-maker.ts';
import { Postgres } from '../kit/postgres.ts';

export interface Stores {
  readonly dialect: Dialect;
  /** Where a new, empty store is; opened by nobody. */
  place(): Promise<FleetStoreConfig>;
  /** A new store, or another opening of one; closed after the test. */
  open(place?: FleetStoreConfig): Promise<FleetStore>;
}

export function onBothStores(define: (stores: Stores) => void): void {
  for (const dialect of ['sqlite', 'postgres'] as const)
    describe(`on ${dialect}`, () => {
      let server: Postgres | undefined;
      let folder = '';
      let count = 0;
      const opened: FleetStore[] = [];
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'ferryman-fleet-'));
        if (dialect === 'postgres') server = await Postgres.start();
      });
      afterEach(async () => {
        await Promise.all(opened.splice(0).map((store) => store.close()));
      });
      afterAll(async () => {
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
      });
      const place = async (): Promise<FleetStoreConfig> => ({
        store: server ? await server.database() : 'sqlite',
        file: join(folder, `fleet-${(count += 1)}.sqlite`),
      });
      define({
        dialect,
        place,
        async open(at) {
          const store = await openFleetStore(at ?? (await place()));
          opened.push(store);
          return store;
        },
      });
    });
}
