import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { configDrift } from '../enrol/config-drift.ts';
import { errorTable, FerrymanError, isSystemError } from '../errors.ts';
import { lookAtConfig } from '../node/config.ts';
import { problemText, type Config, type Problem, type SinkConfig } from '../node/config/read-config.ts';
import { systemPath } from '../host/system-path.ts';
import type { Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { json, layoutOf } from './options.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const { config, problems: faults } = lookAtConfig(layout);
  const problems = config ? trust(config, layout) : faults;
  const warnings = config ? [...surroundings(config), ...installed(config, layout)] : [];
  const { configFile: file } = layout;
  if (flag(input, 'json'))
    json(io, { schema: 'ferryman.config-check/1', file, problems, warnings, config: config ?? null });
  else
    io.out(
      [
        ...problems.map((problem) => `${file}: ${problemText(problem)}\n`),
        ...warnings.map((problem) => `${file}: warning: ${problemText(problem)}\n`),
        ...(problems.length === 0 ? [`${file}: in order\n`] : []),
      ].join(''),
    );
  return problems.length === 0 ? 0 : errorTable['config.invalid'].exit;
}

/** What the configuration names and this machine has not: it may come later, and is missed only when it is needed. */
function surroundings(config: Config): Problem[] {
  return [
    ...program('run.rebootCommand', config.run.rebootCommand),
    ...config.usb.slots.flatMap((path, index) => slot(`usb.slots[${index + 1}]`, path)),
    ...config.report.sinks.flatMap((sink, index) => sinkNeeds(`report.sinks[${index + 1}]`, sink)),
    ...smsNeeds(config),
  ];
}

/** sshd goes by what was installed, whatever is configured since. */
function installed(config: Config, layout: Layout): Problem[] {
  return configDrift(layout, config).map(({ key, installed: before, configured }) => ({
    key,
    expected: `${before}, as installed: "ferryman enrol install" takes a change into use`,
    found: configured,
  }));
}

function trust({ trust: { threshold } }: Config, layout: Layout): Problem[] {
  try {
    loadTrust(layout, threshold);
    return [];
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return [{ key: 'trust', expected: 'office keys that can be used', found: `none: ${error.message}` }];
  }
}

function sinkNeeds(key: string, sink: SinkConfig): Problem[] {
  if (sink.type === 'exec') return program(`${key}.command`, sink.command);
  if (sink.type === 'file' && !statOf(dirname(sink.path))?.isDirectory())
    return [
      { key: `${key}.path`, expected: 'its folder to be there', found: `no folder ${dirname(sink.path)}` },
    ];
  return [];
}

function smsNeeds({ sms: { spool, receive }, report: { sinks } }: Config): Problem[] {
  const folders = [
    ...(sinks.some(({ type }) => type === 'sms') ? ['outbox', 'sent'] : []),
    ...(receive ? ['inbox'] : []),
  ].map((name) => join(spool, name));
  return folders
    .filter((folder) => !statOf(folder)?.isDirectory())
    .map((folder) => ({
      key: 'sms.spool',
      expected: 'the folders of gammu-smsd (apt install gammu-smsd)',
      found: `no folder ${folder}`,
    }));
}

/** With nothing in it a slot may well be missing; a name that was typed wrongly always is. */
function slot(key: string, path: string): Problem[] {
  const expected = 'a block device or an image file';
  const stats = statOf(path);
  if (!stats) return [{ key, expected, found: `nothing at ${path}, which is right while no key is in` }];
  return stats.isBlockDevice() || stats.isFile()
    ? []
    : [{ key, expected, found: `something else at ${path}: no key is ever noticed there` }];
}

function program(key: string, [name = '']: readonly string[]): Problem[] {
  const places = isAbsolute(name) ? [name] : systemPath.split(delimiter).map((folder) => join(folder, name));
  return places.some(isProgram)
    ? []
    : [{ key, expected: 'a program that can be run', found: `no such program: ${name}` }];
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isSystemError(error)) return undefined; // a file stands where a folder should be, say
    throw error;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // missing, or not for us
  }
}
