import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { flag, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { errorTable, FerrymanError } from '../errors.ts';
import { FleetFeed, handTo } from '../fleet/ingest/fleet-feed.ts';
import { loadConfig } from '../node/config.ts';
import { printable } from '../parcel/printable.ts';
import { beliefsOfFiles, openNodeProxy } from '../proxy/node-proxy.ts';
import type { Proxy, Work } from '../proxy/proxy.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const beliefs = await beliefsOfFiles(layout, config);
  const feed = new FleetFeed({
    config: { ...config.fleet, file: layout.fleetFile },
    closed: () => beliefs.closed,
    nowMs: () => Date.now(),
    tell: (text) => io.err(`${printable(text)}\n`),
  });
  const proxy = await openNodeProxy(layout, config, beliefs, handTo(feed, config.node.guid));
  try {
    const work: Work[] = [];
    const paths = input.args.flatMap((path) => [...filesIn(path)]);
    await proxy.takeIn(paths, { how: 'hand', links: 'follow' }, (some) => work.push(some));
    const problem = (await acknowledge(proxy)) ?? proxy.feedProblem;
    tell(work, problem, input, io);
    if (problem) return problem.exit;
    const refused = work.some(({ taken }) =>
      taken.some(({ outcome }) => outcome === 'refused' || outcome === 'fork'),
    );
    return refused ? errorTable['archive.fork'].exit : 0;
  } finally {
    proxy.close();
    await feed.close();
  }
}

/** The archives below a folder, by name; a file as it is. */
function* filesIn(path: string): Generator<string> {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).toSorted()) {
    const below = join(path, name);
    const stat = lstatSync(below, { throwIfNoEntry: false });
    if (stat?.isDirectory()) yield* filesIn(below);
    else if (stat?.isFile() && name.endsWith('.zip') && !name.startsWith('.')) yield below;
  }
}

/** What is stored stays stored, whether or not it can be acknowledged. */
async function acknowledge(proxy: Proxy): Promise<FerrymanError | undefined> {
  try {
    await proxy.acknowledge('now');
    return undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return error;
    throw error;
  }
}

function tell(work: readonly Work[], problem: FerrymanError | undefined, input: Input, io: Io): void {
  const taken = work.flatMap((some) => some.taken);
  const unreadable = work.flatMap((some) => some.unreadable);
  if (flag(input, 'json')) {
    json(io, {
      schema: 'ferryman.proxy-take/1',
      files: taken.map(({ error, name, digest, ...one }) => ({
        ...one,
        name: name ?? null,
        digest: digest ?? null,
        code: error?.code ?? null,
        reason: error?.message ?? null,
      })),
      unreadable: unreadable.map(({ archive: { origin, incarnation, sequence }, error }) => ({
        name: `${origin}/${incarnation}/${sequence}`,
        reason: error?.message ?? null,
      })),
      acknowledged: problem === undefined,
      problem: problem ? { code: problem.code, message: problem.message } : null,
    });
    return;
  }
  const count = (outcome: string): number => taken.filter((one) => one.outcome === outcome).length;
  io.out(
    `${counted(count('stored'), 'archive')} stored, ${count('known')} here already, ${count('fork')} forked, ${count('refused')} refused\n`,
  );
  for (const { error } of [...taken, ...unreadable])
    if (error) io.err(`${printable(error.message)} [${error.code}]\n`);
  if (problem) io.err(`${problem.message} [${problem.code}]\n  hint: ${problem.hint}\n`);
}
