/**
 * Takes everything that has arrived into the ledger, one file at a time: copy, judge, answer the channel. So a folder full
 * of junk never needs more room than its largest file.
 */
import { basename } from 'node:path';
import type { Arrival, Channel } from '../channels/channel.ts';
import { setAside } from '../channels/set-aside.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { listInbox, type InboxFile, type ReceivedFile } from '../inbox/inbox.ts';
import type { Trust } from '../verify/trust.ts';
import { admit } from './admit.ts';
import { receiveArrival, scanChannel } from './collect.ts';
import type { Context } from './context.ts';

/** Scans of one channel in one go: it offers a limited number each time. */
const maxScans = 1000;

/** @returns true when a parcel of the office was among what arrived */
export async function takeIn(
  context: Context,
  channels: readonly Channel[],
  trust: Trust,
  signal: AbortSignal,
): Promise<boolean> {
  let welcome = false;
  for (const file of listInbox(context.layout.inbox)) {
    if (signal.aborted) return welcome;
    welcome = (await judge(context, trust, file, '')) === 'accepted' || welcome;
  }
  for (const channel of channels) {
    for (let scans = 0, received = true; received && scans < maxScans; scans++) {
      received = false;
      for (const arrival of scanChannel(context, channel)) {
        if (signal.aborted) return welcome;
        const file = await receiveArrival(context, channel, arrival);
        if (!file) continue;
        const answer = await judge(context, trust, file, basename(arrival.path));
        if (answer === 'left') continue;
        received = true;
        if (answer === 'accepted') release(context, channel, arrival);
        else channel.refused(arrival, answer, context.host.uptimeSeconds());
        welcome = answer === 'accepted' || welcome;
      }
    }
  }
  return welcome;
}

/** `left`: nothing can be said now, or never; either way the others go on. A ledger that cannot be written stops everything. */
async function judge(
  context: Context,
  trust: Trust,
  file: InboxFile & Partial<ReceivedFile>,
  name: string,
): Promise<'accepted' | 'left' | FerrymanError> {
  context.progress();
  try {
    return (await admit(context, trust, file, name)) ?? 'accepted';
  } catch (error) {
    if (error instanceof FerrymanError && error.code.startsWith('ledger.')) throw error;
    if (!(error instanceof Error)) throw error;
    const subject = `${name || `file ${file.fileHash.slice(0, 16)}`} by ${file.channel}`;
    const known = error instanceof FerrymanError || isSystemError(error);
    const text = known
      ? `left in the inbox for now: ${error.message}`
      : `set aside: a defect in ferryman, please report it: ${error.stack ?? error.message}`;
    if (!known) setAside({ folder: context.layout.setAside }, file.path);
    context.tell({ level: known ? 'warning' : 'error', subject, text });
    return 'left';
  }
}

function release({ tell }: Context, channel: Channel, arrival: Arrival): void {
  try {
    channel.accepted(arrival);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const text = `received, but its source cannot be removed: ${error.message}`;
    tell({ level: 'warning', subject: arrival.path, text });
  }
}
