/** What leaves a host: packets as tcpdump keeps them, and what its endpoint says to whom, before ssh makes it unreadable. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { floodUser } from './host.ts';
import { until, type Node } from './fleet.ts';

/** A packet of IPv4. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
}

/** Keeps every packet on a device of a node. @returns ends it: all packets, whole */
export async function capture({ host }: Node, device: string): Promise<() => Promise<Packet[]>> {
  const file = join(host.root, `${device}.pcap`);
  const tcpdump = host.start([
    'tcpdump',
    '-i',
    device,
    '-s',
    '0',
    '-U',
    '-B',
    '32768',
    '-Z',
    'root',
    '-w',
    file,
  ]);
  await until(() => tcpdump.said().includes('listening on'), 'tcpdump', { told: () => tcpdump.said() });
  return async () => {
    process.kill(await tcpdump.pid(), 'SIGINT');
    await tcpdump.ended;
    if (!/\b0 packets dropped by kernel/.test(tcpdump.said())) throw new Error(tcpdump.said());
    return parsePcap(readFileSync(file));
  };
}

/** Of a capture of Ethernet, in the byte order of this machine: a header of 24 bytes; for each packet 16 bytes, the third number its length. */
function parsePcap(pcap: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= pcap.length;) {
    const length = pcap.readUInt32LE(at + 8);
    const frame = pcap.subarray(at + 16, at + 16 + length);
    at += 16 + length;
    if (frame.readUInt16BE(12) !== 0x0800) continue; // ARP, IPv6
    packets.push({ from: address(frame, 26), to: address(frame, 30), bytes: frame.subarray(14) });
  }
  return packets;
}

function address(frame: Buffer, at: number): string {
  return [...frame.subarray(at, at + 4)].join('.');
}

/** Has all that the endpoint of a node writes kept, by neighbour: its user gets a shell for that. @returns reads it: by GUID */
export async function tapEndpoint({ host }: Node): Promise<(guid: string) => Buffer[]> {
  const folder = join(host.root, 'tap');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const shell = join(host.root, 'tap.sh');
  // sshd starts: SHELL -c 'ferryman endpoint --peer GUID --role ROLE'.
  const script = `#!/bin/sh\nguid=$(echo "$2" | sed 's/.*--peer \\([^ ]*\\).*/\\1/')\n/bin/sh -c "$2" | tee "${folder}/$guid.$$"\n`;
  writeFileSync(shell, script);
  chmodSync(shell, 0o755);
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const line = new RegExp(`^${floodUser}:.*$`, 'm');
  const own = (await host.run(['grep', `^${floodUser}:`, '/etc/passwd'])).stdout
    .trim()
    .replace(/[^:]*$/, shell);
  await host.run(['sh', '-c', 'cat > /etc/passwd'], {
    input: `${passwd.replace(line, '').trimEnd()}\n${own}\n`,
  });
  return (guid) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.startsWith(guid))
          .map((name) => readFileSync(join(folder, name)))
      : [];
}
