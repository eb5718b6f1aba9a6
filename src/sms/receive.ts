/**
 * Takes received texts, each once: what a known node has written goes into the fleet store, whatever else is set aside for a person. A
 * text leaves the inbox when what it says is kept elsewhere; while the store is away it stays. Knows no database: it is handed in.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import type { NodeTrust } from '../verify/enrolled.ts';
import { isWrittenBy, keyOfProxy, type SmsKey } from './check.ts';
import { readInbox, type ReceivedSms } from './gammu-inbox.ts';
import { nodesBeginning } from './known-nodes.ts';
import { parseSms, type SmsText } from './text.ts';
import type { Unbelieved, UnbelievedTexts } from './unbelieved.ts';

/** Of one sweep: the next one goes on. */
const maxTexts = 500;

/** A text that a node has written. */
export interface BelievedSms {
  /** GUID. */
  readonly node: string;
  readonly text: SmsText;
  /** Milliseconds since 1970, by this machine. */
  readonly receivedAtMs: number;
}

/** `known`: it has come before. `old`: its counter is too far behind. */
export type Recorded = 'taken' | 'known' | 'old';

export interface SmsReceiver {
  readonly inbox: string;
  /** Of the proxy. */
  readonly store: string;
  /** The first 32 bytes of the proxy's secret key. */
  readonly seed: Buffer;
  readonly trust: NodeTrust;
  readonly unbelieved: UnbelievedTexts;
  /** Durable when it returns. @throws FerrymanError `fleet.*`: the text stays where it is */
  readonly record: (text: BelievedSms) => Promise<Recorded>;
}

export interface Swept {
  readonly taken: number;
  readonly known: number;
  readonly unbelieved: number;
}

/**
 * Texts that nobody has to believe leave the inbox also while the store is away: a flood of them must not stay for as long.
 *
 * @param untouchedSinceMs what was changed later is left for the next time
 * @throws FerrymanError `fleet.*`: what was not taken is still there; system errors of the inbox, and of what is set aside
 */
export async function receiveTexts(receiver: SmsReceiver, untouchedSinceMs: number): Promise<Swept> {
  const swept = { taken: 0, known: 0, unbelieved: 0 };
  let problem: unknown;
  for (const received of readInbox(receiver.inbox, maxTexts, untouchedSinceMs)) {
    try {
      const judged = judge(received.text, receiver);
      // One try is enough to know that the store is away.
      if (typeof judged !== 'string' && problem instanceof FerrymanError) continue;
      swept[await settle(received, judged, receiver)] += 1;
    } catch (error) {
      // Also a defect: it must not hold up the texts behind this one.
      problem ??= error;
      continue;
    }
    for (const name of received.files) rmSync(join(receiver.inbox, name), { force: true, recursive: true });
  }
  if (problem !== undefined) throw problem as Error;
  return swept;
}

type Judged = Pick<BelievedSms, 'node' | 'text'> | Unbelieved;

/** Durable when it returns. */
async function settle(
  received: ReceivedSms,
  judged: Judged,
  { unbelieved, record }: SmsReceiver,
): Promise<keyof Swept> {
  if (typeof judged !== 'string') {
    const recorded = await record({ ...judged, receivedAtMs: received.atMs });
    if (recorded !== 'old') return recorded;
  }
  unbelieved.keep(received, typeof judged === 'string' ? judged : 'an old counter');
  return 'unbelieved';
}

function judge(written: string, { store, trust, seed }: SmsReceiver): Judged {
  const text = parseSms(written);
  if (!text) return 'no text of a node';
  let why: Unbelieved = 'no such node';
  for (const { node, identity } of nodesBeginning(text.node, store, trust)) {
    const key = keyWith(identity.bytes, seed);
    if (key && isWrittenBy(text, node, key)) return { node, text };
    why = 'a wrong check';
  }
  return why;
}

/** `undefined`: a node that is enrolled with a key of which none can be made; its texts must not hold up those behind them. */
function keyWith(identity: Buffer, seed: Buffer): SmsKey | undefined {
  try {
    return keyOfProxy(seed, identity);
  } catch {
    return undefined;
  }
}
