/** A status page that is shown, and what asks it. */
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Page } from '../../../src/usb/show/page.ts';
import type { Phase } from '../../../src/usb/show/phase.ts';
import { freePort } from './browser.ts';
import { phases } from './phases.ts';

export const node = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';

/** Closed by {@link closePages}. */
export const pages: Page[] = [];

export async function closePages(): Promise<void> {
  await Promise.all(pages.splice(0).map((page) => page.close()));
}

export interface Shown {
  readonly page: Page;
  readonly port: number;
  readonly address: string;
  readonly told: string[];
}

export async function show(phase: Phase = phases.nothing): Promise<Shown> {
  const port = await freePort();
  const told: string[] = [];
  const page = new Page({ port, node }, phase, (problem) => told.push(problem));
  pages.push(page);
  await until(async () => (await ask(port).catch(() => undefined))?.status === 200);
  return { page, port, address: `http://127.0.0.1:${port}/`, told };
}

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export function ask(
  port: number,
  { method = 'GET', path = '/', host = '127.0.0.1', headers = {} }: Question = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.on('error', () => resolve(socket)); // refused at once or later: what matters is whether it is open
    socket.on('data', () => undefined);
  });
}

export async function listen(port: number): Promise<{ socket: Socket; heard: () => string }> {
  const socket = await openSocket(port);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return { socket, heard: () => heard };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; !(await isSo()); await pause(10))
    if (Date.now() > end) throw new Error('waited 40 s in vain');
}
