/** Who acknowledges: this node, enrolled as a proxy. And what stands in its name already. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnNode } from '../enrol/own-node.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { openAck } from '../parcel/acknowledgement.ts';
import { bufferSource } from '../parcel/buffer-source.ts';
import { parseEnrolmentLine } from '../parcel/enrolment.ts';
import { hashParcel } from '../parcel/framing.ts';
import type { NodeSigner } from '../parcel/pack.ts';
import { parseComment } from '../parcel/signature-block.ts';
import type { OwnAck } from './epoch.ts';
import type { ProxyPlaces } from './places.ts';

export interface ProxySigner extends NodeSigner {
  readonly guid: string;
  /** Of the enrolment. */
  readonly serial: number;
}

/** `undefined`: the office has not made this node a proxy. */
export function signerOf({ node, role, serial, line, identity }: OwnNode): ProxySigner | undefined {
  return role === 'proxy' ? { guid: node, serial, enrolment: line, key: identity } : undefined;
}

/** The acknowledgements in the name of this proxy that lie in its own offer; what cannot be read is written anew anyway. */
export async function readOwnAcks({ acks }: ProxyPlaces, guid: string): Promise<OwnAck[]> {
  const found: OwnAck[] = [];
  for (const name of listAcks(acks, guid)) {
    try {
      found.push(await readOwnAck(readFileSync(join(acks, name)), guid));
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
    }
  }
  return found;
}

async function readOwnAck(bytes: Buffer, guid: string): Promise<OwnAck> {
  const { framing } = hashParcel(bytes);
  const [block] = parseComment(framing.comment);
  const { serial } = parseEnrolmentLine(block?.trustedComment ?? '').enrolment;
  const { epoch, number } = await openAck(bufferSource(bytes), framing.eocdOffset, guid);
  return { epoch, number, serial };
}

function listAcks(folder: string, guid: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(`${guid}.`) && name.endsWith('.zip'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
