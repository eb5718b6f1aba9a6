/** `ferryman alerts`, and texts of a node: from config.toml to what leaves the machine. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decideIncidents } from '../../src/fleet/alerts/decide.ts';
import { IncidentStore } from '../../src/fleet/alerts/incident-store.ts';
import { LeaseStore } from '../../src/fleet/alerts/lease-store.ts';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { pack } from '../../src/parcel/public-key.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { isWrittenBy, keyOfProxy } from '../../src/sms/check.ts';
import { parseSms } from '../../src/sms/text.ts';
import { fixedKey, signedUpdate } from '../kit/office.ts';
import { Kiosk, removeFolders } from '../kit/kiosk.ts';
import { textOf } from '../sms/gammu.ts';

const office = fixedKey(700);
let proxy: Kiosk;
let server: Server;
const texts: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      texts.push((JSON.parse(body) as { text: string }).text);
      response.writeHead(request.url === '/dead' ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  proxy = await Kiosk.make({ keys: [office], role: 'proxy' });
});
afterAll(() => {
  server.close();
  removeFolders();
});

test('a test needs somebody to tell', async () => {
  const { exitCode, stderr } = await proxy.run('alerts', 'test');
  expect(exitCode).toBe(78);
  expect(stderr).toContain('[alerts.no-roads]');
});

test('a test reaches every road, and says which did not take it, without its secrets', async () => {
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  appendFileSync(proxy.layout.configFile, `\n[alerts]\nwebhooks = ["${at}/secret", "${at}/dead"]\n`);
  const { exitCode, stdout } = await proxy.run('alerts', 'test');
  expect(exitCode).toBe(74);
  expect(stdout).toMatch(
    /^webhook 127\.0\.0\.1:\d+ [0-9a-f]{6}: taken\nwebhook .*: expected to be taken, answered 500\n$/,
  );
  expect(stdout).not.toMatch(/secret|dead/);
  expect(texts).toHaveLength(2);
  const json = JSON.parse((await proxy.run('alerts', 'test', '--json')).stdout) as { schema: string };
  expect(json.schema).toBe('ferryman.alerts-test/1');
});

test('what is wrong is listed', async () => {
  const nobody = 'nobody watches: neither the daemon of a proxy nor "ferryman office" is at work\n';
  expect((await proxy.run('alerts', 'list')).stderr).toContain('[fleet.missing]');
  const store = await openFleetStore({ store: 'sqlite', file: proxy.layout.fleetFile });
  expect((await proxy.run('alerts', 'list')).stdout).toBe(nobody);
  const finding = {
    kind: 'fork',
    subject: 'a',
    text: 'a\u001b[2J has',
    count: 1,
    sinceAt: null,
    isCovered: false,
  } as const;
  await new IncidentStore(store).update((open) => decideIncidents([finding], open), 0);
  expect((await proxy.run('alerts', 'list')).stdout).toBe(
    `1970-01-01T00:00:00Z fork: a\\u{1b}[2J has\n${nobody}`,
  );
  const incidents = new IncidentStore(store);
  await new LeaseStore(store).take('alerts', 'a daemon', Date.now(), 60_000);
  await incidents.update((open) => decideIncidents([], open), 1);
  await store.close();
  expect((await proxy.run('alerts', 'list')).stdout).toBe('nothing is known to be wrong\n');
});

test('a node with a modem hands an outcome to gammu-smsd, and its proxy believes it', async () => {
  const proxyKey = fixedKey(701);
  const receiver = pack(publicKeyOf(proxyKey)).toString('base64');
  const kiosk = await Kiosk.make({
    keys: [office],
    config: `[sms]\nreceiver = "${receiver}"\nname = "Mill Road"\n[[report.sinks]]\ntype = "sms"\nname = "sms"\nnumbers = ["+15551", "+15552"]`,
  });
  const outbox = join(kiosk.root, 'var/spool/gammu/outbox');
  const check = await kiosk.run('config', 'check');
  expect(check.stdout).toMatch(/warning: sms\.spool: .*no folder .*outbox\n/);
  await kiosk.apply(
    signedUpdate(
      { sequence: 7, title: 'Kernel fix', script: 'echo no space left >"$FERRYMAN_SHORT_LOG"; exit 3' },
      office,
    ),
  );
  await kiosk.pass();
  expect((await kiosk.run('outbox')).stdout).toMatch(/sms: 1 waiting \(sms\)\n.*outbox/);
  mkdirSync(outbox, { recursive: true });
  await kiosk.run('outbox', '--retry');
  await kiosk.pass();
  const names = readdirSync(outbox);
  expect(names).toHaveLength(2);
  const text = textOf(join(outbox, names[0] ?? ''));
  expect(text).toMatch(/^[0-9a-f]{8} Mill Road #7 failed exit 3: Kernel fix: no space left =/);
  const guid = /guid = "([^"]+)"/.exec(readFileSync(kiosk.layout.configFile, 'utf8'))?.[1] ?? '';
  const identity = parsePublicKey(readFileSync(kiosk.layout.identityPublicKey, 'utf8'));
  const read = parseSms(text);
  expect(read && isWrittenBy(read, guid, keyOfProxy(proxyKey.bytes.subarray(0, 32), identity.bytes))).toBe(
    true,
  );
});

test('texts are received on an enrolled proxy alone, and it says so before the first of them', async () => {
  const { exitCode, stderr } = await proxy.run('sms', 'receive');
  expect(exitCode).toBe(78);
  expect(stderr).toMatch(/expected an enrolled proxy, found no enrolment[^]*sms\.not-here/);
});

test('a sink of texts without the key of a proxy is refused', async () => {
  const kiosk = await Kiosk.make({ keys: [office] });
  const text = readFileSync(kiosk.layout.configFile, 'utf8');
  writeFileSync(
    kiosk.layout.configFile,
    `${text}\n[sms]\nreceive = true\n[[report.sinks]]\ntype = "sms"\nname = "sms"\nnumbers = ["+1 555"]\n`,
  );
  const { stdout } = await kiosk.run('config', 'check');
  expect(stdout).toMatch(/report\.sinks\[1\]\.numbers: expected a list of 1 to 100 phone numbers/);
  expect(stdout).toMatch(/sms\.receive: expected false, unless node\.role is "proxy", found role kiosk/);
  expect(stdout).toMatch(/sms\.receiver: expected the public key of the proxy/);
});
