import { existsSync } from 'node:fs';
import { lineWidth, wrap } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError, type ErrorCode } from '../errors.ts';
import { receiveFile, type ReceivedFile } from '../inbox/inbox.ts';
import type { Notice } from '../ledger/notices.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import { configAtWork } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import { stateInWords } from '../plan/facts.ts';
import { updateJson } from '../status/update-json.ts';
import { exitOf, followUpdate, type Followed } from './follow-update.ts';
import { channelOf, json, layoutOf } from './options.ts';
import { Progress } from './progress.ts';
import { withLedger } from './with-ledger.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const channel = channelOf(input, 'usb');
  loadTrust(layout, configAtWork(layout).config.trust.threshold); // a daemon without keys would never come to it
  const [path = ''] = input.args;
  const refusedBefore = withLedger(layout, (ledger) => ledger.refusals.all());
  const progress = new Progress(io, `receiving ${path}`);
  const received = await progress.during(() => receiveFile(layout.inbox, channel, path, 'follow'));
  progress.say(`received by ${channel}, safe on disk`);
  const { hashed, fileHash } = received;
  const digest = hashed?.digest ?? '';
  const before = withLedger(layout, (ledger) => ledger.updates.find(digest));

  const timesBefore = refusedBefore.find((refusal) => refusal.fileHash === fileHash)?.times ?? 0;
  let row;
  try {
    row = await followUpdate(layout, io, followReceived(received, timesBefore));
  } catch (error) {
    if (error instanceof NoUpdate) return tellNotice(error.notice, existsSync(received.path), input, io);
    throw error;
  }
  if (flag(input, 'json')) json(io, { schema: 'ferryman.apply/1', update: updateJson(row) });
  else io.out(resultLine(row, before));
  return exitOf(row);
}

/** What came is a roster, an acknowledgement or an enrolment. */
class NoUpdate extends Error {
  readonly notice: Notice;

  constructor(notice: Notice) {
    super(notice.title);
    this.notice = notice;
  }
}

/** @param isKept it waits in the inbox for another try */
function tellNotice({ title, outcome, isTaken }: Notice, isKept: boolean, input: Input, io: Io): number {
  const text = `${title}: ${outcome}`;
  if (!isTaken) throw new FerrymanError(isKept ? 'inbox.waiting' : 'manifest.other-kind', text);
  if (flag(input, 'json')) json(io, { schema: 'ferryman.apply/1', update: null, notice: { title, outcome } });
  else io.out(`${wrap(text, lineWidth(io), '  ').join('\n')}\n`);
  return 0;
}

/** Finds the update, or throws the refusal that this very file has just met. */
function followReceived({ hashed, fileHash }: ReceivedFile, timesBefore: number): Followed {
  const digest = hashed?.digest ?? '';
  return {
    find: (ledger) => {
      const refusal = ledger.refusals.find(fileHash);
      if (refusal && refusal.times > timesBefore)
        throw new FerrymanError(refusal.code as ErrorCode, refusal.reason);
      const notice = ledger.notices.find(digest);
      if (notice) throw new NoUpdate(notice);
      return ledger.updates.find(digest);
    },
    isResult: (event) => event.final === true && (event.digest === digest || event.fileHash === fileHash),
  };
}

function resultLine(row: UpdateRow, before: UpdateRow | undefined): string {
  const subject = `update ${row.sequence ?? '?'} "${row.title}"`;
  const already = before !== undefined && before.finishedAt !== null && before.finishedAt === row.finishedAt;
  if (already) return `${subject} ${stateInWords(row.state)} already, at ${row.finishedAt}: ${row.reason}\n`;
  return `${subject}: ${row.state}${row.reason ? `: ${row.reason}` : ''}\n`;
}
