/** The forced command behind every neighbour's certificate. */
import { existsSync } from 'node:fs';
import { text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { askedFor } from '../endpoint/asked.ts';
import { offerFor } from '../endpoint/offer.ts';
import { endpointFolder } from '../endpoint/own-folder.ts';
import { FerrymanError } from '../errors.ts';
import { configAtWork } from '../node/config.ts';
import { isGuid, isRole, roles } from '../parcel/recipients.ts';
import { layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const peer = text(input, 'peer') ?? '';
  const role = text(input, 'role') ?? '';
  if (peer !== 'shared' && !isGuid(peer))
    throw usageError(`--peer: expected a GUID or "shared", found "${peer}"`);
  if (!isRole(role)) throw usageError(`--role: expected one of ${roles.join(', ')}`);
  const own = endpointFolder(layout);
  const command = io.env['SSH_ORIGINAL_COMMAND'];
  const asked = askedFor(command);
  if (asked.verb === 'refused') {
    const { tellRefusal } = await import('../endpoint/refused.ts');
    tellRefusal(own, { at: new Date().toISOString(), peer, why: asked.why, command: command ?? '' });
    throw new FerrymanError('endpoint.refused', `expected "summary" or "pull", found ${asked.why}`);
  }
  const { node } = configAtWork(layout).config;
  const offer = offerFor(layout, node.role, role);
  // It was of another role until now: what it holds for a proxy alone may stand here until its daemon has moved it.
  if (node.role === 'gateway' && role !== 'proxy' && existsSync(layout.relayLogs))
    throw new FerrymanError('endpoint.moving', `${layout.relayLogs}: expected no logs here, found some`);
  if (asked.verb === 'pull') {
    const { servePull } = await import('../endpoint/serve-pull.ts');
    return servePull(offer, asked.rsync, own);
  }
  const { packSummary } = await import('../endpoint/print-summary.ts');
  io.out(await packSummary(offer, { node: node.guid, role: node.role }));
  return 0;
}
