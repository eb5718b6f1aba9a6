/**
 * Posts short logs as `{"text": …}`, the JSON that Slack and its likes take; a status from 200 to 299 takes it. Redirects are not
 * followed: the address is what the operator wrote. Addresses hold secrets: only their host is ever told.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { failedToSend, messageId, type ShortLog, type ShortLogSink } from './sink.ts';

export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  readonly timeoutSeconds: number;
}

/** Of an answer, so much is read: it may tell why the text was refused. */
const maxAnswerBytes = 4096;

export function webhookSink(settings: WebhookSettings, guid: string): ShortLogSink {
  const { name, timeoutSeconds } = settings;
  const url = new URL(settings.url);
  return {
    name,
    send: async (message, stop) => {
      const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
      try {
        const { status, answer } = await post(url, message, {
          guid,
          signal: AbortSignal.any([stop, timeout]),
        });
        if (status < 200 || status > 299)
          throw new Error(`expected to be taken, answered ${status} ${answer}`.trim());
      } catch (error) {
        const problem = timeout.aborted ? `no answer within ${timeoutSeconds} s` : (error as Error).message;
        throw failedToSend(`sink ${name}, ${url.host}`, problem, error);
      }
    },
  };
}

function post(
  url: URL,
  message: ShortLog,
  { guid, signal }: { guid: string; signal: AbortSignal },
): Promise<{ status: number; answer: string }> {
  const { sequence, state, text } = message;
  const body = JSON.stringify({ text: `${guid} update ${sequence ?? '?'} ${state}: ${text}` });
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
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
      let answer = '';
      response.setEncoding('utf8');
      const finish = (): void => resolve({ status: response.statusCode ?? 0, answer: firstLine(answer) });
      response.on('data', (chunk: string) => {
        answer += chunk;
        if (answer.length < maxAnswerBytes) return;
        finish();
        response.destroy();
      });
      response.on('end', finish);
      response.on('error', reject);
    });
    outgoing.end(body);
  });
}

function firstLine(answer: string): string {
  return answer.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
}
