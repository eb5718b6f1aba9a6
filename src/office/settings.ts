/** What the office page is told about the place where it stands, from `[office]` of the configuration. Pure. */

/** A reader looks; an operator names, pauses and manages users besides. */
export const officeRoles = ['reader', 'operator'] as const;
export type OfficeRole = (typeof officeRoles)[number];

/** Who may read `/metrics` and `/healthz`: whoever is logged in; programs on this machine besides; anybody. */
export const probeReaders = ['login', 'loopback', 'everybody'] as const;

export interface OfficeSettings {
  /** `127.0.0.1:7824`, `[::1]:7824`. */
  readonly listen: string;
  /** How browsers call the page, without a path: `https://office.example.org`; `''`: by a name of loopback. */
  readonly address: string;
  /** A reverse proxy stands before it: the last address in `X-Forwarded-For` is who asks. */
  readonly forwarded: boolean;
  readonly idleMinutes: number;
  readonly sessionHours: number;
  readonly probes: (typeof probeReaders)[number];
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** `undefined`: it is none. */
export function parseListen(text: string): HostAndPort | undefined {
  const fields = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(text);
  const host = fields?.[1] ?? fields?.[2];
  const port = Number(fields?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `https://HOST` or `http://HOST:PORT` and nothing behind it. */
export function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (url?.protocol === 'https:' || url?.protocol === 'http:') && url.origin === text;
}

/** Browsers reach the page by TLS, so cookies and promises for TLS can be made. */
export function isBehindTls({ address }: OfficeSettings): boolean {
  return address.startsWith('https:');
}
