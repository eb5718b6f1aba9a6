/** The page on a real port: what no request that hono sees can show. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { serve, type Serving } from '../../src/office/serve.ts';
import type { OfficeEnv } from '../../src/office/web/environment.ts';
import { madeOffice } from './made-office.ts';

let serving: Serving;
beforeEach(async () => {
  serving = await serve((await madeOffice()).app, { host: '127.0.0.1', port: 0 });
});
afterEach(() => serving.close());

/** What comes back for these bytes until the server closes, or a little while. */
function answerTo(bytes: string, waitMs = 3000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(serving.port, '127.0.0.1', () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(waitMs, end);
    socket.on('data', (some) => (answer += some.toString('latin1')));
    socket.on('close', end);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? end() : reject(error),
    );
  });
}

const host = 'Host: 127.0.0.1\r\nConnection: close\r\n';

test.each([
  ['a header of 20 kB', `GET /login HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
  ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400/],
  ['a method that is none', `FOO / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 400/],
  ['TRACE', `TRACE / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 405/],
  [
    'two lengths',
    `POST /login HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    /^HTTP\/1\.1 400/,
  ],
  [
    'a length and pieces',
    `POST /login HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400/,
  ],
  ['no host', 'GET /login HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400/],
  [
    'a foreign host',
    'GET /login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    /^HTTP\/1\.1 421/,
  ],
  [
    'a name and a password in the address',
    `GET http://a:b@127.0.0.1/login HTTP/1.1\r\n${host}\r\n`,
    /^HTTP\/1\.1 421/,
  ],
  [
    'an address of a foreign host',
    `GET http://evil.example/login HTTP/1.1\r\n${host}\r\n`,
    /^HTTP\/1\.1 4\d\d/,
  ],
  ['steps upwards', `GET /assets/../../etc/passwd HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 (?:303|404)/],
  [
    'an upgrade',
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    /^HTTP\/1\.1 303/,
  ],
])('%s is answered in short, and nothing of the inside is told', async (_, bytes, expected) => {
  const answer = await answerTo(bytes);
  expect(answer).toMatch(expected);
  expect(answer).not.toMatch(/\bat .*\.[jt]s:|node_modules|Error:/);
});

test('bodies that come in pieces without a length have the same limit', async () => {
  const piece = `${(60_000).toString(16)}\r\n${'a'.repeat(60_000)}\r\n`;
  const head = `POST /login HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n`;
  expect(await answerTo(`${head}${piece}${piece}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 (?:413|403)/);
});

test('whoever sends a letter at a time is cut off, and others are answered meanwhile', async () => {
  const { app } = await madeOffice();
  await serving.close();
  serving = await serve(app, { host: '127.0.0.1', port: 0 }, { headersMs: 1000 });
  const slow = answerTo(`GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: `, 50_000);
  const others = await fetch(`http://127.0.0.1:${serving.port}/login`);
  expect(others.status).toBe(200);
  expect(await slow).toMatch(/^HTTP\/1\.1 408/);
});

test('whoever asks and does not take the answer is cut off', async () => {
  const app = new Hono<OfficeEnv>();
  const isCutOff = new Promise((resolve) => {
    app.get('/', (visit) => {
      visit.env.incoming?.socket.once('close', resolve);
      return visit.body('x'.repeat(16 * 1024 * 1024));
    });
  });
  const other = await serve(app, { host: '127.0.0.1', port: 0 }, { idleMs: 300 });
  const socket = connect(other.port, '127.0.0.1', () => socket.write(`GET / HTTP/1.1\r\n${host}\r\n`));
  socket.pause().on('error', () => undefined);
  await isCutOff;
  socket.destroy();
  await other.close();
  expect(socket.bytesRead).toBeLessThan(16 * 1024 * 1024);
}, 20_000);

test('one network cannot take all connections', async () => {
  const address = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const app = new Hono<OfficeEnv>().get('/', (visit) => visit.text('here'));
  const from = address ?? '127.0.0.1';
  const other = await serve(app, { host: from, port: 0 }, { perNetwork: 2 });
  const sockets = await Promise.all(
    [1, 2, 3].map(async () => {
      const socket = connect(other.port, from).on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    }),
  );
  // Programs of this machine may: a reverse proxy is one.
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(address === undefined ? 0 : 1);
  for (const socket of sockets) socket.destroy();
  await other.close();
});

test('a port that is taken is told in words', async () => {
  const { app } = await madeOffice();
  const second = serve(app, { host: '127.0.0.1', port: serving.port });
  await expect(second).rejects.toThrow(FerrymanError);
  await expect(second).rejects.toMatchObject({ code: 'office.listen' });
});
