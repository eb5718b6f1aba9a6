/** Who signs this node's archives: its identity key, and the line of its enrolment. */
import { readOwnNode } from '../enrol/own-node.ts';
import { enrolmentPlaces } from '../enrol/places.ts';
import { FerrymanError } from '../errors.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import type { NodeSigner } from '../parcel/pack.ts';

/** @throws FerrymanError `logs.not-enrolled`, `enrolment.*`, `key.*`, `source.missing` */
export async function loadSigner(layout: Layout, { guid }: Config['node']): Promise<NodeSigner> {
  const own = await readOwnNode(layout, guid);
  if (!own || own.role === 'office')
    throw new FerrymanError(
      'logs.not-enrolled',
      `${enrolmentPlaces(layout).enrolment}: expected the enrolment of a node that sends logs, found ${own ? 'that of an office' : 'none'}`,
    );
  return { key: own.identity, enrolment: own.line };
}
