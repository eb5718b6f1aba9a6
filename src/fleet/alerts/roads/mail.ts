/** Sends alerts by e-mail over SMTP. nodemailer is loaded with the first of them. */
import { readFileSync } from 'node:fs';
import { failedToTell, roadTimeoutMs, type AlertRoad } from './road.ts';

export interface MailSettings {
  readonly to: readonly string[];
  readonly from: string;
  readonly smtpHost: string;
  readonly smtpPort: number;
  /** `starttls`: nothing is said before the connection is encrypted; `none`: for a server on this machine. */
  readonly smtpSecurity: 'starttls' | 'tls' | 'none';
  /** '': without. */
  readonly smtpUser: string;
  /** Holds the password and nothing else; '': none. */
  readonly smtpPasswordFile: string;
  /** PEM files beside the authorities of this machine; only a test has one. */
  readonly ca?: string;
  readonly timeoutMs?: number;
}

export function mailRoad(settings: MailSettings): AlertRoad {
  const { to, from, smtpHost, smtpPort, smtpSecurity, smtpUser, timeoutMs = roadTimeoutMs } = settings;
  const name = `mail ${smtpHost}:${smtpPort}`;
  return {
    name,
    send: async ({ id, subject, text }, stop) => {
      try {
        const { createTransport } = await import('nodemailer');
        const transport = createTransport({
          host: smtpHost,
          port: smtpPort,
          secure: smtpSecurity === 'tls',
          requireTLS: smtpSecurity === 'starttls',
          ignoreTLS: smtpSecurity === 'none',
          connectionTimeout: timeoutMs,
          greetingTimeout: timeoutMs,
          socketTimeout: timeoutMs,
          ...(settings.ca === undefined ? {} : { tls: { ca: settings.ca } }),
          ...(smtpUser === ''
            ? {}
            : { auth: { user: smtpUser, pass: passwordIn(settings.smtpPasswordFile) } }),
        });
        const close = (): void => transport.close();
        stop.addEventListener('abort', close, { once: true });
        try {
          // The same for every try: a mailbox shows it once.
          const messageId = `<${id}@${from.split('@').at(-1) ?? 'ferryman'}>`;
          const mail = transport.sendMail({ from, to: [...to], subject, text, messageId });
          await within(mail, 2 * timeoutMs, stop);
        } finally {
          stop.removeEventListener('abort', close);
          transport.close();
        }
      } catch (error) {
        throw failedToTell(name, (error as Error).message, error);
      }
    },
  };
}

function passwordIn(file: string): string {
  return file === '' ? '' : readFileSync(file, 'utf8').replace(/\r?\n$/, '');
}

/** A server that says something now and then is waited for no longer either. */
async function within(work: Promise<unknown>, ms: number, stop: AbortSignal): Promise<void> {
  const late = AbortSignal.any([stop, AbortSignal.timeout(ms)]);
  const given = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new Error(stop.aborted ? 'stopped' : `no end within ${ms / 1000} s`));
    if (late.aborted) giveUp();
    late.addEventListener('abort', giveUp, { once: true });
  });
  await Promise.race([work, given]);
}
