/** Hands short logs to a program: the text on standard input, nothing added; exit status 0 takes it. Spec: docs/operations.md. */
import { runCommand } from '../../host/run-command.ts';
import { failedToSend, messageId, type ShortLog, type ShortLogSink } from './sink.ts';

export interface ExecSinkSettings {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

export function execSink({ name, command, timeoutSeconds }: ExecSinkSettings, guid: string): ShortLogSink {
  return {
    name,
    send: async (message, signal) => {
      const env = environment(message, guid);
      const problem = await runCommand(command, { input: message.text, env, timeoutSeconds, signal });
      if (problem !== undefined) throw failedToSend(`sink ${name}`, problem);
    },
  };
}

function environment(message: ShortLog, guid: string): Record<string, string> {
  return {
    FERRYMAN_NODE: guid,
    FERRYMAN_SEQUENCE: String(message.sequence ?? ''),
    FERRYMAN_STATE: message.state,
    FERRYMAN_TIME: message.createdAt,
    FERRYMAN_MESSAGE_ID: messageId(guid, message),
  };
}
