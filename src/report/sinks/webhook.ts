/**
 * Posts short logs as `{"text": …}`, the JSON that Slack and its likes take; a status from 200 to 299 takes it. Redirects are not
 * followed: the address is what the operator wrote. Addresses hold secrets: only their host is ever told.
 */
import { postJson } from '../../host/post-json.ts';
import { failedToSend, messageId, type ShortLogSink } from './sink.ts';

export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  readonly timeoutSeconds: number;
}

export function webhookSink(settings: WebhookSettings, guid: string): ShortLogSink {
  const { name, timeoutSeconds } = settings;
  const url = new URL(settings.url);
  return {
    name,
    send: async (message, stop) => {
      const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
      try {
        const { sequence, state, text } = message;
        const status = await postJson(
          url,
          { text: `${guid} update ${sequence ?? '?'} ${state}: ${text}` },
          { id: messageId(guid, message), signal: AbortSignal.any([stop, timeout]) },
        );
        if (status < 200 || status > 299) throw new Error(`expected to be taken, answered ${status}`);
      } catch (error) {
        const problem = timeout.aborted ? `no answer within ${timeoutSeconds} s` : (error as Error).message;
        throw failedToSend(`sink ${name}, ${url.host}`, problem, error);
      }
    },
  };
}
