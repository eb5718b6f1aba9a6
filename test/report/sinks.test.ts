/** Every sink keeps the same promises, whatever it hands texts to: they are real files, programs, servers and `logger`. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSocket, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { execSink } from '../../src/report/sinks/exec.ts';
import { fileSink } from '../../src/report/sinks/file.ts';
import type { ShortLog, ShortLogSink } from '../../src/report/sinks/sink.ts';
import { syslogSink } from '../../src/report/sinks/syslog.ts';
import { webhookSink } from '../../src/report/sinks/webhook.ts';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import { pack } from '../../src/parcel/public-key.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { smsSink } from '../../src/report/sinks/sms.ts';
import { parseSms } from '../../src/sms/text.ts';
import { textOf } from '../sms/gammu.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

const guid = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';
const never = new AbortController().signal;
const message = (text: string): ShortLog => ({
  id: 7,
  digest: 'ab'.repeat(64),
  sequence: 42,
  state: 'failed',
  text,
  createdAt: '1970-01-01T00:00:09Z',
});

/** A sink, what it has been given, and how to break it. */
interface Case {
  readonly sink: ShortLogSink;
  /** As the other side sees it. */
  readonly taken: () => string[];
  /** From now on nothing is taken. */
  readonly breakIt: () => void | Promise<void>;
}

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
  removeFolders();
});

function program(body: string): string {
  const path = join(temporaryFolder(), 'program');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const cases: Readonly<Record<string, () => Promise<Case>>> = {
  file: async () => {
    const path = join(temporaryFolder(), 'short.log');
    return {
      sink: fileSink({ name: 'file', path, maxMegabytes: 1 }),
      taken: () =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.replace('1970-01-01T00:00:09Z 42 failed: ', '')),
      // Root writes to any file; to a folder nobody can.
      breakIt: () => {
        renameSync(path, `${path}.old`);
        mkdirSync(path);
      },
    };
  },
  exec: async () => {
    const folder = temporaryFolder();
    const command = program(
      `[ -e ${folder}/broken ] && { echo "no line" >&2; exit 3; }; cat >>${folder}/taken; echo >>${folder}/taken`,
    );
    return {
      sink: execSink({ name: 'sms', command: [command], timeoutSeconds: 5 }, guid),
      taken: () => readFileSync(join(folder, 'taken'), 'utf8').split('\n').slice(0, -1),
      breakIt: () => writeFileSync(join(folder, 'broken'), ''),
    };
  },
  sms: () => {
    const folder = temporaryFolder();
    const outbox = join(folder, 'outbox');
    mkdirSync(outbox);
    const ledger = makeLedger(join(folder, 'ledger.sqlite'));
    closers.push(() => ledger.close());
    const receiver = pack(publicKeyOf(fixedKey(2))).toString('base64');
    const sms = smsSink(
      { name: 'sms', numbers: ['+15551'], sms: { spool: folder, receiver, name: '', textsADay: 20 } },
      {
        guid,
        ledger,
        host: { uptimeSeconds: () => 0, bootId: 'b', randomHex: () => '0a3f91' },
        identity: () => Promise.resolve(fixedKey(1)),
      },
    );
    // Elsewhere each text is a message of its own; one that came again would be known.
    let id = 0;
    return Promise.resolve({
      sink: { name: sms.name, send: (text, signal) => sms.send({ ...text, id: ++id }, signal) },
      taken: () =>
        readdirSync(outbox)
          .toSorted()
          .map((name) => parseSms(textOf(join(outbox, name)))?.words ?? '')
          // The one character of these texts that no SMS has; whatever comes from the ledger is rid of it already.
          .map((words) => words.replaceAll('?id?', '`id`')),
      breakIt: () => rmSync(outbox, { recursive: true }),
    });
  },
  webhook: async () => {
    const hook = await startHook();
    return {
      sink: webhookSink(
        { name: 'hook', url: `http://127.0.0.1:${hook.port}/secret-token`, timeoutSeconds: 5 },
        guid,
      ),
      taken: () =>
        hook.bodies.map((body) =>
          (JSON.parse(body) as { text: string }).text.replace(`${guid} update 42 failed: `, ''),
        ),
      breakIt: () => {
        hook.answer = 500;
      },
    };
  },
  syslog: async () => {
    const socket = join(temporaryFolder(), 'log');
    const received = await startSyslog(socket);
    return {
      sink: syslogSink(socket),
      taken: () => received.lines().map((line) => line.replace(/^.*ferryman: update 42 failed: /, '')),
      breakIt: async () => {
        await received.close();
        writeFileSync(socket, '');
      },
    };
  },
};

describe.each(Object.entries(cases))('a sink of type %s', (_type, make) => {
  test('takes texts one after another, whole and unchanged', async () => {
    const { sink, taken } = await make();
    const texts = ['done: 3 of 3', 'quotes " \' $(id) `id` \\ --help', '-n é £ @'];
    for (const text of texts) await sink.send(message(text), never);
    await until(() => taken().length === texts.length);
    expect(taken()).toEqual(texts);
  });

  test('that does not take a text says so, and in which words', async () => {
    const { sink, breakIt } = await make();
    await sink.send(message('first'), never);
    await breakIt();
    await expect(sink.send(message('second'), never)).rejects.toMatchObject({ code: 'report.failed' });
  });
});

describe('the file sink', () => {
  test('follows no link, writes to no fifo and no device', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'));
    for (const path of [join(folder, 'link'), '/dev/null', folder]) {
      const sink = fileSink({ name: 'file', path, maxMegabytes: 1 });
      await expect(sink.send(message('text'), never)).rejects.toMatchObject({ code: 'report.failed' });
    }
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  test('sets a long file aside and keeps four in all', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'short.log');
    const sink = fileSink({ name: 'file', path, maxMegabytes: 1 });
    for (let round = 1; round <= 6; round++) {
      appendFileSync(path, 'x'.repeat(1024 * 1024));
      await sink.send(message(`round ${round}`), never);
    }
    expect(readdirSync(folder).toSorted()).toEqual([
      'short.log',
      'short.log.1',
      'short.log.2',
      'short.log.3',
    ]);
    expect(readFileSync(path, 'utf8')).toBe('1970-01-01T00:00:09Z 42 failed: round 6\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toContain('round 5');
    expect(readFileSync(`${path}.3`, 'utf8')).toContain('round 3');
  });

  test('that cannot set its file aside goes on with it: a text is not sent again for that', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'short.log');
    const sink = fileSink({ name: 'file', path, maxMegabytes: 1 });
    writeFileSync(path, 'x'.repeat(1024 * 1024));
    mkdirSync(join(folder, 'short.log.1/not-empty'), { recursive: true });
    mkdirSync(join(folder, 'short.log.2/not-empty'), { recursive: true });
    mkdirSync(join(folder, 'short.log.3/not-empty'), { recursive: true });
    await expect(sink.send(message('text'), never)).resolves.toBeUndefined();
    expect(readFileSync(path, 'utf8').match(/text/g)).toHaveLength(1);
  });
});

describe('the exec sink', () => {
  test('gives the program the facts and nothing of our own environment', async () => {
    const folder = temporaryFolder();
    process.env['FERRYMAN_TEST_SECRET'] = 'secret';
    const sink = execSink({ name: 'sms', command: [program(`env >${folder}/env`)], timeoutSeconds: 5 }, guid);
    await sink.send(message('text'), never);
    delete process.env['FERRYMAN_TEST_SECRET'];
    const environment = readFileSync(join(folder, 'env'), 'utf8');
    expect(environment).toContain(`FERRYMAN_NODE=${guid}\n`);
    expect(environment).toContain('FERRYMAN_SEQUENCE=42\n');
    expect(environment).toContain('FERRYMAN_STATE=failed\n');
    expect(environment).toContain(`FERRYMAN_MESSAGE_ID=${guid}.abababababababab.7\n`);
    expect(environment).not.toContain('secret');
  });

  test('tells the last line that a failing program said', async () => {
    const sink = execSink(
      {
        name: 'sms',
        command: [program('echo one; echo "modem: no carrier" >&2; exit 4')],
        timeoutSeconds: 5,
      },
      guid,
    );
    await expect(sink.send(message('text'), never)).rejects.toThrowError(
      /^sink sms: exit status 4: modem: no carrier$/,
    );
  });

  test('takes a text from a program that never reads it and says megabytes', async () => {
    const sink = execSink(
      { name: 'sms', command: [program('head -c 9000000 /dev/zero; exit 0')], timeoutSeconds: 20 },
      guid,
    );
    await expect(sink.send(message('text'), never)).resolves.toBeUndefined();
  });

  test('does not wait for what the program left in the background', async () => {
    const sink = execSink({ name: 'sms', command: [program('sleep 20 & exit 0')], timeoutSeconds: 5 }, guid);
    await expect(sink.send(message('text'), never)).resolves.toBeUndefined();
  });

  test('tells nothing that a terminal acts on, and no argument of the program', async () => {
    const command = [program("printf 'bad\\033[2J\\007'; exit 1"), '--token=SECRET'];
    const sink = execSink({ name: 'sms', command, timeoutSeconds: 5 }, guid);
    const problem = await sink.send(message('text'), never).catch((error: unknown) => error as Error);
    expect((problem as Error).message).toBe('sink sms: exit status 1: bad\\u{1b}[2J\\u{7}');
  });

  test('ends what a program has started too, when it is late', async () => {
    const folder = temporaryFolder();
    const late = program(`cat >/dev/null; sh -c 'echo $$ >${folder}/pid; exec sleep 300'; exit 0`);
    const sink = execSink({ name: 'sms', command: [late], timeoutSeconds: 1 }, guid);
    await expect(sink.send(message('text'), never)).rejects.toThrowError(/no end within 1 s/);
    await until(() => !alive(folder));
    expect(alive(folder)).toBe(false);
  });

  test('ends a program that hangs, and when ferryman stops one that is at work', async () => {
    const folder = temporaryFolder();
    const hanging = program(`echo $$ >${folder}/pid; exec sleep 300`);
    const sink = execSink({ name: 'sms', command: [hanging], timeoutSeconds: 1 }, guid);
    await expect(sink.send(message('text'), never)).rejects.toThrowError(/no end within 1 s/);
    expect(alive(folder)).toBe(false);
    rmSync(join(folder, 'pid'));
    const stop = new AbortController();
    const patient = execSink({ name: 'sms', command: [hanging], timeoutSeconds: 300 }, guid);
    const sent = patient.send(message('text'), stop.signal);
    await until(() => alive(folder));
    stop.abort();
    await expect(sent).rejects.toMatchObject({ code: 'report.failed' });
    expect(alive(folder)).toBe(false);
  });

  test('a program that is not there is a failure, not a crash', async () => {
    const sink = execSink({ name: 'sms', command: ['/no/such/program'], timeoutSeconds: 5 }, guid);
    await expect(sink.send(message('text'), never)).rejects.toThrowError(/ENOENT/);
  });
});

describe('the webhook sink', () => {
  test('posts the JSON that Slack takes, with an id by which a second copy is known', async () => {
    const hook = await startHook();
    const sink = webhookSink(
      { name: 'hook', url: `http://127.0.0.1:${hook.port}/x?y=1`, timeoutSeconds: 5 },
      guid,
    );
    await sink.send(message('disk full'), never);
    expect(JSON.parse(hook.bodies[0] ?? '')).toEqual({ text: `${guid} update 42 failed: disk full` });
    expect(hook.requests[0]).toMatchObject({ method: 'POST', url: '/x?y=1' });
    expect(hook.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': `"${guid}.abababababababab.7"`,
    });
  });

  test.each([
    ['an answer of 404', 404, /answered 404$/],
    ['a redirect, which is not followed', 302, /answered 302/],
  ])('counts %s as a failure, and tells its host only', async (_name, answer, words) => {
    const hook = await startHook();
    hook.answer = answer;
    const sink = webhookSink(
      { name: 'hook', url: `http://127.0.0.1:${hook.port}/secret-token`, timeoutSeconds: 5 },
      guid,
    );
    const problem = await sink.send(message('text'), never).catch((error: unknown) => error as Error);
    expect(problem).toMatchObject({ message: expect.stringMatching(words) as string });
    expect((problem as Error).message).not.toContain('secret');
    expect(hook.requests).toHaveLength(1);
  });

  test('gives up a server that takes the text and never answers', async () => {
    const hook = await startHook();
    hook.answer = 0;
    const sink = webhookSink(
      { name: 'hook', url: `http://127.0.0.1:${hook.port}/`, timeoutSeconds: 1 },
      guid,
    );
    await expect(sink.send(message('text'), never)).rejects.toThrowError(/no answer within 1 s/);
  });

  test('does not wait for the end of an endless answer', async () => {
    const hook = await startHook();
    hook.answer = -1;
    const sink = webhookSink(
      { name: 'hook', url: `http://127.0.0.1:${hook.port}/`, timeoutSeconds: 5 },
      guid,
    );
    await expect(sink.send(message('text'), never)).resolves.toBeUndefined();
  });
});

test('where nobody listens to syslog, nothing is kept for him', async () => {
  await expect(syslogSink('/no/such/socket').send(message('text'), never)).resolves.toBeUndefined();
});

/** Whether the program that wrote its number into a folder still runs. */
function alive(folder: string): boolean {
  const file = join(folder, 'pid');
  return existsSync(file) && existsSync(`/proc/${readFileSync(file, 'utf8').trim()}/exe`);
}

interface Hook {
  readonly port: number;
  readonly bodies: string[];
  readonly requests: IncomingMessage[];
  /** Status; 0: never answers; -1: never stops answering. */
  answer: number;
}

async function startHook(): Promise<Hook> {
  const bodies: string[] = [];
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      requests.push(request);
      if (hook.answer === 0) return;
      if (hook.answer === 200) bodies.push(body);
      if (hook.answer === -1) {
        response.writeHead(200);
        const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
        response.on('close', () => clearInterval(timer));
        return;
      }
      response.writeHead(hook.answer, { location: '/elsewhere' });
      response.end(`no such hook: ${request.url ?? ''}`);
    });
  });
  await listen(server, 0);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const hook: Hook = { port: (server.address() as AddressInfo).port, bodies, requests, answer: 200 };
  return hook;
}

/** `logger` tries a datagram socket, then a stream: this is one. */
async function startSyslog(path: string): Promise<{ lines(): string[]; close(): Promise<void> }> {
  let text = '';
  const server = createSocket((connection) => {
    connection.on('data', (chunk) => {
      text += chunk.toString();
    });
  });
  await listen(server, path);
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  closers.push(() => void close());
  return { lines: () => text.split(/[\n\0]/).filter((line) => line !== ''), close };
}

function listen(server: Server, where: string | number): Promise<void> {
  return new Promise((resolve) => {
    if (typeof where === 'string') server.listen(where, resolve);
    else server.listen(where, '127.0.0.1', resolve);
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 20));
}
