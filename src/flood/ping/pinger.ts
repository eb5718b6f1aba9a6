/** Sends pings to every network and to peers that are named in the configuration, and hands on what is heard. Never answers. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import type { Peer } from '../peer.ts';
import { broadcastOf, isOnLink, linksOf, type Link } from './interfaces.ts';

/** For so long what the networks are is believed. */
const linksMs = 1000;

export interface PingerSetup {
  readonly port: number;
  /** Names of interfaces; none: all but loopback. */
  readonly interfaces: readonly string[];
  readonly peers: readonly Peer[];
  /** Datagrams that say how things stand: for neighbours, and for named peers. `undefined`: none now. */
  readonly ping: () => { readonly neighbours: Buffer; readonly peers: Buffer } | undefined;
  readonly heard: (datagram: Buffer, from: { address: string; isOnLink: boolean }) => void;
  /** Called once for each problem. */
  readonly tell: (text: string) => void;
}

export class Pinger {
  readonly #setup: PingerSetup;
  #socket: Socket | undefined;
  #told = '';
  /** Asking the system for them takes longer than to refuse a ping. */
  #links: { readonly links: readonly Link[]; readonly atMs: number } | undefined;

  constructor(setup: PingerSetup) {
    this.#setup = setup;
  }

  /** Begins to listen. A port that is taken is told, and tried again with the next ping. */
  open(): void {
    if (this.#socket) return;
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.#socket = socket;
    socket.on('error', (error) => {
      this.#tell(error.message);
      this.close();
    });
    socket.on('message', (datagram, from) => this.#heard(datagram, from));
    socket.bind(this.#setup.port, () => {
      if (this.#socket === socket) socket.setBroadcast(true);
    });
  }

  #heard(datagram: Buffer, { address }: RemoteInfo): void {
    const { heard, peers } = this.#setup;
    // A named peer may ping from wherever it is: NAT gives it another address.
    heard(datagram, { address, isOnLink: peers.length > 0 || isOnLink(address, this.#freshLinks()) });
  }

  #freshLinks(): readonly Link[] {
    const nowMs = performance.now();
    if (!this.#links || nowMs - this.#links.atMs > linksMs)
      this.#links = { links: linksOf(networkInterfaces(), this.#setup.interfaces), atMs: nowMs };
    return this.#links.links;
  }

  /** Sends one ping everywhere. */
  send(): void {
    this.open();
    const datagrams = this.#setup.ping();
    if (!datagrams || !this.#socket) return;
    const links = linksOf(networkInterfaces(), this.#setup.interfaces);
    for (const link of links) this.#sendTo(datagrams.neighbours, broadcastOf(link));
    // Who hears the broadcast needs no other: two that differ would look like news.
    for (const { host } of this.#setup.peers)
      if (isIP(host) !== 6 && !isOnLink(host, links)) this.#sendTo(datagrams.peers, host);
  }

  #sendTo(datagram: Buffer, host: string): void {
    // A network that is down is no news: the next ping comes soon.
    this.#socket?.send(datagram, this.#setup.port, host, () => undefined);
  }

  #tell(text: string): void {
    if (text !== this.#told) this.#setup.tell(text);
    this.#told = text;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    // The listeners of the socket itself must stay: one that still waits for its port with a ping to send is closed by one of them.
    socket?.removeAllListeners('message');
    socket?.removeAllListeners('error');
    socket?.on('error', () => undefined);
    socket?.close();
  }
}
