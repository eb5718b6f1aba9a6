/** `docs/configuration.md`, made from the table of keys. `npm run docs` writes it. */
import {
  defaultSinks,
  maxSinks,
  sinkTables,
  tables,
  type Key,
  type Keys,
} from '../../src/node/config/keys.ts';

const intro: Readonly<Record<keyof typeof tables, string>> = {
  node: 'Who the node is. Written by `ferryman init`.',
  trust: 'The keys themselves are the `.pub` files in `/etc/ferryman/keys/`: `ferryman trust --help`.',
  channels: 'Folders in which parcels arrive.',
  flood:
    'Neighbours with whom logs, acknowledgements, rosters and updates are exchanged: docs/format.md, section 16.',
  logs: 'Logs on their way home: docs/operations.md, `ferryman logs status`.',
  fleet: 'What the office knows of its nodes: docs/operations.md, the fleet store.',
  office: 'The page of the office: docs/operations.md, "The office page".',
  publish: 'Where `ferryman publish` lays updates, in the office.',
  usb: 'Keys that technicians plug in: docs/technician.md, docs/operations.md.',
  lamp: 'What the technician sees of a box without a screen. A failure counts its code out: docs/technician.md, whose drawings show the defaults.',
  run: 'How scripts are run: docs/scripts.md.',
  report: 'Short logs on their way home: `ferryman outbox`.',
  sms: 'Short logs by SMS, sent by a sink of type `sms` and received by a proxy: docs/operations.md, docs/format.md, section 17.',
  alerts:
    'What is wrong in the fleet, told to people: one message as it begins and one when it is over. Heeded by a proxy and by `ferryman office`: docs/operations.md, `ferryman alerts test`.',
  log: "The daemon's own log.",
  retention:
    'What is kept, and how long. Days are days on which ferryman was at work, in all, by the clock that counts from boot: a calendar that jumps removes nothing.',
};

export function configurationDocument(): string {
  return [
    '# Configuration: `/etc/ferryman/config.toml`',
    '',
    'Made from the table in `src/node/config/keys.ts` by `npm run docs`; a test holds it against the table.',
    '',
    '`ferryman init` writes the file, in [TOML](https://toml.io/en/v1.0.0). What is left out has its default. An unknown key, a value that is not as expected and',
    'settings that contradict each other are errors, told all at once; `ferryman config check` looks without starting anything. With `--root DIR`',
    'absolute paths in it stand under DIR too. The daemon reads the file when it starts; `trust.threshold` it reads in every pass.',
    '',
    ...Object.entries(tables).flatMap(([name, keys]) => [
      `## \`[${name}]\``,
      '',
      intro[name as keyof typeof tables],
      '',
      ...keyTable(keys),
      '',
    ]),
    '## `[[report.sinks]]`',
    '',
    `Where short logs go: up to ${maxSinks} entries, each with a \`type\`. Each sink gets every short log; one that fails is tried again with growing`,
    'pauses and holds up no other. Without an entry it is as if there stood:',
    '',
    '    [[report.sinks]]',
    ...Object.entries(defaultSinks[0]).map(([key, value]) => `    ${key} = "${value}"`),
    '',
    ...Object.entries(sinkTables).flatMap(([type, keys]) => [
      `### \`type = "${type}"\``,
      '',
      ...keyTable(keys),
      '',
    ]),
    'An `exec` program finds `FERRYMAN_NODE`, `FERRYMAN_SEQUENCE`, `FERRYMAN_STATE`, `FERRYMAN_TIME` and `FERRYMAN_MESSAGE_ID` in its environment and nothing',
    'else of ours. After a power cut a sink may be given a text again that it took just before: the message id (for a webhook, the `Idempotency-Key`',
    'header) is then the same.',
    '',
  ].join('\n');
}

function keyTable(keys: Keys): string[] {
  return [
    '| key | is | unit | default | meaning |',
    '|---|---|---|---|---|',
    ...Object.entries(keys).map(([name, key]) => `| ${row(name, key).join(' | ')} |`),
  ];
}

function row(name: string, { kind, unit, about, default: fallback }: Key<unknown>): string[] {
  const standard = fallback === undefined ? 'required' : `\`${JSON.stringify(fallback)}\``;
  return [`\`${name}\``, kind.expected, unit ?? '', standard, about];
}
