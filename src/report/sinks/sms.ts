/**
 * Hands short logs to gammu-smsd, as texts that the proxy can check: one for each phone number, within a budget by the day. It is taken
 * when gammu-smsd has it: whether a number answers is gammu-smsd's business, and no number waits for long for another. Loss harms
 * nothing: the same facts come home with the logs. Spec: docs/format.md §17.
 */
import { isSystemError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { UpdateRow } from '../../ledger/rows.ts';
import { unpack } from '../../parcel/public-key.ts';
import type { SecretKey } from '../../parcel/secret-key.ts';
import { GammuSpool } from '../../sms/gammu-spool.ts';
import { failedToSend, type ShortLog, type ShortLogSink } from './sink.ts';

export interface SmsSinkSettings {
  readonly name: string;
  readonly numbers: readonly string[];
  /** `[sms]` of the configuration. */
  readonly sms: {
    readonly spool: string;
    readonly receiver: string;
    readonly name: string;
    readonly textsADay: number;
  };
}

/** What the node gives. */
export interface SmsNode {
  readonly guid: string;
  readonly ledger: Pick<Ledger, 'sms' | 'updates' | 'calendar' | 'fact' | 'setFact' | 'transaction'>;
  readonly host: { uptimeSeconds(): number; readonly bootId: string; randomHex(bytes: number): string };
  /** Secret key of this node. */
  readonly identity: () => Promise<SecretKey>;
}

export function smsSink(settings: SmsSinkSettings, node: SmsNode): ShortLogSink {
  const spool = new GammuSpool(settings.sms.spool, () => performance.now());
  return {
    name: settings.name,
    send: async (message) => {
      try {
        return await send(message, settings, node, spool);
      } catch (error) {
        throw failedToSend(`sink ${settings.name}`, (error as Error).message, error);
      }
    },
    tend: () => {
      try {
        spool.tidy();
      } catch (error) {
        if (!isSystemError(error)) throw error; // it is told when the next text is sent
      }
    },
  };
}

async function send(
  message: ShortLog,
  { numbers, sms }: SmsSinkSettings,
  { guid, ledger, host, identity }: SmsNode,
  spool: GammuSpool,
): Promise<string | undefined> {
  // Loaded here: the curve takes memory, and most nodes have no modem.
  const [{ keyOfNode, smsCheck }, { formatSms, incarnationFrom, smsWords }] = await Promise.all([
    import('../../sms/check.ts'),
    import('../../sms/text.ts'),
  ]);
  const receiver = unpack(Buffer.from(sms.receiver, 'base64'));
  if (!receiver) throw new Error('sms.receiver: expected a public key');
  const key = keyOfNode((await identity()).bytes.subarray(0, 32), receiver.bytes);
  const budget = {
    day: ledger.calendar.today(host.bootId, host.uptimeSeconds()),
    textsADay: sms.textsADay,
  };
  const { incarnation, counter, owed, dropped } = ledger.transaction(() => ({
    incarnation: incarnationOf(ledger, incarnationFrom(host.randomHex(3).slice(1))),
    ...ledger.sms.spend(message, numbers, budget),
  }));
  const update = ledger.updates.find(message.digest);
  const facts = {
    node: guid.slice(0, 8),
    name: sms.name,
    sequence: message.sequence,
    state: message.state,
    how: howOf(update, message),
    words: smsWords(update?.title ?? '', message.text),
    incarnation,
    counter,
  };
  const text = formatSms(facts, (checked) => smsCheck(key, guid, checked));
  spool.tidy();
  for (const phone of owed) {
    spool.hand({ incarnation, counter, phone }, text);
    ledger.transaction(() => ledger.sms.setHanded(counter, phone));
  }
  return dropped.length === 0
    ? undefined
    : `beyond ${sms.textsADay} texts a day (sms.textsADay), so not sent to ${dropped.join(', ')}; it comes home with the logs`;
}

/** @param made used for a ledger that has none: the counter stands there too */
function incarnationOf(ledger: SmsNode['ledger'], made: string): string {
  const known = ledger.fact('sms-incarnation');
  if (known === undefined) ledger.setFact('sms-incarnation', made);
  return known ?? made;
}

/** Of an update that has run since, it would be another one's: then nothing is told. */
function howOf(update: UpdateRow | undefined, { state }: ShortLog): string {
  if (update?.state !== state) return '';
  if (update.signal !== null) return /^SIG[A-Z0-9]{1,12}$/.test(update.signal) ? update.signal : '';
  return update.exitStatus === null ? '' : `exit ${update.exitStatus}`;
}
