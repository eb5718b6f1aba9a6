/** The sinks that a configuration asks for. */
import { join } from 'node:path';
import type { Config, SinkConfig } from '../../node/config/read-config.ts';
import { execSink } from './exec.ts';
import { fileSink } from './file.ts';
import type { ShortLogSink } from './sink.ts';
import { syslogSink } from './syslog.ts';
import { webhookSink } from './webhook.ts';

/** @param root what the socket of syslog stands under */
export function makeSinks({ node, report }: Config, root: string): ShortLogSink[] {
  const sinks = report.sinks.map((settings) => makeSink(settings, node.guid));
  return report.syslog ? [...sinks, syslogSink(join(root, 'dev/log'))] : sinks;
}

function makeSink(settings: SinkConfig, guid: string): ShortLogSink {
  if (settings.type === 'file') return fileSink(settings);
  if (settings.type === 'exec') return execSink(settings, guid);
  return webhookSink(settings, guid);
}
