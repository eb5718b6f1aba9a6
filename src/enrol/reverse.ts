/**
 * Ways back, as `[flood] reverse` writes them: a gateway that nobody can call lets its proxy listen at a port of the proxy's loopback, by ssh -R.
 * Pure. Why so: docs/decisions/0012.
 */
import { isGuid } from '../parcel/recipients.ts';

/** The end of a way back: whose, and at which port of the proxy's loopback. */
export interface Reverse {
  /** GUID of the other: on a gateway the proxy, on a proxy the gateway. */
  readonly node: string;
  readonly port: number;
}

/** Where ways back end, on the proxy: its own programs alone reach it. */
export const reverseHost = '127.0.0.1';

/** Who listens as an ordinary user gets none below. */
const leastReversePort = 1024;

/** Reads `GUID:PORT`. `undefined` when it is not of that form. */
export function parseReverse(text: string): Reverse | undefined {
  const [, node = '', port = ''] = /^([^:]+):([1-9]\d{3,4})$/.exec(text) ?? [];
  if (!isGuid(node) || Number(port) < leastReversePort || Number(port) > 65_535) return undefined;
  return { node, port: Number(port) };
}

/** What stands in the configuration, which has been checked. */
export function reverseOf(texts: readonly string[]): Reverse[] {
  return texts.flatMap((text) => parseReverse(text) ?? []);
}
