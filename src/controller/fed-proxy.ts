/** The proxy in the daemon, with the fleet store that it feeds: a store that is away is told of once, and caught up with when it is back. */
import { FleetFeed, handTo } from '../fleet/ingest/fleet-feed.ts';
import type { Beliefs } from '../flood/beliefs.ts';
import { openNodeProxy, type ProxyBeliefs } from '../proxy/node-proxy.ts';
import type { Proxy } from '../proxy/proxy.ts';
import type { Context } from './context.ts';
import { EnteringLater } from './entering-later.ts';

export interface FedProxy {
  readonly proxy: Proxy;
  /** To be called now and then: does what was put off, without being waited for, and tells what stands in the way. */
  catchUp(): void;
  close(): Promise<void>;
}

/** @param toldOfStore what is wrong with archives */
export async function openFedProxy(
  { layout, config, tell }: Context,
  beliefs: Pick<Beliefs, 'closed'>,
  toldOfStore: (problems: readonly string[]) => void,
  proxyBeliefs: ProxyBeliefs,
): Promise<FedProxy> {
  const feed = new FleetFeed({
    config: { ...config.fleet, file: layout.fleetFile },
    closed: () => [...beliefs.closed].map(incarnationOf),
    nowMs: () => Date.now(),
    tell: (text) => tell({ level: 'warning', subject: 'fleet store', text }),
  });
  const hands = handTo(feed, config.node.guid);
  const proxy = await openNodeProxy(layout, config, proxyBeliefs, hands);
  const entering = new EnteringLater({ feed, hands, layout, proxy: config.node.guid, tell });
  let told: string | undefined;
  let catching = Promise.resolve();
  let isCatching = false;
  const tellOnce = (): void => {
    const problem = proxy.feedProblem;
    if (problem && told === undefined)
      tell({
        level: 'error',
        subject: 'fleet store',
        text: `${problem.message} [${problem.code}]\nhint: ${problem.hint}`,
      });
    if (!problem && told !== undefined)
      tell({ level: 'info', subject: 'fleet store', text: 'it answers again, and has what came meanwhile' });
    told = problem?.code;
  };
  return {
    proxy,
    catchUp: () => {
      tellOnce();
      if (proxy.feedProblem === undefined) entering.begin();
      if (isCatching || proxy.feedDueInMs !== 0) return;
      isCatching = true;
      catching = proxy
        .finish()
        .then((unreadable) => toldOfStore(unreadable.flatMap(({ error }) => error?.message ?? [])))
        .catch((error: unknown) => toldOfStore([error instanceof Error ? error.message : String(error)]))
        .finally(() => {
          isCatching = false;
          tellOnce();
        });
    },
    close: async () => {
      await catching;
      await entering.close();
      proxy.close();
      await feed.close();
    },
  };
}

function incarnationOf(name: string): { origin: string; incarnation: string } {
  const [origin = '', incarnation = ''] = name.split('/');
  return { origin, incarnation };
}
