/** What an acknowledgement says of this node's own archives: those that the proxy proves to hold go; anything odd is told, and nothing goes. */
import type { Ledger } from '../ledger/ledger.ts';
import { release } from '../logs/publish.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { chainOver } from '../parcel/chain.ts';
import type { Acknowledgement } from '../parcel/acknowledgement.ts';
import { judgeAck } from './decide/judge-ack.ts';

export interface OwnLogs {
  readonly layout: Layout;
  readonly node: Config['node'];
  readonly ledger: Ledger;
}

/** @returns why a person is needed; `undefined`: all is well, or nothing of this node is in it */
export function takeOwnAcknowledged(
  { layout, node, ledger }: OwnLogs,
  { proxy, origins }: Pick<Acknowledgement, 'proxy' | 'origins'>,
): string | undefined {
  const incarnation = ledger.fact('log-incarnation');
  const claim = origins.find((one) => one.origin === node.guid && one.incarnation === incarnation);
  if (incarnation === undefined || !claim) return undefined;
  const { logArchives } = ledger;
  const judgement = judgeAck(claim, {
    last: logArchives.lastSequence(),
    voids: logArchives.voids(),
    digestOf: (sequence) => logArchives.digests({ first: sequence, last: sequence })[0] ?? undefined,
    chain: chainOver,
  });
  if (judgement.kind === 'alarm') return `proxy ${proxy}: ${judgement.reason}`;
  release({ place: { layout, node, incarnation }, ledger }, judgement.covered);
  return undefined;
}
