/** Posts one JSON document. Redirects are not followed: the address is what the operator wrote. */
import type { request } from 'node:http';

export interface PostOptions {
  /** The same for every try of a document: a receiver can drop what it has already. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** @returns the status. The answer itself is not read: it may be long, and may quote the address. @throws Error as Node has it */
export async function postJson(url: URL, document: object, { id, signal }: PostOptions): Promise<number> {
  const body = JSON.stringify(document);
  const send = await requestFor(url);
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method: 'POST',
      signal,
      agent: false, // a connection for each: the next one may come in a week
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'idempotency-key': `"${id}"`,
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

/** Both take two megabytes, and part of Node is always there to be loaded: a node without a webhook does without. */
async function requestFor(url: URL): Promise<typeof request> {
  return url.protocol === 'https:'
    ? (await import('node:https')).request
    : (await import('node:http')).request;
}
