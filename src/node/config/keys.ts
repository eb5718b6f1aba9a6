/**
 * Every key of `config.toml`: its kind, unit, default and meaning. The one table from which the configuration is read, checked and
 * documented (docs/configuration.md is made from it).
 */
import { isGroupName, isGuid, roles } from '../../parcel/recipients.ts';
import { incidentKinds } from '../../fleet/alerts/incident.ts';
import { isTimeZone, minutesOf } from '../../fleet/alerts/quiet-hours.ts';
import { parseReverse } from '../../enrol/reverse.ts';
import { parsePeer } from '../../flood/peer.ts';
import { isOrigin, parseListen, probeReaders } from '../../office/settings.ts';
import { unpack } from '../../parcel/public-key.ts';
import { isSmsName } from '../../sms/sms-name.ts';
import { isLedName } from '../../usb/show/led-name.ts';
import {
  absolutePath,
  commandLine,
  listOf,
  oneOf,
  optionalCommandLine,
  optionalPath,
  pairOf,
  text,
  webAddress,
  whole,
  yesOrNo,
  type Kind,
} from './kinds.ts';

export interface Key<T> {
  readonly kind: Kind<T>;
  readonly about: string;
  readonly unit?: string;
  /** As it would be written in the file; without one the key is required. */
  readonly default?: unknown;
}

export type Keys = Readonly<Record<string, Key<unknown>>>;

/** What a table of keys is read into. */
export type Values<K> = { readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T : never };

/** A day: longer waits help nobody. */
const pause = whole(1, 24 * 3600);
/** Lit and dark, so that an eye can tell. */
const blink = pairOf(whole(20, 10_000));
/** Room for ever, and days for ever, are a large number: nothing grows without a bound. */
const amount = whole(1, 1_000_000);

/** TCP and UDP. */
const port = whole(1, 65_535);
const interfaceName = text('the name of a network interface', (value) =>
  /^[A-Za-z0-9._-]{1,15}$/.test(value),
);
/** `GUID@HOST:PORT`; an IPv6 address stands in brackets. */
const peer = text('a neighbour as GUID@HOST:PORT', (value) => parsePeer(value) !== undefined);
const reverse = text('the other node and a port as GUID:PORT', (value) => parseReverse(value) !== undefined);
function isGlob(value: string): boolean {
  return value !== '' && value.length <= 255 && !value.startsWith('/') && !value.includes('\0');
}

function isStoreAddress(value: string): boolean {
  if (value === 'sqlite') return true;
  return /^postgres(ql)?:$/.test(URL.canParse(value) ? new URL(value).protocol : '');
}

function isLine(value: string): boolean {
  return value.length <= 255 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);
}
const hostName = text('the name of a host', (value) => /^[A-Za-z0-9._:-]{1,255}$/.test(value));
/** As strict as a header needs it: an address cannot begin another line, or be two. */
function isMailAddress(value: string): boolean {
  return value.length <= 254 && /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$/.test(value);
}
const mailAddress = text('a mail address', isMailAddress);
/** The table of zones takes its time to load, and every command reads the configuration. */
function isKnownZone(value: string): boolean {
  return value === 'UTC' || isTimeZone(value);
}
const timeOfDay = text(
  'a time of the day, such as "22:00", or ""',
  (value) => value === '' || minutesOf(value) !== undefined,
);

export const tables = {
  node: {
    guid: { kind: text('a GUID in lower case', isGuid), about: 'who this node is' },
    role: { kind: oneOf(roles), about: 'what the node is in the network' },
    groups: {
      kind: listOf(text('a group', isGroupName), 'names of lower-case letters, digits, ".", "_" and "-"', 0),
      default: [],
      about: 'names by which updates address several nodes',
    },
    baseline: {
      kind: whole(0),
      default: 0,
      about: 'sequences up to this one came with the image and never run',
    },
  },
  trust: {
    threshold: {
      kind: whole(1, 1000),
      about: 'office keys that must have signed an update; at most as many as there are keys',
    },
  },
  channels: {
    backhaul: {
      kind: absolutePath,
      default: '/var/lib/ferryman/backhaul',
      about: 'folder in which a delay-tolerant engine drops parcels',
    },
    rescanSeconds: {
      kind: pause,
      unit: 's',
      default: 30,
      about: 'between two looks at every channel; changes are noticed at once where the system tells of them',
    },
    quietSeconds: {
      kind: pause,
      unit: 's',
      default: 600,
      about:
        'without a change after which a file that does not verify is moved to `/var/lib/ferryman/set-aside/` (the newest 50, at most 256 MiB, are kept; one on another file system is removed)',
    },
  },
  flood: {
    enabled: {
      kind: yesOrNo,
      default: true,
      about: 'whether neighbours are looked for and met; needs an enrolment (`ferryman enrol`) besides',
    },
    interfaces: {
      kind: listOf(interfaceName, 'names of network interfaces', 0),
      default: [],
      about: 'on which neighbours are looked for; `[]`: all with IPv4 and a broadcast address but loopback',
    },
    peers: {
      kind: listOf(peer, 'neighbours as GUID@HOST:PORT', 0),
      default: [],
      about: 'neighbours that are met without a ping, such as the proxy from a gateway',
    },
    reverse: {
      kind: listOf(reverse, 'nodes and ports as GUID:PORT', 0),
      default: [],
      about:
        'ways back to gateways that a proxy cannot call, behind NAT say: on the gateway its proxies, on the proxy its gateways, each with the port (from 1024) of the ' +
        "proxy's loopback where the way ends. On the proxy taken into use by `ferryman enrol install`",
    },
    peerSeconds: {
      kind: pause,
      unit: 's',
      default: 300,
      about:
        'between two contacts with such a neighbour, when nothing is heard of it; longer after contacts that failed',
    },
    pingPort: { kind: port, default: 7821, about: 'UDP port of the ping, the same on all nodes' },
    pingSeconds: {
      kind: pause,
      unit: 's',
      default: 15,
      about:
        'between two pings, on average; a proxy acknowledges once in four of them, and at most once a minute',
    },
    sshPort: {
      kind: port,
      default: 7822,
      about:
        'TCP port on which neighbours fetch from here, by ssh; taken into use by `ferryman enrol install`',
    },
    user: {
      kind: text('the name of a user', (value) => /^[a-z_][a-z0-9_-]{0,31}$/.test(value)),
      default: 'ferryman',
      about: 'unprivileged user who serves neighbours and fetches from them',
    },
    ownLogsOnly: {
      kind: yesOrNo,
      default: false,
      about:
        "whether a kiosk leaves other nodes' logs where they are; nodes of other roles carry them all the same",
    },
    poolMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 1024,
      about: "room for other nodes' logs; own ones do not count",
    },
    contactMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 2048,
      about: 'fetched at most in one contact',
    },
    contactSeconds: { kind: pause, unit: 's', default: 600, about: 'one contact lasts at most' },
    contacts: {
      kind: whole(1, 8),
      default: 3,
      about: 'neighbours from which this node fetches at a time; never twice from one',
    },
  },
  logs: {
    enabled: {
      kind: yesOrNo,
      default: true,
      about: 'whether logs are packed and sent home; needs an enrolment (`ferryman enrol`) besides',
    },
    periodSeconds: {
      kind: whole(60, 31 * 24 * 3600),
      unit: 's',
      default: 21_600,
      about:
        'between two archives of the logs, while the machine is on; after a start the first one comes within five minutes. Outcomes of updates and contacts with neighbours do not wait for it',
    },
    include: {
      kind: listOf(text('a glob', isGlob), 'globs', 1),
      default: ['**'],
      about: 'files below /var/log that are sent; `*` is within a folder, `**` across folders',
    },
    exclude: {
      kind: listOf(text('a glob', isGlob), 'globs', 0),
      default: ['journal/**'],
      about: 'files below /var/log that are not; the journal travels by `logs.journal`',
    },
    journal: {
      kind: yesOrNo,
      default: true,
      about: 'whether the journal of systemd is sent too, as `journalctl -o export` prints it',
    },
    compression: {
      kind: oneOf(['auto', 'zstd', 'gzip']),
      default: 'auto',
      about: '`auto`: zstd where it is installed, else gzip',
    },
    archiveMegabytes: {
      kind: whole(1, 31),
      unit: 'MiB',
      default: 16,
      about: 'size of one archive at most; what is more goes into further ones',
    },
    poolMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 1024,
      about:
        'room for own archives that no proxy holds yet; beyond it the oldest long ones are dropped, and declared as lost',
    },
  },
  fleet: {
    store: {
      kind: { ...text('"sqlite" or the address of a PostgreSQL', isStoreAddress), secret: true },
      default: 'sqlite',
      about:
        'where the office keeps what it knows of its nodes, for a proxy and `ferryman office`: `"sqlite"`, a file of this machine, `/var/lib/ferryman/fleet.sqlite`; or `"postgres://USER:PASSWORD@HOST/DATABASE"`, which several machines may share',
    },
    contactDays: {
      kind: amount,
      unit: 'days',
      default: 400,
      about: 'contacts between nodes are kept in the fleet store; what became of updates is kept for ever',
    },
    shortLogDays: {
      kind: amount,
      unit: 'days',
      default: 400,
      about: 'short logs are kept in the fleet store',
    },
  },
  office: {
    listen: {
      kind: text('HOST:PORT', (value) => parseListen(value) !== undefined),
      default: '127.0.0.1:7824',
      about: 'where `ferryman office` serves its page; beyond loopback only with `office.address`',
    },
    address: {
      kind: text(
        'an address like "https://office.example.org", or ""',
        (value) => value === '' || isOrigin(value),
      ),
      default: '',
      about:
        'how browsers call the page: with `https` behind a reverse proxy that ends TLS; with `http` passwords travel as they are typed, which only a network like WireGuard makes good. `""`: by a name of loopback',
    },
    forwarded: {
      kind: yesOrNo,
      default: false,
      about:
        'a reverse proxy stands before the page and writes who asks at the end of `X-Forwarded-For`; only what slows down guessing at passwords looks at it',
    },
    idleMinutes: {
      kind: whole(1, 24 * 60),
      unit: 'min',
      default: 60,
      about: 'without a request after which a login ends',
    },
    sessionHours: {
      kind: whole(1, 24 * 31),
      unit: 'h',
      default: 12,
      about: 'after which a login ends in any case',
    },
    probes: {
      kind: oneOf(probeReaders),
      default: 'loopback',
      about:
        'who may read `/metrics` and `/healthz`: whoever is logged in (`"login"`), programs of this machine besides (`"loopback"`), anybody (`"everybody"`)',
    },
  },
  publish: {
    backhaul: {
      kind: absolutePath,
      default: '/var/lib/ferryman/outgoing/backhaul',
      about: 'folder in which `ferryman publish` lays updates for a delay-tolerant engine to take',
    },
    usb: {
      kind: absolutePath,
      default: '/var/lib/ferryman/outgoing/usb',
      about: 'folder in which `ferryman publish` lays updates for `ferryman usb prepare`',
    },
  },
  usb: {
    enabled: { kind: yesOrNo, default: true, about: 'whether USB keys are looked at' },
    requirePass: {
      kind: yesOrNo,
      default: true,
      about:
        'take updates only from a key that carries a pass of the office for this node; `false`: from any key. They must be signed all the same',
    },
    backEnds: {
      kind: listOf(oneOf(['usb-detection', 'udevadm']), 'of "usb-detection" and "udevadm"', 0),
      default: ['udevadm'],
      about:
        'what tells of a key at once, where it is installed; usb-detection takes 45 MB. Keys are looked for every 30 s besides, and every 3 s when none of them is at work',
    },
    slots: {
      kind: listOf(absolutePath, 'absolute paths', 0),
      default: [],
      about:
        'block devices or image files that count as a USB key while they are there, such as a card reader inside the box; with `--root DIR` below DIR, where a link may lead to the device',
    },
    hook: {
      kind: optionalCommandLine,
      default: [],
      about:
        'program and arguments, called at the steps of a visit with the step and the code as arguments and the words on standard input; of steps that pass while it still runs it hears the last only, so `running` also says that the key may be pulled; `[]`: none',
    },
    statusPort: {
      kind: whole(0, 65_535),
      default: 0,
      about: "port of the status page on 127.0.0.1, for the kiosk's own screen; 0: none",
    },
  },
  lamp: {
    name: {
      kind: text('the name of a lamp in /sys/class/leds, or ""', (value) => value === '' || isLedName(value)),
      default: '',
      about: 'the lamp that tells the technician how things stand; `""`: none',
    },
    stay: { kind: blink, unit: 'ms', default: [100, 100], about: 'lit and dark: the key must stay in' },
    safe: { kind: blink, unit: 'ms', default: [1000, 1000], about: 'lit and dark: the key may be pulled' },
    running: { kind: blink, unit: 'ms', default: [100, 1900], about: 'lit and dark: an update is running' },
    done: { kind: blink, unit: 'ms', default: [1900, 100], about: 'lit and dark: all is done' },
  },
  run: {
    stopSeconds: {
      kind: pause,
      unit: 's',
      default: 10,
      about: 'between SIGTERM and SIGKILL, when a script is stopped',
    },
    deferFirstSeconds: {
      kind: pause,
      unit: 's',
      default: 60,
      about: 'first pause after exit 75; each next one is twice as long',
    },
    deferMaxSeconds: { kind: pause, unit: 's', default: 21_600, about: 'longest pause after exit 75' },
    rebootCommand: {
      kind: commandLine,
      default: ['systemctl', 'reboot'],
      about:
        'program and arguments that reboot the machine when a script asks for it; scripts.md says when it is tried again',
    },
  },
  report: {
    syslog: { kind: yesOrNo, default: true, about: 'one line per outcome to syslog, by `logger`' },
    retryFirstSeconds: {
      kind: pause,
      unit: 's',
      default: 30,
      about:
        'pause after a sink has failed; each next one is twice as long, until it takes a short log again',
    },
    retryMaxSeconds: {
      kind: pause,
      unit: 's',
      default: 3600,
      about: 'longest pause after a sink has failed',
    },
  },
  sms: {
    spool: {
      kind: absolutePath,
      default: '/var/spool/gammu',
      about: 'folder of gammu-smsd, with `inbox`, `outbox`, `sent` and `error` in it',
    },
    receiver: {
      kind: text(
        'the second line of the identity.pub of a proxy',
        (value) => value === '' || unpack(Buffer.from(value, 'base64')) !== undefined,
      ),
      default: '',
      about:
        'on a node that sends: the second line of `/etc/ferryman/identity.pub` of the proxy whose modem has one of the numbers; no other can check the texts',
    },
    name: {
      kind: text(
        'at most 20 letters, digits, blanks, "." and "-"',
        (value) => value === '' || isSmsName(value),
      ),
      default: '',
      about: 'what people call this node; stands in its texts after the first eight digits of the GUID',
    },
    textsADay: {
      kind: whole(1, 1000),
      default: 20,
      about:
        'sent at most in a day on which the machine is on, to all numbers together; what is more is dropped, and comes with the logs',
    },
    receive: {
      kind: yesOrNo,
      default: false,
      about: 'on a proxy: whether `ferryman run` takes texts from the inbox of gammu-smsd',
    },
  },
  alerts: {
    webhooks: {
      kind: { ...listOf(webAddress, 'http or https addresses', 0), secret: true },
      default: [],
      about: 'addresses to which alerts are posted as `{"text": …}`, as Slack takes it',
    },
    mailTo: {
      kind: listOf(mailAddress, 'mail addresses', 0),
      default: [],
      about: 'who gets alerts by e-mail',
    },
    mailFrom: {
      kind: text('a mail address, or ""', (value) => value === '' || isMailAddress(value)),
      default: '',
      about: 'who they come from',
    },
    smtpHost: { kind: hostName, default: 'localhost', about: 'the mail server' },
    smtpPort: { kind: port, default: 587, about: 'its TCP port' },
    smtpSecurity: {
      kind: oneOf(['starttls', 'tls', 'none']),
      default: 'starttls',
      about:
        '`starttls`: encrypted before anything is said; `tls`: from the first byte on, often at port 465; `none`: for a server on this machine',
    },
    smtpUser: {
      kind: text('a user name, or ""', isLine),
      default: '',
      about: 'who sends there; `""`: nobody in particular',
    },
    smtpPasswordFile: {
      kind: optionalPath,
      default: '',
      about: 'file that holds the password of that user and nothing else, for root alone',
    },
    quietFrom: {
      kind: timeOfDay,
      default: '',
      about: 'from when only what is urgent is told; the rest follows in one message; `""`: never',
    },
    quietUntil: { kind: timeOfDay, default: '', about: 'until when' },
    timeZone: {
      kind: text('the name of a time zone, such as "Europe/Berlin"', isKnownZone),
      default: 'UTC',
      about: 'in which those times are meant; summer time comes and goes by it',
    },
    urgent: {
      kind: listOf(oneOf(incidentKinds), `of ${incidentKinds.join(', ')}`, 0),
      default: ['store', 'equivocation', 'fork'],
      about: 'kinds that are told in quiet hours too',
    },
    kinds: {
      kind: listOf(oneOf(incidentKinds), `of ${incidentKinds.join(', ')}`, 1),
      default: [...incidentKinds],
      about: 'kinds that are told at all',
    },
    gatherSeconds: {
      kind: pause,
      unit: 's',
      default: 900,
      about: 'between two messages on one road at least: what comes meanwhile is told in one',
    },
  },
  log: {
    level: {
      kind: oneOf(['error', 'warning', 'info', 'debug']),
      default: 'info',
      about: 'how much the daemon tells on standard error: this level and the graver ones',
    },
    format: {
      kind: oneOf(['text', 'json']),
      default: 'text',
      about: 'how it tells it: one line, or one JSON document, per event',
    },
  },
  retention: {
    parcelDays: {
      kind: amount,
      unit: 'days',
      default: 365,
      about: "a finished update's parcel is kept, to run it again and to hand it on",
    },
    parcelMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 2048,
      about:
        'room for the parcels of finished updates; those with the smallest sequences go first. One that has expired, or is superseded for all whom it addresses, goes at once',
    },
    stateDays: {
      kind: amount,
      unit: 'days',
      default: 365,
      about: "the folder that a finished update's script kept (`FERRYMAN_STATE`) is kept",
    },
    stateMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 1024,
      about: 'room for the folders of finished updates; the oldest go first',
    },
    logDays: { kind: amount, unit: 'days', default: 365, about: 'long logs and captured outputs are kept' },
    logMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 256,
      about: 'room for long logs and captured outputs; the oldest go first',
    },
    logFiles: { kind: amount, default: 2000, about: 'long logs and captured outputs kept at most' },
    storyDays: {
      kind: amount,
      unit: 'days',
      default: 730,
      about:
        'the ledger keeps how a finished update came to its end; that it ended, and how, it keeps for ever',
    },
    storyUpdates: { kind: amount, default: 10_000, about: 'updates whose story the ledger keeps at most' },
  },
} as const satisfies Readonly<Record<string, Keys>>;

/** How a sink is called in `status`, `outbox` and the ledger. */
const name = {
  kind: text('a name of at most 32 lower-case letters, digits and "-"', (value) =>
    /^[a-z0-9][a-z0-9-]{0,31}$/.test(value),
  ),
  about: 'what the sink is called in `ferryman status` and `ferryman outbox`; each has its own',
};
/** As gammu-smsd has it in the names of files. */
const phone = text('a phone number', (value) => /^\+?[0-9]{3,15}$/.test(value));
const timeoutSeconds = {
  kind: whole(1, 3600),
  unit: 's',
  default: 30,
  about: 'for one short log; then it counts as failed and is tried again',
};

/** The keys of each entry of `[[report.sinks]]`, by its `type`. */
export const sinkTables = {
  file: {
    name,
    path: { kind: absolutePath, about: 'file to which a line of time, sequence, state and text is appended' },
    maxMegabytes: {
      kind: amount,
      unit: 'MiB',
      default: 4,
      about: 'size at which the file becomes `PATH.1`; four such files are kept',
    },
  },
  exec: {
    name,
    command: {
      kind: commandLine,
      about: 'program and arguments; gets the text on standard input and takes it by exit status 0',
    },
    timeoutSeconds,
  },
  webhook: {
    name,
    url: {
      kind: webAddress,
      about:
        'address to which `{"text": …}` is posted, as Slack takes it; it takes it by a status from 200 to 299',
    },
    timeoutSeconds,
  },
  sms: {
    name,
    numbers: {
      kind: listOf(phone, 'phone numbers, such as "+910000000000"', 1),
      about: 'who gets a text of each outcome, by gammu-smsd; needs `sms.receiver`, see `[sms]`',
    },
  },
} as const satisfies Readonly<Record<string, Keys>>;

export type SinkType = keyof typeof sinkTables;
export const sinkTypes = Object.keys(sinkTables) as SinkType[];
/** What stands for `[[report.sinks]]` when there is none. */
export const defaultSinks = [{ type: 'file', name: 'file', path: '/var/log/ferryman/short.log' }] as const;
export const maxSinks = 16;

/** The sink that `report.syslog` stands for; no other has this name. */
export const syslogName = 'syslog';
