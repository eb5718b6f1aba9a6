/** Looks at every channel and copies what is new into the inbox. A bad channel or file does not stop the others. */
import type { Arrival, Channel } from '../channels/channel.ts';
import { FerrymanError } from '../errors.ts';
import { receiveFile, type InboxFile } from '../inbox/inbox.ts';
import type { Context } from './context.ts';

/** A file in the inbox together with the channel that still holds its source. */
export interface Collected {
  readonly file: InboxFile;
  readonly channel: Channel;
  readonly arrival: Arrival;
}

export async function collect(
  { layout, host, tell }: Context,
  channels: readonly Channel[],
): Promise<Collected[]> {
  const collected: Collected[] = [];
  for (const channel of channels) {
    for (const arrival of scan(channel)) {
      try {
        collected.push({
          file: await receiveFile(layout.inbox, channel.name, arrival.path, 'refuse'),
          channel,
          arrival,
        });
      } catch (error) {
        if (!(error instanceof FerrymanError)) throw error;
        if (error.verdict === 'reject') channel.refused(arrival, error, host.uptimeSeconds());
        tell({
          level: 'warning',
          subject: arrival.path,
          text: `not received: ${error.message} [${error.code}]`,
        });
      }
    }
  }
  return collected;

  function scan(channel: Channel): Arrival[] {
    try {
      return channel.scan(host.uptimeSeconds());
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      tell({
        level: 'warning',
        subject: `channel ${channel.name}`,
        text: `${error.message} [${error.code}]`,
      });
      return [];
    }
  }
}
