/** The sinks that a configuration asks for. */
import { join } from 'node:path';
import type { Config, SinkConfig } from '../../node/config/read-config.ts';
import { execSink } from './exec.ts';
import { fileSink } from './file.ts';
import type { ShortLogSink } from './sink.ts';
import { smsSink, type SmsNode } from './sms.ts';
import { syslogSink } from './syslog.ts';
import { webhookSink } from './webhook.ts';

/** @param root what the socket of syslog stands under. @param node what a text by SMS is made from */
export function makeSinks(config: Config, root: string, node: Omit<SmsNode, 'guid'>): ShortLogSink[] {
  const { report } = config;
  const sinks = report.sinks.map((settings) => makeSink(settings, config, node));
  return report.syslog ? [...sinks, syslogSink(join(root, 'dev/log'))] : sinks;
}

function makeSink(
  settings: SinkConfig,
  { node: { guid }, sms }: Config,
  node: Omit<SmsNode, 'guid'>,
): ShortLogSink {
  if (settings.type === 'file') return fileSink(settings);
  if (settings.type === 'exec') return execSink(settings, guid);
  if (settings.type === 'sms') return smsSink({ ...settings, sms }, { ...node, guid });
  return webhookSink(settings, guid);
}
