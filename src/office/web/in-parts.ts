/** Answers that are made while they are sent: a list of thousands of lines is never in memory as a whole, and nobody waits until it is made. */
import { setImmediate } from 'node:timers/promises';
import type { Office, Visit } from './environment.ts';

/**
 * The first part is made before the answer begins: what is wrong with the question is told as ever. What goes wrong later cuts the answer
 * off, so that nobody takes half a list for a whole one.
 */
export async function inParts(
  visit: Visit,
  office: Office,
  parts: AsyncIterable<string>,
  headers: Record<string, string>,
): Promise<Response> {
  const iterator = parts[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<string, unknown>> | undefined = Promise.resolve(await iterator.next());
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await (next ?? iterator.next());
        next = undefined;
        if (done === true) controller.close();
        else controller.enqueue(Buffer.from(value));
        await setImmediate(); // others have their turn
      } catch (error) {
        const requestId = visit.get('requestId');
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        office.tell({ level: 'error', requestId, text: `${visit.req.path}: cut off: ${why}` });
        // Here, not left to the server: that would write the text of the error behind what was sent.
        visit.env?.incoming?.socket.destroy();
        controller.error(new Error('the answer was cut off'));
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return visit.body(body, 200, headers);
}
