/** Posts alerts as `{"text": …}`, the JSON that Slack and its likes take. Addresses hold secrets: only their host is ever told. */
import { createHash } from 'node:crypto';
import { postJson } from '../../../host/post-json.ts';
import { failedToTell, roadTimeoutMs, type AlertRoad } from './road.ts';

export function webhookRoad(address: string, timeoutMs: number = roadTimeoutMs): AlertRoad {
  const url = new URL(address);
  // Two addresses at one host are two roads.
  const name = `webhook ${url.host} ${createHash('sha256').update(address).digest('hex').slice(0, 6)}`;
  return {
    name,
    send: async ({ id, text, subject }, stop) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const document = { text: withoutMarkup(text === '' ? subject : text) };
        const status = await postJson(url, document, { id, signal: AbortSignal.any([stop, timeout]) });
        if (status < 200 || status > 299) throw new Error(`expected to be taken, answered ${status}`);
      } catch (error) {
        const problem = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : (error as Error).message;
        throw failedToTell(name, problem, error);
      }
    },
  };
}

/** A title `<!channel>` would call everybody. Source: Slack, "Escaping text". */
function withoutMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
