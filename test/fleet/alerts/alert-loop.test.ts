/** Alerts with a real store and real servers: each road is told once, a dead one holds up no other, and a restart changes nothing. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { AlertLoop, testAlert, type AlertSettings } from '../../../src/fleet/alerts/alert-loop.ts';
import type { FindingSource } from '../../../src/fleet/alerts/findings.ts';
import { incidentKinds } from '../../../src/fleet/alerts/incident.ts';
import { mailRoad, type MailSettings } from '../../../src/fleet/alerts/roads/mail.ts';
import type { AlertRoad } from '../../../src/fleet/alerts/roads/road.ts';
import { webhookRoad } from '../../../src/fleet/alerts/roads/webhook.ts';
import type { Need } from '../../../src/fleet/facts/overview.ts';
import { everyNode } from '../../../src/fleet/node-query.ts';
import { openFleetStore } from '../../../src/fleet/store/open-store.ts';
import { nobodyOverdue } from './hearing.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

const minute = 60_000;
const settings: AlertSettings = {
  quietHours: undefined,
  urgent: [],
  gatherSeconds: 900,
  kinds: incidentKinds,
  page: '',
};
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
afterAll(removeFolders);

/** What a person has to look at. */
const failed = (count = 1): Need => ({
  kind: 'failed',
  text: `update 42 "Kernel fix" has failed on ${count} nodes`,
  update: 42,
  nodeCount: count,
  nodes: [],
  query: { ...everyNode, update: 'd'.repeat(128) },
  sinceAt: Date.parse('2026-11-21T12:00:00Z'),
});

/** An office whose facts and clock the test sets; processes come and go, the store stays. */
class Office {
  readonly folder = temporaryFolder();
  readonly file = join(this.folder, 'state/fleet.sqlite');
  needs: readonly Need[] = [];
  nowMs = Date.parse('2026-11-21T12:00:00Z');
  readonly words: string[] = [];

  begin(roads: readonly AlertRoad[], holder = 'one', some = settings): AlertLoop {
    const source: FindingSource = {
      questions: {
        needsPerson: () => Promise.resolve(this.needs),
        nodes: () => Promise.resolve({ query: everyNode, total: 0, nodes: [] }),
      },
      hearing: () => Promise.resolve(nobodyOverdue),
    };
    const loop = new AlertLoop({
      openStore: () => openFleetStore({ store: 'sqlite', file: this.file }),
      sourceOf: () => source,
      roads,
      settings: some,
      holder,
      nowMs: () => this.nowMs,
      tell: (_level, text) => this.words.push(text),
    });
    closers.push(() => loop.close());
    return loop;
  }

  async look(loop: AlertLoop, minutes = 0): Promise<void> {
    this.nowMs += minutes * minute;
    await loop.look();
    await loop.settled();
  }
}

interface Hook {
  readonly address: string;
  readonly texts: string[];
  readonly ids: unknown[];
  answer: number;
}

async function startHook(): Promise<Hook> {
  const hook = { address: '', texts: [] as string[], ids: [] as unknown[], answer: 200 };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (hook.answer === 0) return;
      if (hook.answer === 200) {
        hook.texts.push((JSON.parse(body) as { text: string }).text);
        hook.ids.push(request.headers['idempotency-key']);
      }
      response.writeHead(hook.answer).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  hook.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token`;
  return hook;
}

interface Mailbox {
  readonly port: number;
  /** PEM; '' without `auth`. */
  readonly certificate: string;
  readonly mails: { readonly to: string[]; readonly text: string; readonly isSecure: boolean }[];
  refuses: boolean;
}

/** @param auth user and password that it wants; it has a certificate of its own making */
async function startMail(auth?: readonly [string, string]): Promise<Mailbox> {
  const certified = auth === undefined ? undefined : await makeCertificate();
  const mailbox: Mailbox = { port: 0, certificate: certified?.cert ?? '', mails: [], refuses: false };
  const server = new SMTPServer({
    ...certified,
    authOptional: auth === undefined,
    disabledCommands: auth === undefined ? ['STARTTLS'] : [],
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === auth?.[0] && password === auth?.[1]
        ? done(null, { user: username })
        : done(new Error('535 no such user')),
    onRcptTo: (_address, _session, done) =>
      done(mailbox.refuses ? new Error('mailbox <\u001b[2J> unavailable\nsecond line') : null),
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mailbox.mails.push({ to, text, isSecure: session.secure });
        done();
      });
    },
  });
  server.on('error', () => undefined); // a client that goes away is no matter
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port));
  });
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return Object.assign(mailbox, { port });
}

async function makeCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', cert]);
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

const mail = (port: number, changes: Partial<MailSettings> = {}): MailSettings => ({
  to: ['ops@example.org', 'boss@example.org'],
  from: 'ferryman@example.org',
  smtpHost: '127.0.0.1',
  smtpPort: port,
  smtpSecurity: 'none',
  smtpUser: '',
  smtpPasswordFile: '',
  timeoutMs: 1000,
  ...changes,
});

describe('what begins and ends', () => {
  test('is told once on every road, also when each look is by a new process', async () => {
    const office = new Office();
    const [hook, mailbox] = [await startHook(), await startMail()];
    const look = async (minutes: number): Promise<void> => {
      const loop = office.begin([webhookRoad(hook.address), mailRoad(mail(mailbox.port))]);
      await office.look(loop, minutes);
      await loop.close();
    };
    office.needs = [failed()];
    await look(0);
    office.needs = [failed(300)];
    for (let n = 0; n < 3; n++) await look(20);
    office.needs = [];
    for (let n = 0; n < 3; n++) await look(20);
    expect(hook.texts).toEqual([
      'failed\n  - update 42 "Kernel fix" has failed on 1 nodes, since 2026-11-21T12:00:00Z',
      'over: failed\n  - update 42 "Kernel fix" has failed on 300 nodes, since 2026-11-21T12:00:00Z until 2026-11-21T13:20:00Z',
    ]);
    expect(mailbox.mails.map(({ text }) => /^ {2}- .*?(?= has failed)/m.exec(text)?.[0])).toEqual([
      '  - update 42 "Kernel fix"',
      '  - update 42 "Kernel fix"',
    ]);
    expect(mailbox.mails[1]?.text).toMatch(/^Subject: ferryman: 1 incident over$/m);
    expect(mailbox.mails[0]?.to).toEqual(['ops@example.org', 'boss@example.org']);
    expect(new Set(hook.ids).size).toBe(2);
  });

  test('is told with some of its nodes, since when it lasts, and where to look', async () => {
    const office = new Office();
    const hook = await startHook();
    const months = { ...failed(5), sinceAt: Date.parse('2026-06-01T00:00:00Z') };
    office.needs = [
      { ...months, nodes: ['a', '', 'c', 'd', 'e'].map((name) => ({ guid: 'guid-of-b', name })) },
    ];
    const page = 'https://office.example.org';
    await office.look(office.begin([webhookRoad(hook.address)], 'one', { ...settings, page }));
    expect(hook.texts[0]).toBe(
      'failed\n  - update 42 "Kernel fix" has failed on 5 nodes: a, guid-of-b, c and 2 more, since 2026-06-01T00:00:00Z\nhttps://office.example.org/alerts',
    );
  });

  test('is told on a road that is new, as far as it lasts', async () => {
    const office = new Office();
    const [first, second] = [await startHook(), await startHook()];
    office.needs = [failed(), { ...failed(), query: { ...everyNode, update: 'e'.repeat(128) } }];
    await office.look(office.begin([webhookRoad(first.address)]));
    office.needs = office.needs.slice(1);
    const loop = office.begin([webhookRoad(first.address), webhookRoad(second.address)]);
    await office.look(loop, 20);
    await office.look(loop, 20);
    expect(first.texts).toHaveLength(2);
    expect(second.texts).toHaveLength(1);
    expect(second.texts[0]).toMatch(/^failed\n {2}- /);
  });

  test('of a kind that nobody wants to hear of is not told', async () => {
    const office = new Office();
    const hook = await startHook();
    office.needs = [failed()];
    await office.look(office.begin([webhookRoad(hook.address)], 'one', { ...settings, kinds: ['fork'] }));
    expect(hook.texts).toEqual([]);
  });
});

describe('a road that fails', () => {
  test('holds up no other, is left alone for longer and longer, also after a restart, and misses nothing', async () => {
    const office = new Office();
    const [dead, hook, mailbox] = [await startHook(), await startHook(), await startMail()];
    dead.answer = 500;
    mailbox.refuses = true;
    const roads = [webhookRoad(dead.address), webhookRoad(hook.address), mailRoad(mail(mailbox.port))];
    office.needs = [failed()];
    await office.look(office.begin(roads));
    expect(hook.texts).toHaveLength(1);
    const tries = (): number => office.words.filter((text) => /answered 500/.test(text)).length;
    expect(tries()).toBe(1);
    let loop = office.begin(roads);
    await office.look(loop, 0.5);
    expect(tries()).toBe(1);
    await office.look(loop, 1);
    expect(tries()).toBe(2);
    await office.look(loop, 1);
    expect(tries()).toBe(2);
    office.needs = [];
    await loop.close();
    [dead.answer, mailbox.refuses] = [200, false];
    loop = office.begin(roads);
    await office.look(loop, 120);
    expect(dead.texts[0]).toMatch(/^was, and is over: failed\n/);
    expect(mailbox.mails).toHaveLength(1);
    expect(hook.texts).toHaveLength(2);
    expect(office.words.join('')).not.toMatch(/secret|\p{Cc}/u);
  });

  test('by silence is given up after its time', async () => {
    const office = new Office();
    const [silent, hook] = [await startHook(), await startHook()];
    silent.answer = 0;
    office.needs = [failed()];
    await office.look(office.begin([webhookRoad(silent.address, 200), webhookRoad(hook.address)]));
    expect(hook.texts).toHaveLength(1);
    expect(office.words.some((text) => /no answer within 0.2 s/.test(text))).toBe(true);
  });
});

describe('of several machines', () => {
  test('one tells, and another goes on when it is gone', async () => {
    const office = new Office();
    const hook = await startHook();
    const [one, two] = ['one', 'two'].map((holder) => office.begin([webhookRoad(hook.address)], holder));
    if (!one || !two) throw new Error('no loops');
    office.needs = [failed()];
    await office.look(one);
    await office.look(two);
    expect(hook.texts).toHaveLength(1);
    office.needs = [];
    await office.look(two, 4);
    expect(hook.texts).toHaveLength(1);
    await office.look(two, 12);
    expect(hook.texts).toHaveLength(2);
    await office.look(one);
    expect(hook.texts).toHaveLength(2);
  });
});

function breakIt({ folder }: Office): void {
  renameSync(join(folder, 'state'), join(folder, 'kept'));
  writeFileSync(join(folder, 'state'), '');
}

function mendIt({ folder }: Office): void {
  rmSync(join(folder, 'state'));
  renameSync(join(folder, 'kept'), join(folder, 'state'));
}

describe('a store that does not answer', () => {
  test('is told without it, once, and that it is back, by the machine that told before', async () => {
    const office = new Office();
    const hook = await startHook();
    mkdirSync(join(office.folder, 'state'));
    const loop = office.begin([webhookRoad(hook.address)]);
    const other = office.begin([webhookRoad(hook.address)], 'two');
    await office.look(loop);
    await office.look(other);
    await loop.forgetStore();
    await other.forgetStore();
    breakIt(office);
    for (let n = 0; n < 10; n++) {
      await office.look(loop, 1);
      await office.look(other);
    }
    expect(hook.texts).toHaveLength(1);
    expect(hook.texts[0]).toMatch(/^the fleet store does not answer\n/);
    mendIt(office);
    for (let n = 0; n < 3; n++) await office.look(loop, 20);
    expect(hook.texts).toHaveLength(2);
    expect(hook.texts[1]).toMatch(/^over: the fleet store does not answer\n.* until /);
    expect(office.words.filter((text) => /fleet\./.test(text))).toHaveLength(2);
  });

  test('and answers while a road is still being told: that road hears of the end too', async () => {
    const office = new Office();
    const told: string[] = [];
    const answers: (() => void)[] = [];
    const road: AlertRoad = {
      name: 'slow',
      send: ({ text }) => {
        told.push(text);
        return told.length > 1 ? Promise.resolve() : new Promise((resolve) => void answers.push(resolve));
      },
    };
    mkdirSync(join(office.folder, 'state'));
    const loop = office.begin([road]);
    await office.look(loop);
    await loop.forgetStore();
    breakIt(office);
    await loop.look();
    office.nowMs += 4 * minute;
    await loop.look();
    expect(told).toHaveLength(1);
    mendIt(office);
    await loop.look();
    answers[0]?.();
    await loop.settled();
    await office.look(loop, 20);
    await office.look(loop, 20);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^over: the fleet store does not answer\n.* until 2026-11-21T12:04:00Z$/);
  });

  test('for a moment only is no incident', async () => {
    const office = new Office();
    const hook = await startHook();
    const loop = office.begin([webhookRoad(hook.address)]);
    await office.look(loop);
    await loop.forgetStore();
    breakIt(office);
    await office.look(loop, 1);
    await office.look(loop, 1);
    mendIt(office);
    for (let n = 0; n < 3; n++) await office.look(loop, 20);
    expect(hook.texts).toEqual([]);
  });
});

describe('e-mail', () => {
  test('logs in only when the connection is encrypted, with the password of its file', async () => {
    const mailbox = await startMail(['ferry', 'se cret']);
    const passwordFile = join(temporaryFolder(), 'password');
    writeFileSync(passwordFile, 'se cret\n');
    const auth = { smtpUser: 'ferry', smtpPasswordFile: passwordFile };
    const send = (changes: Partial<MailSettings>): Promise<unknown> =>
      testAlert(
        [mailRoad(mail(mailbox.port, { ...auth, smtpSecurity: 'starttls', ...changes }))],
        'a test',
        'id',
      );
    // Its certificate is of nobody's making whom we believe.
    expect(await send({ smtpSecurity: 'starttls' })).toMatchObject([
      { problem: expect.stringMatching(/certificate|self/i) as string },
    ]);
    expect(mailbox.mails).toEqual([]);
    expect(await send({ smtpSecurity: 'none' })).toMatchObject([{ problem: expect.any(String) as string }]);
    expect(mailbox.mails).toEqual([]);
    expect(await send({ ca: mailbox.certificate })).toMatchObject([{ problem: null }]);
    expect(await send({ ca: mailbox.certificate, smtpUser: 'other' })).toMatchObject([
      { problem: expect.stringMatching(/no such user|535/) as string },
    ]);
    expect(mailbox.mails.map(({ isSecure }) => isSecure)).toEqual([true]);
  });

  test('says nothing to a server that cannot encrypt, where that is asked for', async () => {
    const mailbox = await startMail();
    const roads = [mailRoad(mail(mailbox.port, { smtpSecurity: 'starttls' }))];
    const [tested] = await testAlert(roads, 'a test', 'id');
    expect(tested?.problem).toMatch(/STARTTLS/i);
    expect(mailbox.mails).toEqual([]);
  });

  test('to a server that accepts and says nothing is given up', async () => {
    const silent = createServer();
    silent.removeAllListeners('connection');
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    closers.push(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const [tested] = await testAlert([mailRoad(mail(port, { timeoutMs: 200 }))], 'a test', 'id');
    expect(tested?.problem).toMatch(/^(?!mail)./);
  });

  test('a title cannot begin a header, and is shown as it is', async () => {
    const mailbox = await startMail();
    const office = new Office();
    office.needs = [{ ...failed(), text: 'x\r\nBcc: evil@example.org\r\n\r\n<b>hi' }];
    await office.look(office.begin([mailRoad(mail(mailbox.port))]));
    expect(mailbox.mails[0]?.to).toHaveLength(2);
    expect(mailbox.mails[0]?.text).not.toMatch(/^Bcc:/m);
  });
});

test('a test goes to every road, and says of each whether it was taken', async () => {
  const [hook, dead] = [await startHook(), await startHook()];
  dead.answer = 404;
  const tested = await testAlert([webhookRoad(hook.address), webhookRoad(dead.address)], 'root', 'id');
  expect(tested.map(({ problem }) => problem)).toEqual([null, 'expected to be taken, answered 404']);
  expect(hook.texts).toEqual(['A test of the alerts of ferryman, by root. All is well.']);
});

test('a title that would call everybody in Slack calls nobody', async () => {
  const hook = await startHook();
  const office = new Office();
  office.needs = [{ ...failed(), text: '<!channel> & <http://evil|click>' }];
  await office.look(office.begin([webhookRoad(hook.address)]));
  expect(hook.texts[0]).toContain('&lt;!channel&gt; &amp; &lt;http://evil|click&gt;');
});
