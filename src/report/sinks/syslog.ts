/** One line per outcome to syslog, by `logger`. Where nobody listens to syslog there is nobody to tell, and nothing is kept for him. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { syslogName } from '../../node/config/keys.ts';
import { failedToSend, type ShortLogSink } from './sink.ts';

const timeoutMs = 10_000;

/** @param socket `/dev/log` under the node's root */
export function syslogSink(socket: string): ShortLogSink {
  return {
    name: syslogName,
    send: async ({ sequence, state, text }, signal) => {
      if (!existsSync(socket)) return;
      const severity = state === 'succeeded' || state === 'deferred' ? 'notice' : 'warning';
      const line = `update ${sequence ?? '?'} ${state}: ${text}`.replaceAll('\n', ' ');
      const args = [
        '--socket',
        socket,
        '--socket-errors=on',
        '--tag',
        'ferryman',
        '--priority',
        `daemon.${severity}`,
      ];
      const { failed, shortMessage = '' } = await execa('logger', [...args, '--', line], {
        reject: false,
        stdin: 'ignore',
        timeout: timeoutMs,
        cancelSignal: signal,
      });
      if (failed) throw failedToSend('syslog', shortMessage);
    },
  };
}
