/** Looks at a channel and copies what is new into the inbox. A bad channel or file does not stop the others. */
import type { Arrival, Channel } from '../channels/channel.ts';
import { FerrymanError } from '../errors.ts';
import { receiveFile, type ReceivedFile } from '../inbox/inbox.ts';
import type { Context } from './context.ts';

export function scanChannel({ host, tell }: Context, channel: Channel): Arrival[] {
  try {
    return channel.scan(host.uptimeSeconds());
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    tell({ level: 'warning', subject: `channel ${channel.name}`, text: `${error.message} [${error.code}]` });
    return [];
  }
}

/** @returns `undefined` when the file cannot be received; the channel offers it again unless it is bad for good */
export async function receiveArrival(
  { layout, host, tell }: Context,
  channel: Channel,
  arrival: Arrival,
): Promise<ReceivedFile | undefined> {
  try {
    return await receiveFile(layout.inbox, channel.name, arrival.path, 'refuse');
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    if (error.verdict === 'reject') channel.refused(arrival, error, host.uptimeSeconds());
    tell({ level: 'warning', subject: arrival.path, text: `not received: ${error.message} [${error.code}]` });
    return undefined;
  }
}
