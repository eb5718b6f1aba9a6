/** What the commands about the fleet and its office share: the store, and how its facts are printed. */
import { flag, text, type Input } from '../command-line/command.ts';
import { lineWidth } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { usageError } from '../command-line/values.ts';
import { asJson } from '../fleet/as-json.ts';
import type { FleetChanges, FleetQuestions } from '../fleet/facts/questions.ts';
import { parsePage, type Page } from '../fleet/node-query.ts';
import { fleetChanges } from '../fleet/questions/changes.ts';
import { fleetQuestions } from '../fleet/questions/fleet-questions.ts';
import { openFleetStore, openFleetStoreThatIs, type FleetStore } from '../fleet/store/open-store.ts';
import { loadConfig } from '../node/config.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { json, layoutOf } from './options.ts';
import type { FleetLook } from './fleet-words.ts';

export interface FleetDesk {
  readonly config: Config;
  readonly layout: Layout;
  readonly store: FleetStore;
  readonly ask: FleetQuestions;
  readonly change: FleetChanges;
  readonly nowMs: number;
}

/** Opens the fleet store that is there for `work`, and closes it. @throws FerrymanError as `loadConfig` and `openFleetStoreThatIs` */
export function atFleet<Result>(
  input: Input,
  io: Io,
  work: (desk: FleetDesk) => Promise<Result>,
): Promise<Result> {
  return withStore(input, io, { open: openFleetStoreThatIs, work });
}

/** The same for what fills it: one that is not there is made. @throws FerrymanError as `loadConfig` and `openFleetStore` */
export function atFleetOrNew<Result>(
  input: Input,
  io: Io,
  work: (desk: FleetDesk) => Promise<Result>,
): Promise<Result> {
  return withStore(input, io, { open: openFleetStore, work });
}

async function withStore<Result>(
  input: Input,
  io: Io,
  { open, work }: { open: typeof openFleetStore; work: (desk: FleetDesk) => Promise<Result> },
): Promise<Result> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const store = await open({ store: config.fleet.store, file: layout.fleetFile });
  try {
    const ask = fleetQuestions(store);
    return await work({ config, layout, store, ask, change: fleetChanges(store), nowMs: Date.now() });
  } finally {
    await store.close();
  }
}

/** Three ways to print the same facts. */
export interface Printed<Facts> {
  readonly schema: string;
  readonly facts: Facts;
  text(facts: Facts, look: FleetLook): string;
  /** Where there are rows. */
  csv?(facts: Facts): string;
}

/** As `--json` or `--csv` say, else in words. @throws FerrymanError `usage.invalid`: both */
export function print<Facts extends object>(input: Input, io: Io, printed: Printed<Facts>): void {
  const { schema, facts } = printed;
  if (flag(input, 'json') && flag(input, 'csv')) throw usageError('expected --json or --csv, found both');
  if (flag(input, 'json')) json(io, { schema, ...asJson(facts) });
  else if (flag(input, 'csv') && printed.csv) io.out(printed.csv(facts));
  else io.out(printed.text(facts, { columns: lineWidth(io), paint: painter(io), nowMs: Date.now() }));
}

/** @throws FerrymanError `usage.invalid` */
export function pageOf(input: Input): Page {
  return parsePage(text(input, 'page'), text(input, 'size'));
}
