/** An acknowledgement: what a proxy holds of this node's logs goes here, and neighbours may have it. */
import { readKeptRoster } from '../../enrol/kept-roster.ts';
import { keepAck, proveAck, type ProvenAck } from '../../flood/pool/ack-shelf.ts';
import { takeOwnAcknowledged } from '../../flood/own-acknowledged.ts';
import type { Notice } from '../../ledger/notices.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import type { HashedFile } from '../../store/verified-file.ts';
import { verifySigner } from '../../verify/enrolled.ts';
import type { Trust } from '../../verify/trust.ts';
import type { Context } from '../context.ts';
import { kindOf } from './take-notice.ts';

const words = {
  newer: 'the newest of this proxy',
  same: 'here already',
  older: 'a newer one is here',
  conflict: 'from another store of the proxy under the same enrolment: enrol it anew',
} as const;

/** @returns `undefined`: it is none. @throws FerrymanError as `proveAck` */
export async function takeAck(context: Context, trust: Trust, file: HashedFile): Promise<Notice | undefined> {
  const { layout, ledger } = context;
  const nodeTrust = { trust, revoked: readKeptRoster(layout)?.revoked ?? [] };
  const { digest, framing, source } = file;
  verifySigner({ digest, blocks: parseComment(framing.comment) }, nodeTrust);
  if ((await kindOf(file)) !== 'ack') return undefined;
  const bytes = source.read(0, source.size);
  const ack = await proveAck(bytes, nodeTrust);
  const standing = keepAck(layout.relayAcks, ledger, ack, bytes);
  const isOfUse = standing === 'newer' || standing === 'same'; // the same once more: a power cut may have come between
  const alarm = isOfUse ? heed(context, ack) : undefined;
  return {
    digest,
    title: `acknowledgement ${ack.number} of proxy ${ack.proxy}`,
    isTaken: standing !== 'conflict' && alarm === undefined,
    outcome: alarm ?? words[standing],
  };
}

/** A proxy heeds its own, when its part of the daemon sees them on the shelf. @returns why a person is needed */
function heed({ layout, config: { node }, ledger }: Context, ack: ProvenAck): string | undefined {
  return node.role === 'proxy' ? undefined : takeOwnAcknowledged({ layout, node, ledger }, ack);
}
