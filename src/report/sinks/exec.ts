/** Hands short logs to a program: the text on standard input, nothing added; exit status 0 takes it. Spec: docs/operations.md. */
import { execa } from 'execa';
import { isSystemError } from '../../errors.ts';
import { failedToSend, messageId, type ShortLog, type ShortLogSink } from './sink.ts';

export interface ExecSinkSettings {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

/** Characters: of what the program says, the end tells why it failed. */
const maxSaid = 4096;
/** For what is still in the pipe when the program has ended. */
const drainMs = 300;

export function execSink({ name, command, timeoutSeconds }: ExecSinkSettings, guid: string): ShortLogSink {
  const [program = '', ...args] = command;
  return {
    name,
    send: async (message, signal) => {
      const running = execa(program, args, {
        input: message.text,
        env: environment(message, guid),
        extendEnv: false,
        cwd: '/',
        all: true,
        buffer: false,
        reject: false,
        timeout: timeoutSeconds * 1000,
        forceKillAfterDelay: 2000,
        detached: true, // a process group of its own, to be ended with all that it has started
        cancelSignal: signal,
      });
      let said = '';
      running.all.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-maxSaid);
      });
      // What the program left in the background may hold its output open for ever: its exit status counts.
      running.once('exit', () => void setTimeout(() => running.all.destroy(), drainMs));
      const result = await running;
      if (result.exitCode === 0) return;
      endGroup(running.pid);
      const why = result.timedOut ? `no end within ${timeoutSeconds} s` : whyEnded(result);
      throw failedToSend(`sink ${name}`, [why, lastLine(said)].filter(Boolean).join(': '));
    },
  };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error; // nobody is left
  }
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
}

/** Without the command, whose arguments may hold secrets. */
function whyEnded({ exitCode, signal, originalMessage = '' }: Ended): string {
  if (exitCode !== undefined) return `exit status ${exitCode}`;
  return signal === undefined ? originalMessage : `ended by ${signal}`;
}

function environment(message: ShortLog, guid: string): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    FERRYMAN_NODE: guid,
    FERRYMAN_SEQUENCE: String(message.sequence ?? ''),
    FERRYMAN_STATE: message.state,
    FERRYMAN_TIME: message.createdAt,
    FERRYMAN_MESSAGE_ID: messageId(guid, message),
  };
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) ?? '';
}
