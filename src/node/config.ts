/**
 * The node's configuration: `config.toml`, closed and checked when it is read. Every key, with its default and unit, is
 * in docs/configuration.md.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parse } from 'smol-toml';
import { FerrymanError, isSystemError } from '../errors.ts';
import { ClosedObject, FieldError } from '../parcel/closed-object.ts';
import { isGroupName, isGuid, roles } from '../parcel/recipients.ts';
import type { NodeFacts } from '../plan/facts.ts';
import type { PauseLimits } from '../plan/pause.ts';
import type { Layout } from './layout.ts';

export interface Config {
  readonly node: NodeFacts;
  readonly threshold: number;
  readonly channels: {
    readonly backhaul: string;
    readonly usb: string;
    /** Seconds between two looks at every channel; a watch only shortens the wait. */
    readonly rescanSeconds: number;
    /** Seconds without a change after which a backhaul file that does not verify is set aside. */
    readonly quietSeconds: number;
  };
  readonly run: {
    /** Seconds between asking a script to stop and killing it. */
    readonly stopSeconds: number;
    readonly defer: PauseLimits;
    /** Program and arguments that reboot the machine. */
    readonly rebootCommand: readonly string[];
  };
  readonly report: {
    /** Where the `file` sink appends short logs. */
    readonly shortLogFile: string;
  };
}

/** @throws FerrymanError `config.missing`, `config.invalid` */
export function loadConfig(layout: Layout): Config {
  let text;
  try {
    text = readFileSync(layout.configFile, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT'))
      throw new FerrymanError(
        'config.missing',
        `${layout.configFile}: expected a configuration, found none`,
        { cause: error },
      );
    throw error;
  }
  try {
    return readConfig(new ClosedObject(parse(text)), layout);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new FerrymanError('config.invalid', `${layout.configFile}: ${error.message}`, { cause: error });
  }
}

function readConfig(document: ClosedObject, layout: Layout): Config {
  const config: Config = {
    node: readNode(document.object('node')),
    threshold: readThreshold(document.object('trust')),
    channels: readChannels(section(document, 'channels'), layout),
    run: readRun(section(document, 'run')),
    report: readReport(section(document, 'report'), layout),
  };
  document.end();
  return config;
}

/** A table that may be left out: all its keys have defaults. */
function section(document: ClosedObject, key: string): ClosedObject {
  return document.has(key) ? document.object(key) : new ClosedObject({}, key);
}

function readNode(node: ClosedObject): NodeFacts {
  const guid = node.string('guid');
  if (!isGuid(guid)) throw node.refuse('guid', 'a GUID in lower case', guid);
  const role = node.oneOf('role', roles);
  const groups = node.has('groups') ? node.strings('groups', 0, 100) : [];
  for (const group of groups)
    if (!isGroupName(group))
      throw node.refuse('groups', 'names of lower-case letters, digits, ".", "_", "-"', group);
  const baseline = node.has('baseline') ? node.integer('baseline', 0, Number.MAX_SAFE_INTEGER) : 0;
  node.end();
  return { guid, role, groups, baseline };
}

function readThreshold(trust: ClosedObject): number {
  const threshold = trust.integer('threshold', 1, 1000);
  trust.end();
  return threshold;
}

function readChannels(channels: ClosedObject, layout: Layout): Config['channels'] {
  const read = {
    backhaul: takePath(channels, 'backhaul', layout, layout.backhaul),
    usb: takePath(channels, 'usb', layout, layout.usb),
    rescanSeconds: takeSeconds(channels, 'rescanSeconds', 30),
    quietSeconds: takeSeconds(channels, 'quietSeconds', 600),
  };
  channels.end();
  return read;
}

function readRun(run: ClosedObject): Config['run'] {
  const read = {
    stopSeconds: takeSeconds(run, 'stopSeconds', 10),
    defer: {
      firstSeconds: takeSeconds(run, 'deferFirstSeconds', 60),
      maxSeconds: takeSeconds(run, 'deferMaxSeconds', 6 * 3600),
    },
    rebootCommand: run.has('rebootCommand') ? run.strings('rebootCommand', 1, 100) : ['systemctl', 'reboot'],
  };
  if (read.defer.maxSeconds < read.defer.firstSeconds) {
    throw new FieldError(
      `run.deferMaxSeconds: expected at least run.deferFirstSeconds (${read.defer.firstSeconds}), found ${read.defer.maxSeconds}`,
    );
  }
  run.end();
  return read;
}

function readReport(report: ClosedObject, layout: Layout): Config['report'] {
  const read = { shortLogFile: takePath(report, 'shortLogFile', layout, join(layout.log, 'short.log')) };
  report.end();
  return read;
}

/** Absolute paths in the configuration stand under the root, like everything else. */
function takePath(object: ClosedObject, key: string, layout: Layout, fallback: string): string {
  if (!object.has(key)) return fallback;
  const path = object.string(key);
  if (!isAbsolute(path)) throw object.refuse(key, 'an absolute path', path);
  return join(layout.root, path);
}

/** A day: longer waits overflow timers, and help nobody. */
const maxSeconds = 24 * 3600;

function takeSeconds(object: ClosedObject, key: string, fallback: number): number {
  return object.has(key) ? object.integer(key, 1, maxSeconds) : fallback;
}
