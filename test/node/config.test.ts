/** The configuration is closed: what is unknown, missing or out of range is an error that names the key. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/node/config.ts';
import { problemText, readConfig, type Config } from '../../src/node/config/read-config.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { loadTrust } from '../../src/node/trust-store.ts';
import { lampPatterns } from '../../src/usb/show/lamp.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';

afterAll(removeFolders);

const required =
  '[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\n[trust]\nthreshold = 1\n';
const layout = layoutUnder(temporaryFolder());
mkdirSync(layout.keys, { recursive: true });

const [someNode, other] = ['0a', '0b'].map((start) => `${start}000000-0000-4000-8000-000000000000`);
const withRole = (role: string, flood: string): string =>
  `${required.replace('kiosk', role)}[flood]\n${flood}`;
const waysThatCannotBe: [string, string, RegExp][] = [
  [
    'a way back below port 1024',
    withRole('proxy', `reverse = ["${someNode}:80"]`),
    /flood\.reverse: expected/,
  ],
  ['a way back of no port', withRole('proxy', `reverse = ["${someNode}:70000"]`), /flood\.reverse: expected/],
  [
    'a way back at a kiosk',
    withRole('kiosk', `reverse = ["${someNode}:20001"]`),
    /flood\.reverse: expected \[\]/,
  ],
  [
    'a way back to nobody whom the gateway calls',
    withRole('gateway', `reverse = ["${someNode}:20001"]`),
    /flood\.reverse\[1\]: expected a proxy that is one of flood\.peers/,
  ],
  [
    'two ways back at one port',
    withRole('proxy', `reverse = ["${someNode}:20001", "${other}:20001"]`),
    /flood\.reverse\[2\]: expected a port of its own/,
  ],
  [
    'two ways back of one gateway',
    withRole('proxy', `reverse = ["${someNode}:20001", "${someNode}:20002"]`),
    /flood\.reverse\[2\]: expected a node that no other entry has/,
  ],
  [
    "a way back at the proxy's own port",
    withRole('proxy', `sshPort = 20001\nreverse = ["${someNode}:20001"]`),
    /flood\.reverse\[1\]: expected a port of its own/,
  ],
];

function load(text: string): Config {
  writeFileSync(layout.configFile, text);
  return loadConfig(layout);
}

test('what is left out has its default', () => {
  const config = load(required);
  expect(config).toMatchObject({
    node: { guid: '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11', role: 'kiosk', groups: [], baseline: 0 },
    trust: { threshold: 1 },
    channels: { backhaul: layout.backhaul, rescanSeconds: 30, quietSeconds: 600 },
    run: { stopSeconds: 10, deferFirstSeconds: 60, rebootCommand: ['systemctl', 'reboot'] },
    report: {
      syslog: true,
      sinks: [{ type: 'file', name: 'file', path: join(layout.log, 'short.log'), maxMegabytes: 4 }],
    },
    log: { level: 'info', format: 'text' },
    retention: { parcelDays: 365 },
  });
});

test('the lamp blinks as the technician’s page draws it, unless told otherwise', () => {
  const { lamp } = load(required);
  const { plugged, reading, safe, running, done } = lampPatterns;
  expect([lamp.stay, lamp.stay, lamp.safe, lamp.running, lamp.done]).toEqual(
    [plugged, reading, safe, running, done].map(({ litMs, darkMs }) => [litMs, darkMs]),
  );
});

test('paths stand under the root', () => {
  const { channels, usb, report } = load(
    `${required}[channels]\nbackhaul = "/srv/in"\n[usb]\nslots = ["/dev/../mnt"]\n[[report.sinks]]\ntype = "file"\nname = "sms"\npath = "/var/log/sms"`,
  );
  expect([channels.backhaul, usb.slots[0], report.sinks[0]?.type === 'file' && report.sinks[0].path]).toEqual(
    [join(layout.root, 'srv/in'), join(layout.root, 'mnt'), join(layout.root, 'var/log/sms')],
  );
});

describe('refused, with the file and the key named, is', () => {
  test.each([
    ['no TOML', 'node = [', /config\.toml/],
    ['an empty file', '', /node/],
    ['a missing GUID', required.replace(/guid.*\n/, ''), /node\.guid/],
    ['a GUID in capitals', required.replace('9f1c', '9F1C'), /node\.guid: expected a GUID in lower case/],
    ['an unknown role', required.replace('kiosk', 'king'), /node\.role/],
    ['a missing threshold', required.replace(/threshold.*\n/, ''), /trust\.threshold/],
    ['a threshold of 0', required.replace('threshold = 1', 'threshold = 0'), /trust\.threshold/],
    ['a threshold in quotes', required.replace('threshold = 1', 'threshold = "1"'), /trust\.threshold/],
    ['an unknown key', required.replace('role', 'roll = 1\nrole'), /node\.roll/],
    ['an unknown table', `${required}[runn]\n`, /runn/],
    ['an unknown key in a table with defaults', `${required}[run]\nstopSecond = 1`, /run\.stopSecond/],
    ['no time at all', `${required}[run]\nstopSeconds = 0`, /run\.stopSeconds/],
    [
      'a lamp that an eye cannot follow',
      `${required}[lamp]\nsafe = [1, 1]`,
      /lamp\.safe: expected a list of two/,
    ],
    ['a lamp somewhere else', `${required}[lamp]\nname = "../../x"`, /lamp\.name/],
    ['half a second', `${required}[run]\nstopSeconds = 0.5`, /run\.stopSeconds/],
    ['more than 30 days', `${required}[channels]\nquietSeconds = 2592001`, /channels\.quietSeconds/],
    [
      'pauses the wrong way round',
      `${required}[run]\ndeferFirstSeconds = 60\ndeferMaxSeconds = 59`,
      /run\.deferMaxSeconds: expected at least run\.deferFirstSeconds \(60\), found 59/,
    ],
    [
      'a relative path',
      `${required}[channels]\nbackhaul = "media"`,
      /channels\.backhaul: expected an absolute path/,
    ],
    ['an empty reboot command', `${required}[run]\nrebootCommand = []`, /run\.rebootCommand/],
    ['a reboot command in one piece', `${required}[run]\nrebootCommand = "reboot now"`, /run\.rebootCommand/],
    ['a group with a blank', required.replace('role', 'groups = ["a b"]\nrole'), /node\.groups/],
    ...waysThatCannotBe,
    ['a negative baseline', required.replace('role', 'baseline = -1\nrole'), /node\.baseline/],
  ])('%s', (_name, text, message) => {
    expect(() => load(text)).toThrowError(
      expect.objectContaining({
        code: 'config.invalid',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
    expect(() => load(text)).toThrowError(layout.configFile);
  });
});

test('everything that is wrong is told at once, each with its key, what was expected and what was found', () => {
  const text = `
    [node]
    guid = "no"
    role = "king"
    [trust]
    threshold = 0
    [channels]
    rescan_seconds = 5
    backhaul = "/var/lib/ferryman"
    [run]
    threshold = 2
    deferMaxSeconds = 1
    [[report.sinks]]
    type = "file"
    name = "a"
    path = "here"
    [[report.sinks]]
    type = "pigeon"
    [[report.sinks]]
    type = "exec"
    name = "a"
    command = ["send"]
    timeoutSeconds = 1979-05-27
    [[report.sinks]]
    type = "webhook"
    name = "syslog"
    url = "ftp://example.org"
    colour = "red"
    [log]
    level = ["info"]
    [tidy]
    [retention]
    parcelDays = {}
  `;
  const { problems } = readConfig(text, '/');
  expect(problems.map(problemText)).toEqual([
    'tidy: expected one of node, trust, channels, flood, logs, fleet, office, publish, usb, lamp, run, report, sms, alerts, log, retention, found a key that ferryman does not know',
    'node.guid: expected a GUID in lower case, found "no"',
    'node.role: expected "kiosk", "ferry", "gateway", "proxy" or "office", found "king"',
    'trust.threshold: expected a whole number from 1 to 1000, found 0',
    'channels.rescan_seconds: expected "rescanSeconds", found a key that ferryman does not know',
    'run.threshold: expected it in the table [trust], found a key that ferryman does not know',
    'log.level: expected "error", "warning", "info" or "debug", found ["info"]',
    'retention.parcelDays: expected a whole number from 1 to 1000000, found a table',
    'report.sinks[1].path: expected an absolute path, found "here"',
    'report.sinks[2].type: expected "file", "exec", "webhook" or "sms", found "pigeon"',
    'report.sinks[3].timeoutSeconds: expected a whole number from 1 to 3600, found a date',
    'report.sinks[4].colour: expected one of name, url, timeoutSeconds, type, found a key that ferryman does not know',
    'report.sinks[4].url: expected an http or https address, found something else (not shown: it may hold a secret)',
    'run.deferMaxSeconds: expected at least run.deferFirstSeconds (60), found 1',
    'channels.backhaul: expected a folder apart from those of ferryman itself, found "/var/lib/ferryman"',
    'report.sinks[3].name: expected a name that no other sink has, found "a"',
    'report.sinks[4].name: expected another name than that of report.syslog, found "syslog"',
  ]);
});

test.each([
  ['channels', 'backhaul', '/var/lib/ferryman'],
  ['channels', 'backhaul', '/'],
  ['channels', 'backhaul', '/var/lib/ferryman/relay/updates'],
  ['channels', 'backhaul', '/etc'],
  ['channels', 'backhaul', '/etc/ferryman/keys'],
])('a channel must not look where ferryman itself keeps things: %s.%s = %s', (table, key, path) => {
  const { problems } = readConfig(`${required}[${table}]\n${key} = "${path}"\n`, '/');
  expect(problems.map((problem) => problem.key)).toContain(`${table}.${key}`);
});

test.each(['/etc/ferryman/config.toml', '/var/lib/ferryman/ledger.sqlite'])(
  'a sink must not write into %s',
  (path) => {
    const { problems } = readConfig(
      `${required}[[report.sinks]]\ntype = "file"\nname = "x"\npath = "${path}"\n`,
      '/',
    );
    expect(problems.map(problemText)).toEqual([
      `report.sinks[1].path: expected a file outside of the folders of ferryman itself, found "${path}"`,
    ]);
  },
);

test('an address or a command that is not sound is not shown: it may hold a secret', () => {
  for (const line of [
    'type = "webhook"\nurl = "htps://x.org/SECRET"',
    'type = "exec"\ncommand = "send --token=SECRET"',
  ]) {
    const told = readConfig(`${required}[[report.sinks]]\nname = "x"\n${line}\n`, '/')
      .problems.map(problemText)
      .join();
    expect(told).toContain('not shown');
    expect(told).not.toContain('SECRET');
  }
});

test('a fault in the TOML is told with its line and column', () => {
  const { problems } = readConfig('[node]\nguid = "a"\nguid = "b"\n', '/');
  expect(problems.map(problemText)).toEqual([
    expect.stringMatching(/^expected TOML, found line 3, column 1: .*already defined/) as string,
  ]);
});

test('TOML that cannot be read is refused in one line, with the place, and nothing that a terminal acts on', () => {
  const { problems } = readConfig(`${required}[run\x1b[2J]\n`, '/');
  expect(problems.map(problemText)).toEqual([
    expect.stringMatching(/^expected TOML, found line 6, column \d+: [\x20-\x7e]+$/) as string,
  ]);
});

const code = (of: string): Error => expect.objectContaining({ code: of }) as Error;

describe('the trusted keys', () => {
  test('are all the .pub files, and one that is broken makes everything refused', () => {
    const [one, two] = [fixedKey(1), fixedKey(2)];
    writePublicKey(layout.keys, one);
    writePublicKey(layout.keys, two);
    writeFileSync(join(layout.keys, 'README'), 'not a key');
    expect(
      loadTrust(layout, 2)
        .keys.map(({ keyId }) => keyId)
        .toSorted(),
    ).toEqual([one.keyId, two.keyId].toSorted());
    expect(() => loadTrust(layout, 3)).toThrowError(code('trust.threshold'));
    writeFileSync(join(layout.keys, 'broken.pub'), 'not a key');
    expect(() => loadTrust(layout, 1)).toThrowError(code('trust.unreadable'));
    writeFileSync(join(layout.keys, 'broken.pub'), readFileSync(join(layout.keys, `${one.keyId}.pub`)));
    expect(() => loadTrust(layout, 1)).toThrowError(code('trust.duplicate'));
    expect(() => loadTrust(layoutUnder('/no/such/root'), 1)).toThrowError(code('trust.unreadable'));
  });
});
