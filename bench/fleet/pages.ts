/** Asks for every page, call and export of an office over a large fleet, and measures them: time, weight, and how long others wait meanwhile. */
import { median } from '../measure.ts';
import { OfficeServer } from './office-server.ts';
import { routes, type Route } from './routes.ts';

const rounds = 5;
/** Rounds in which others ask too. */
const crowdedRounds = 3;

export interface MeasuredRoute extends Route {
  /** Until the whole answer is there. */
  readonly medianMs: number;
  readonly worstMs: number;
  /** Until its first byte is there, median. */
  readonly firstMs: number;
  /** User and system time of the server for one answer. */
  readonly cpuMs: number;
  /** The longest that a request for a style sheet had to wait meanwhile. */
  readonly othersMs: number;
  /** As sent; of a page with its style and script, as a browser gets them that has been here never. */
  readonly sentBytes: number;
}

export interface MeasuredOffice {
  readonly routes: readonly MeasuredRoute[];
  readonly peakMib: number;
}

/** @param root an empty folder, or one with `var/lib/ferryman/fleet.sqlite` @param store as `fleet.store` */
export async function measureOffice(root: string, store: string, updates: number): Promise<MeasuredOffice> {
  const server = await OfficeServer.start(root, store);
  try {
    const measured: MeasuredRoute[] = [];
    for (const route of routes(updates)) measured.push(await measure(server, route));
    return { routes: measured, peakMib: server.peakMib };
  } finally {
    await server.stop();
  }
}

async function measure(server: OfficeServer, route: Route): Promise<MeasuredRoute> {
  const first = await server.ask(route.path); // once unmeasured
  const isRight = first.status === 200 || (route.path === '/login' && first.status === 303);
  if (!isRight) throw new Error(`${route.path}: expected an answer, found ${first.status}`);
  const [firsts, lasts]: [number[], number[]] = [[], []];
  const cpuBefore = server.cpuMs;
  for (let round = 0; round < rounds; round++) {
    const { firstMs, lastMs } = await server.ask(route.path);
    firsts.push(firstMs);
    lasts.push(lastMs);
  }
  const cpuMs = (server.cpuMs - cpuBefore) / rounds;
  return {
    ...route,
    medianMs: median(lasts),
    worstMs: Math.max(...lasts),
    firstMs: median(firsts),
    cpuMs,
    othersMs: await othersWait(server, route.path, first.body.toString()),
    sentBytes: first.body.length + (route.kind === 'page' ? await assetBytes(server, first.body) : 0),
  };
}

/** Somebody else asks for something small again and again while the answer is made. */
async function othersWait(server: OfficeServer, path: string, page: string): Promise<number> {
  const small = /"(\/assets\/[^"]+\.svg)"/.exec(page)?.[1] ?? '/assets/none';
  let longest = 0;
  for (let round = 0; round < crowdedRounds; round++) {
    const asked = { isDone: false };
    const answer = server.ask(path).finally(() => {
      asked.isDone = true;
    });
    while (!asked.isDone) longest = Math.max(longest, (await server.ask(small)).lastMs);
    await answer;
  }
  return longest;
}

async function assetBytes(server: OfficeServer, page: Buffer): Promise<number> {
  const paths = new Set(page.toString().match(/\/assets\/[^"]+/g));
  let bytes = 0;
  for (const path of paths) bytes += (await server.ask(path, true)).body.length;
  return bytes;
}
