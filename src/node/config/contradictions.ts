/** Values that are sound one by one and make no sense together. Pure. Looks past what is missing: that is told already. */
import { join } from 'node:path';
import { reverseOf } from '../../enrol/reverse.ts';
import { parsePeer } from '../../flood/peer.ts';
import { printable } from '../../parcel/printable.ts';
import { isLoopbackHost, parseListen } from '../../office/settings.ts';
import { syslogName } from './keys.ts';
import type { Config, Problem, SinkConfig } from './read-config.ts';

/** @param root what the node stands under */
export function contradictions(config: Config, root: string): Problem[] {
  return [
    ...pauses(config),
    ...folders(config, root),
    ...office(config),
    ...sinks(config.report.sinks, root),
    ...sms(config),
    ...alerts(config),
    ...ways(config),
  ];
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

/** Beyond this machine a page needs a name of its own: it answers to no other, and by its name it knows whether TLS stands before it. */
function office({ office: { listen, address } }: Config): Problem[] {
  const host = parseListen(listen ?? '')?.host;
  return host !== undefined && !isLoopbackHost(host) && address === ''
    ? [
        {
          key: 'office.address',
          expected: 'the address by which browsers call the page, since office.listen is beyond loopback',
          found: '""',
        },
      ]
    : [];
}

function atLeast(key: string, value: number, otherKey: string, other: number): Problem[] {
  return value < other ? [{ key, expected: `at least ${otherKey} (${other})`, found: String(value) }] : [];
}

function folders({ channels: { backhaul } }: Config, root: string): Problem[] {
  const own = ownFolders(root);
  // What does not verify is moved away from a channel's folder: the node's own files must not stand in it.
  const near = (path: string | undefined): boolean =>
    path !== undefined &&
    !isWithin(path, join(own.state, 'backhaul')) &&
    [own.etc, own.state].some((folder) => isWithin(path, folder) || isWithin(folder, path));
  return near(backhaul)
    ? [
        {
          key: 'channels.backhaul',
          expected: 'a folder apart from those of ferryman itself',
          found: printable(JSON.stringify(backhaul)),
        },
      ]
    : [];
}

/** Ways back: each its own port, and only between a gateway and proxies that it calls. */
function ways({ flood, node: { role } }: Config): Problem[] {
  const { reverse, peers, sshPort }: Partial<Config['flood']> = flood;
  const all = reverseOf(reverse ?? []);
  if (all.length === 0) return [];
  if (role !== 'gateway' && role !== 'proxy')
    return [
      {
        key: 'flood.reverse',
        expected: '[], unless node.role is "gateway" or "proxy"',
        found: `role ${role}`,
      },
    ];
  const called = new Set((peers ?? []).map((text) => parsePeer(text)?.node));
  return all.flatMap(({ node, port }, index) => {
    const problem = (expected: string, found: string): Problem => ({
      key: `flood.reverse[${index + 1}]`,
      expected,
      found,
    });
    const before = all.slice(0, index);
    const isTaken = role === 'proxy' && (port === sshPort || before.some((other) => other.port === port));
    return [
      ...(before.some((other) => other.node === node)
        ? [problem('a node that no other entry has', node)]
        : []),
      ...(isTaken ? [problem('a port of its own', String(port))] : []),
      ...(role === 'gateway' && !called.has(node)
        ? [problem('a proxy that is one of flood.peers', node)]
        : []),
    ];
  });
}

/** The folders of a node that hold its state and configuration: node/layout.ts. */
function ownFolders(root: string): { readonly etc: string; readonly state: string } {
  return { etc: join(root, 'etc/ferryman'), state: join(root, 'var/lib/ferryman') };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** @param all with holes where an entry is no sink at all */
function sinks(all: readonly (SinkConfig | undefined)[], root: string): Problem[] {
  const own = ownFolders(root);
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
      ...(path !== undefined && [own.etc, own.state].some((folder) => isWithin(path, folder))
        ? [problem('path', 'a file outside of the folders of ferryman itself', path)]
        : []),
    ];
  });
}

/** Without the proxy's key nobody could tell a text from a forged one. */
function sms({ sms: { receiver, receive }, report, node: { role } }: Config): Problem[] {
  const isElsewhere = receive && role !== 'proxy';
  const received: Problem[] = isElsewhere
    ? [{ key: 'sms.receive', expected: 'false, unless node.role is "proxy"', found: `role ${role}` }]
    : [];
  const sent: Problem[] =
    receiver === '' && report.sinks.some((sink: SinkConfig | undefined) => sink?.type === 'sms')
      ? [
          {
            key: 'sms.receiver',
            expected: 'the public key of the proxy that checks the texts of report.sinks',
            found: 'nothing',
          },
        ]
      : [];
  return [...received, ...sent];
}

function alerts({
  alerts: { mailTo, mailFrom, quietFrom, quietUntil, smtpUser, smtpSecurity, smtpHost },
}: Config): Problem[] {
  const isHere = ['localhost', '127.0.0.1', '::1'].includes(smtpHost);
  return [
    ...((mailTo ?? []).length > 0 && mailFrom === ''
      ? [
          {
            key: 'alerts.mailFrom',
            expected: 'a mail address, since alerts.mailTo names some',
            found: 'nothing',
          },
        ]
      : []),
    ...((quietFrom === '') !== (quietUntil === '')
      ? [
          {
            key: 'alerts.quietUntil',
            expected: 'both or none of quietFrom and quietUntil',
            found: 'one of them',
          },
        ]
      : []),
    ...(smtpUser !== '' && smtpSecurity === 'none' && !isHere
      ? [{ key: 'alerts.smtpSecurity', expected: 'encryption, since a password is sent', found: '"none"' }]
      : []),
  ];
}
