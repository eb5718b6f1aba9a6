/**
 * `npm run demo:fleet`: a simulated year of 1,000 nodes through the real fleet store, and the office page over it on loopback. Ends with
 * Ctrl-C and leaves nothing behind.
 *
 *     --once        ends when the page has answered, for tests
 *     --nodes N     another number of nodes, 1 to 20,000
 *     --port N      another port than one that is free
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../src/command-line/values.ts';
import { version } from '../../src/command-line/version.ts';
import { FerrymanError } from '../../src/errors.ts';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { officeApp } from '../../src/office/app.ts';
import { officeOver } from '../../src/office/office-over.ts';
import { newUser } from '../../src/office/access/new-user.ts';
import { serve } from '../../src/office/serve.ts';
import { playYear } from './play-year.ts';

const settings = {
  address: '',
  forwarded: false,
  idleMinutes: 600,
  sessionHours: 24,
  probes: 'loopback',
} as const;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

const usage = 'usage: npm run demo:fleet -- [--once] [--nodes 1-20000] [--port 0-65535]\n';

interface Asked {
  readonly once: boolean;
  readonly nodes: number;
  readonly port: number;
}

/** @returns `undefined`: help is wanted. @throws Error what cannot be understood */
function asked(): Asked | undefined {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      once: { type: 'boolean', default: false },
      nodes: { type: 'string', default: '1000' },
      port: { type: 'string', default: '0' },
    },
  });
  if (values.help) return undefined;
  const nodes = Math.min(wholeNumber('--nodes', values.nodes, 1), 20_000);
  const port = Math.min(wholeNumber('--port', values.port, 0), 65_535);
  return { once: values.once, nodes, port };
}

async function main(): Promise<void> {
  let wanted: Asked | undefined;
  try {
    wanted = asked();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exitCode = 64;
    return;
  }
  if (wanted === undefined) {
    process.stdout.write(usage);
    return;
  }
  const { nodes, port, once } = wanted;
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-demo-fleet-'));
  try {
    await show({ folder, nodes, port, isOnce: once });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Showing {
  readonly folder: string;
  readonly nodes: number;
  readonly port: number;
  readonly isOnce: boolean;
}

async function show({ folder, nodes, port, isOnce }: Showing): Promise<void> {
  const store = await openFleetStore({ store: 'sqlite', file: join(folder, 'fleet.sqlite') });
  try {
    const began = performance.now();
    const archives = await playYear(store, { nodes, now: Date.now(), folder, stop: stop.signal, tell: say });
    if (stop.signal.aborted) return;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`a year of ${nodes} nodes: ${archives} archives in ${seconds} s`);
    const office = officeOver(
      store,
      { ...settings, listen: '127.0.0.1:0' },
      {
        version,
        logFolder: (guid) => join(folder, 'unpacked', guid),
        tell: ({ level, text }) => level === 'error' && say(text),
      },
    );
    const password = randomBytes(12).toString('base64url');
    await newUser(office.accounts, { name: 'demo', role: 'operator', password, now: Date.now() });
    const serving = await serve(officeApp(office), { host: '127.0.0.1', port });
    const address = `http://127.0.0.1:${serving.port}`;
    process.stdout.write(`\n  ${address}/\n  user      demo\n  password  ${password}\n\n`);
    if (isOnce) await lookOnce(address, password);
    else await stopped();
    await serving.close();
  } finally {
    await store.close();
  }
}

/** @throws FerrymanError when the page does not answer */
async function lookOnce(address: string, password: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`demo:${password}`).toString('base64')}`;
  const answer = await fetch(`${address}/api/v1/overview`, { headers: { authorization } });
  if (!answer.ok)
    throw new FerrymanError('internal.bug', `expected an overview, found status ${answer.status}`);
  const { total, states } = (await answer.json()) as { total: number; states: object };
  say(`the page answers: ${total} nodes, ${JSON.stringify(states)}`);
}

async function stopped(): Promise<void> {
  say('Ctrl-C ends it');
  if (stop.signal.aborted) return;
  await new Promise((resolve) => {
    stop.signal.addEventListener('abort', resolve, { once: true });
    const alive = setInterval(() => undefined, 60_000);
    stop.signal.addEventListener('abort', () => clearInterval(alive), { once: true });
  });
}

function say(text: string): void {
  process.stderr.write(`demo:fleet: ${text}\n`);
}

void main();
