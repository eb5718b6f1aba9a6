/**
 * Pings: one datagram by which a node tells its neighbours that it is there, and what it holds in 16 digits.
 *
 *   ferryman-ping {"format":…} <base64 of the signature, 64 bytes> ferryman-enrolment {"format":…} <signature> …
 *
 * Reads and writes; src/verify/enrolled.ts proves. A ping grants nothing and is never answered. Spec: docs/format.md §16.
 */
import { FerrymanError } from '../errors.ts';
import {
  formatName,
  parseDocument,
  spellInLine,
  takeGuid,
  takeHex,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { maxPingBytes } from './limits.ts';
import type { SecretKey } from './secret-key.ts';
import { strictBase64 } from './signature-block.ts';
import { inCode, signDocument, wordsOf } from './signed-document.ts';

const pingWord = 'ferryman-ping';

export interface Ping {
  /** GUID. */
  readonly node: string;
  /** 16 lower-case hex digits. */
  readonly incarnation: string;
  /** Rising within the incarnation. */
  readonly counter: number;
  /** Where its ssh listens. */
  readonly port: number;
  /** What `holdingsOf` (summary.ts) says of the node. */
  readonly holdings: string;
  /** Number of its newest roster, 0 for none. */
  readonly roster: number;
}

/** A ping as it came; nothing in it is verified. */
export interface PingLine {
  readonly ping: Ping;
  /** What the signature is over. */
  readonly document: string;
  /** 64 bytes. */
  readonly signature: Buffer;
  /** The line of its sender's enrolment. */
  readonly enrolment: string;
}

const pingDocument: DocumentKind<Ping> = {
  name: 'ping',
  malformed: 'ping.malformed',
  read: readPing,
  spell: (ping) => [formatPing(ping)],
};

/** Reads a datagram. @throws FerrymanError `ping.malformed` */
export function parsePing(datagram: Buffer): PingLine {
  if (datagram.length > maxPingBytes)
    throw new FerrymanError(
      'ping.malformed',
      `ping: expected at most ${maxPingBytes} bytes, found ${datagram.length}`,
    );
  const [document, word, ...enrolment] = wordsOf(datagram.toString('latin1'), pingWord, 'ping.malformed');
  return {
    ping: parseDocument(Buffer.from(document), pingDocument),
    document,
    signature: inCode('ping.malformed', () => strictBase64(word, 64, 'signature')),
    enrolment: enrolment.join(' '),
  };
}

function readPing(object: ClosedObject): Ping {
  object.oneOf('format', [formatName]);
  object.oneOf('kind', ['ping']);
  const ping: Ping = {
    node: takeGuid(object, 'node'),
    incarnation: takeHex(object, 'incarnation', 16),
    counter: object.integer('counter', 0, Number.MAX_SAFE_INTEGER),
    port: object.integer('port', 1, 65_535),
    holdings: takeHex(object, 'holdings', 16),
    roster: object.integer('roster', 0, Number.MAX_SAFE_INTEGER),
  };
  object.end();
  return ping;
}

/** The document: what is signed. */
function formatPing({ node, incarnation, counter, port, holdings, roster }: Ping): string {
  return spellInLine({
    format: formatName,
    kind: 'ping',
    node,
    incarnation,
    counter,
    port,
    holdings,
    roster,
  });
}

/** The datagram. @param key the node's identity key @param enrolment the node's line */
export function signPing(ping: Ping, key: SecretKey, enrolment: string): Buffer {
  const document = formatPing(ping);
  const signature = signDocument(document, key).signature.toString('base64');
  return Buffer.from([pingWord, document, signature, enrolment].join(' '), 'latin1');
}
