/**
 * Posts short logs as `{"text": …}`, the JSON that Slack and its likes take; a status from 200 to 299 takes it. Redirects are not
 * followed: the address is what the operator wrote. Addresses hold secrets: only their host is ever told.
 */
import type { request } from 'node:http';
import { failedToSend, messageId, type ShortLog, type ShortLogSink } from './sink.ts';

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
        const status = await post(url, message, { guid, signal: AbortSignal.any([stop, timeout]) });
        if (status < 200 || status > 299) throw new Error(`expected to be taken, answered ${status}`);
      } catch (error) {
        const problem = timeout.aborted ? `no answer within ${timeoutSeconds} s` : (error as Error).message;
        throw failedToSend(`sink ${name}, ${url.host}`, problem, error);
      }
    },
  };
}

/** Both take two megabytes, and part of Node is always there to be loaded: a node without a webhook does without. */
async function requestFor(url: URL): Promise<typeof request> {
  return url.protocol === 'https:'
    ? (await import('node:https')).request
    : (await import('node:http')).request;
}

/** @returns the status. The answer itself is not read: it may be long, and may quote the address. */
async function post(
  url: URL,
  message: ShortLog,
  { guid, signal }: { guid: string; signal: AbortSignal },
): Promise<number> {
  const { sequence, state, text } = message;
  const body = JSON.stringify({ text: `${guid} update ${sequence ?? '?'} ${state}: ${text}` });
  const send = await requestFor(url);
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method: 'POST',
      signal,
      agent: false, // a connection for each text: the next one may come in a week
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'idempotency-key': `"${messageId(guid, message)}"`,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    outgoing.end(body);
  });
}
