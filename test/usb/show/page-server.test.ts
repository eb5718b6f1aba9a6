/** What the server of the status page says to browsers, and to whoever is none. */
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Page } from '../../../src/usb/show/page.ts';
import { freePort } from './browser.ts';
import { phases } from './phases.ts';
import { ask, closePages, listen, node, openSocket, pages, pause, show, until } from './shown-page.ts';

afterEach(closePages);

describe('the server of the status page', () => {
  test('answers what is so in one JSON document', async () => {
    const { page, port } = await show();
    page.set(phases.failed);
    const { body, headers } = await ask(port, { path: '/state.json' });
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      schema: 'ferryman.usb-state/1',
      node,
      kind: 'failed',
      title: 'Not done',
      act: 'Tell the office',
      text: 'This key is not for this kiosk. Ask the office for the key of this kiosk.',
      percent: null,
      code: 'U12',
      mayPull: true,
    });
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const { port } = await show();
    const { status, headers } = await ask(port, { method });
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  test('answers HEAD without a body', async () => {
    const { port } = await show();
    for (const path of ['/', '/state.json', '/events']) {
      const { status, body } = await ask(port, { method: 'HEAD', path });
      expect([status, body]).toEqual([200, '']);
    }
  });

  test.each([
    'kiosk.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '[::2]',
    'localhost@evil',
  ])('refuses the name %s, by which a page elsewhere would read it', async (host) => {
    const { port } = await show();
    for (const path of ['/', '/state.json', '/events'])
      expect((await ask(port, { headers: { host }, path })).status).toBe(403);
  });

  test('answers to the names of loopback, with whatever port', async () => {
    const { port } = await show();
    for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1:8080', '[::1]', `[::1]:${port}`])
      expect((await ask(port, { headers: { host } })).status).toBe(200);
  });

  test('listens on loopback only, in both its forms', async () => {
    const { port } = await show();
    expect((await ask(port, { host: '::1' })).status).toBe(200);
    await expect(ask(port, { host: '127.0.0.2', headers: { host: 'localhost' } })).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  test('lets nothing be loaded from elsewhere, kept or framed', async () => {
    const { port } = await show();
    for (const path of ['/', '/state.json', '/style.css', '/page.js', '/nowhere']) {
      const { headers } = await ask(port, { path });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['access-control-allow-origin']).toBe(undefined);
    }
  });

  test('knows no other page', async () => {
    const { port } = await show();
    for (const path of ['/etc/passwd', '/../../etc/passwd', '//', '/state.json/', '/toString', '/%00'])
      expect((await ask(port, { path })).status).toBe(404);
  });

  test('leaves a flood of connections outside, and answers again when it is over', async () => {
    const { port } = await show();
    const flood = await Promise.all(Array.from({ length: 200 }, () => openSocket(port)));
    await until(() => flood.filter(isOpen).length <= 16);
    expect(flood.filter(isOpen).length).toBeGreaterThan(0);
    await until(async () => (await ask(port).catch(() => undefined))?.status === 200); // who says nothing is left
    for (const socket of flood) socket.destroy();
  });

  test('listens to no endless header', async () => {
    const { port } = await show();
    const socket = await openSocket(port);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}`);
    await until(() => socket.closed);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('tells few listeners each phase; one too many is refused, and finds room when another has gone', async () => {
    const { page, port } = await show();
    const listeners = await Promise.all(Array.from({ length: 4 }, () => listen(port)));
    await until(() => listeners.every(({ heard }) => heard().includes('"nothing"')));
    expect((await ask(port, { path: '/events' })).status).toBe(503);
    page.set(phases.safe);
    await until(() => listeners.every(({ heard }) => heard().includes('"safe"')));
    listeners[0]?.socket.destroy();
    let late = await listen(port);
    await until(async () => {
      if (!late.heard().includes('503')) return late.heard().includes('"safe"');
      late = await listen(port);
      return false;
    });
    for (const { socket } of [...listeners, late]) socket.destroy();
  });

  test('leaves a listener that does not read', async () => {
    const { page, port } = await show();
    const { socket } = await listen(port);
    socket.pause();
    for (let round = 0; !socket.closed && round < 10_000; round++) {
      page.set({ kind: 'reading', text: `${round} ${'x'.repeat(10_000)}` });
      if (round % 100 === 0) await pause(1);
      if (connectionsOf(port) === 0) break;
    }
    expect(connectionsOf(port)).toBe(0);
    socket.destroy();
  });

  test('whose port is taken says so once, and opens when it is free', async () => {
    const port = await freePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    const told: string[] = [];
    const page = new Page({ port, node }, phases.nothing, (problem) => told.push(problem));
    pages.push(page);
    await until(() => told.length > 0);
    await pause(1500);
    expect(told).toEqual([
      expect.stringMatching(/^status page: .*EADDRINUSE.*127\.0\.0\.1.*; it is tried again$/),
    ]);
    await new Promise((resolve) => holder.close(resolve));
    await until(async () => (await ask(port).catch(() => undefined))?.status === 200);
  });

  test('closes with listeners on it, and while its port is taken', async () => {
    const { page, port } = await show();
    const { socket } = await listen(port);
    const second = new Page({ port, node }, phases.nothing, () => undefined);
    await second.close();
    await page.close();
    await until(() => socket.closed);
    await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('is not there without a port', async () => {
    const page = new Page({ port: 0, node }, phases.nothing, () => undefined);
    page.set(phases.safe);
    await expect(page.close()).resolves.toBe(undefined);
  });
});

function isOpen(socket: Socket): boolean {
  return !socket.closed && !socket.destroyed;
}

/** Established ones, as the kernel counts them on the side of the server. */
function connectionsOf(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.filter(([, from = '', , state]) => from.endsWith(local) && state === '01').length;
}
