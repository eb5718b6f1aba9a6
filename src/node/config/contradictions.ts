/** Values that are sound one by one and make no sense together. Pure. Looks past what is missing: that is told already. */
import { printable } from '../../parcel/printable.ts';
import { syslogName } from './keys.ts';
import type { Config, Problem, SinkConfig } from './read-config.ts';

export function contradictions(config: Config): Problem[] {
  return [...pauses(config), ...folders(config), ...sinks(config.report.sinks)];
}

function pauses({ run, report }: Config): Problem[] {
  return [
    ...atLeast('run.deferMaxSeconds', run.deferMaxSeconds, 'run.deferFirstSeconds', run.deferFirstSeconds),
    ...atLeast(
      'report.retryMaxSeconds',
      report.retryMaxSeconds,
      'report.retryFirstSeconds',
      report.retryFirstSeconds,
    ),
  ];
}

function atLeast(key: string, value: number, otherKey: string, other: number): Problem[] {
  return value < other ? [{ key, expected: `at least ${otherKey} (${other})`, found: String(value) }] : [];
}

function folders({ channels: { backhaul, usb } }: Config): Problem[] {
  return backhaul !== undefined && backhaul === usb
    ? [
        {
          key: 'channels.usb',
          expected: 'another folder than channels.backhaul',
          found: printable(JSON.stringify(usb)),
        },
      ]
    : [];
}

/** @param all with holes where an entry is no sink at all */
function sinks(all: readonly (SinkConfig | undefined)[]): Problem[] {
  return all.flatMap((sink, index) => {
    if (!sink) return [];
    const before = all.slice(0, index);
    const problem = (key: string, expected: string, found: string): Problem => ({
      key: `report.sinks[${index + 1}].${key}`,
      expected,
      found: printable(JSON.stringify(found)),
    });
    const { name } = sink;
    const path = sink.type === 'file' ? sink.path : undefined;
    return [
      ...(name !== undefined && before.some((other) => other?.name === name)
        ? [problem('name', 'a name that no other sink has', name)]
        : []),
      ...(name === syslogName ? [problem('name', 'another name than that of report.syslog', name)] : []),
      ...(path !== undefined && before.some((other) => other?.type === 'file' && other.path === path)
        ? [problem('path', 'a file that no other sink writes', path)]
        : []),
    ];
  });
}
