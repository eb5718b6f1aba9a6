/** Who may listen where on a proxy: real sshd, real ssh, real certificates. */
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolders, type Ran } from '../kit/kiosk.ts';
import { canMakeHosts } from '../net/can-make-hosts.ts';
import { startHost, type Host, type Started } from '../net/host.ts';
import { sshOptions } from '../../src/enrol/ssh-command.ts';
import { Fleet, type FleetNode } from './fleet.ts';

describe.skipIf(!canMakeHosts)('ways back through a proxy (root, namespaces, for hosts with sshd)', () => {
  let host: Host;
  let fleet: Fleet;
  let proxy: FleetNode;
  let gateway: FleetNode;
  let otherGateway: FleetNode;
  let strangeGateway: FleetNode;
  let kiosk: FleetNode;

  beforeAll(async () => {
    host = await startHost({ ownNetwork: true });
    fleet = await Fleet.found(host);
    gateway = await fleet.enrolled('gateway');
    otherGateway = await fleet.enrolled('gateway');
    strangeGateway = await fleet.enrolled('gateway');
    kiosk = await fleet.enrolled('kiosk');
    proxy = await fleet.node('proxy');
    appendFileSync(
      proxy.layout.configFile,
      `reverse = ["${gateway.guid}:20001", "${otherGateway.guid}:20002"]\n`,
    );
    await fleet.enrol(proxy);
    for (const node of [proxy, gateway, kiosk]) await fleet.serve(node);
  });
  afterAll(async () => {
    await host.stop();
    removeFolders();
  });

  const allowing = ['-o', 'ClearAllForwardings=no', '-o', 'ExitOnForwardFailure=yes'];

  /** Asks for something and, when it is not refused, for the summary besides. */
  const ask = (from: FleetNode, options: readonly string[], to = proxy): Promise<Ran> =>
    fleet.call(from, to, ['summary'], [...allowing, ...options]);

  /** Holds a way until it is stopped. */
  const hold = async (from: FleetNode, place: string): Promise<Started> => {
    const options = [...allowing, '-v', '-N', '-R', `${place}:127.0.0.1:${from.port}`];
    const ssh = ['ssh', ...options, ...sshOptions(from.places.sshConfig, fleet.target(proxy)), '--'];
    const held = host.start([...ssh, proxy.guid], { as: 'ferryman' });
    for (let tries = 0; tries < 250 && !/remote forward success|failed/.test(held.said()); tries++)
      await new Promise((resolve) => void setTimeout(resolve, 20));
    return held;
  };

  test('the proxy calls a gateway back on the way that it holds open, and believes no other host there', async () => {
    const held = await hold(gateway, '127.0.0.1:20001');
    expect(held.said()).toContain('remote forward success');
    const there = { ...gateway, port: 20_001 };
    expect(JSON.parse(await fleet.summary(proxy, there))).toMatchObject({ node: gateway.guid });
    // Whoever else got hold of the port is not believed.
    const { exitCode, stderr } = await fleet.call(proxy, { ...otherGateway, port: 20_001 }, ['summary']);
    expect([exitCode, stderr]).toEqual([255, expect.stringContaining('Host key verification failed')]);
    process.kill(await held.pid());
    await held.ended;
  });

  const refusal = /forwarding failed|forward(ing)? request failed|administratively prohibited|prohibited/;

  test.each([
    ["another gateway's port", '-R', '127.0.0.1:20002:127.0.0.1:22'],
    ['a port of nobody', '-R', '127.0.0.1:20003:127.0.0.1:22'],
    ['any free port', '-R', '127.0.0.1:0:127.0.0.1:22'],
    ['its own port on all interfaces', '-R', '0.0.0.0:20001:127.0.0.1:22'],
    ['its own port by another name', '-R', 'localhost:20001:127.0.0.1:22'],
    ['a socket', '-R', '/tmp/ferryman-way-back:127.0.0.1:22'],
    ["a socket in the endpoint's folder", '-R', '/var/lib/ferryman/endpoint/s:127.0.0.1:22'],
    ['a way to a port of the proxy', '-W', '127.0.0.1:22'],
    ['a way to a port elsewhere', '-W', '192.0.2.1:80'],
  ])('a gateway is refused %s', async (_, option, place) => {
    const { exitCode, stderr } = await ask(gateway, [option, place]);
    expect([exitCode, stderr]).toEqual([255, expect.stringMatching(refusal)]);
  });

  test('through -L and -D nothing is reached', async () => {
    const options = ['-L', '127.0.0.1:20011:127.0.0.1:22', '-D', '127.0.0.1:20012'];
    const ssh = ['ssh', ...allowing, '-v', '-N', ...options];
    const held = host.start(
      [...ssh, ...sshOptions(gateway.places.sshConfig, fleet.target(proxy)), '--', proxy.guid],
      { as: 'ferryman' },
    );
    for (let tries = 0; tries < 250 && !held.said().includes('Entering interactive session'); tries++)
      await new Promise((resolve) => void setTimeout(resolve, 20));
    const socks = '\\005\\001\\000\\005\\001\\000\\001\\177\\000\\000\\001\\000\\026';
    await host.run([
      'bash',
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/20011; read -t 2 <&3; exec 4<>/dev/tcp/127.0.0.1/20012; printf '${socks}' >&4; read -t 2 <&4; true`,
    ]);
    expect(held.said().match(/open failed: administratively prohibited/g)).toHaveLength(2);
    process.kill(await held.pid());
    await held.ended;
  });

  test('a gateway has no agent and no X11 there, and no shell', async () => {
    const forwarded = await ask(gateway, ['-v', '-o', 'ForwardAgent=yes', '-o', 'ForwardX11=yes']);
    expect(forwarded.exitCode).toBe(0);
    expect((await ask(gateway, ['-tt'])).stderr).toMatch(/PTY allocation request failed/);
    expect((await fleet.call(gateway, proxy, ['id'])).exitCode).toBe(77);
  });

  test('nobody else listens there: a gateway that the proxy does not name, a kiosk, the proxy itself', async () => {
    for (const node of [strangeGateway, kiosk, proxy])
      for (const port of [20_001, 20_003]) {
        const { exitCode, stderr } = await ask(node, ['-R', `127.0.0.1:${port}:127.0.0.1:22`]);
        expect([node.role, exitCode, stderr]).toEqual([node.role, 255, expect.stringMatching(refusal)]);
      }
  });

  test('a gateway listens at no other node', async () => {
    for (const node of [kiosk, gateway]) {
      const { exitCode, stderr } = await ask(otherGateway, ['-R', '127.0.0.1:20002:127.0.0.1:22'], node);
      expect([exitCode, stderr]).toEqual([255, expect.stringMatching(refusal)]);
    }
  });
});
