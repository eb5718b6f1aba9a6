/**
 * Talks to systemd: ready, status in words, watchdog, stopping. Node has no unix datagram sockets, so each message is a call of
 * systemd-notify; run by root it speaks in the name of its parent, so the unit need listen to its main process only.
 *
 * The watchdog is told only of work that moves on. A timer looks whether {@link ServiceNotifier.progress} has been called since
 * it looked last; if not, it stays silent. So a blocked event loop is noticed, and just as well a controller that waits for
 * something that never comes while timers still fire.
 */
import { execa } from 'execa';
import { printable } from '../parcel/printable.ts';

/** Looks in the time that systemd waits: work may stand still for five of them. */
const looks = 6;

const notifyMs = 10_000;

/** What systemd puts into the environment of a service: sd_notify(3), sd_watchdog_enabled(3). */
interface ServiceEnvironment {
  readonly socket: string;
  readonly path: string;
  /** Milliseconds without a sign of life after which systemd kills; `undefined`: it does not watch. */
  readonly watchdogMs: number | undefined;
}

export class ServiceNotifier {
  readonly #service: ServiceEnvironment | undefined;
  readonly #problem: (text: string) => void;
  #moved = false;
  #doing = '';
  #sent: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #troubled = false;

  /** @param problem told once, should systemd not be reached */
  constructor(
    env: Readonly<Record<string, string | undefined>>,
    pid: number,
    problem: (text: string) => void,
  ) {
    this.#service = serviceEnvironment(env, pid);
    this.#problem = problem;
    const watchdogMs = this.#service?.watchdogMs;
    if (watchdogMs === undefined) return;
    this.#timer = setInterval(() => this.#look(), watchdogMs / looks);
    this.#timer.unref();
  }

  /** True under systemd, or whatever else gives a notify socket. */
  get isService(): boolean {
    return this.#service !== undefined;
  }

  /** The work has moved on. @param doing what is done from here on */
  progress(doing?: string): void {
    this.#moved = true;
    if (doing === undefined || doing === this.#doing) return;
    this.#doing = doing;
    this.#send(`STATUS=${printable(doing)}`);
  }

  /** Settles when it has been said. */
  ready(): Promise<void> {
    this.#moved = true;
    this.#send('READY=1');
    return this.#sent;
  }

  /** Settles when everything has been said. */
  stopping(): Promise<void> {
    clearInterval(this.#timer);
    this.#send('STOPPING=1');
    return this.#sent;
  }

  #look(): void {
    if (this.#moved) this.#send('WATCHDOG=1');
    this.#moved = false;
  }

  #send(message: string): void {
    if (this.#service) this.#sent = this.#sendAfter(this.#sent, this.#service, message);
  }

  /** One after the other, so that they arrive in order. */
  async #sendAfter(
    before: Promise<void>,
    { socket, path }: ServiceEnvironment,
    message: string,
  ): Promise<void> {
    await before;
    const { failed, shortMessage } = await execa('systemd-notify', ['--no-block', message], {
      reject: false,
      stdin: 'ignore',
      timeout: notifyMs,
      env: { NOTIFY_SOCKET: socket, PATH: path },
      extendEnv: false,
    });
    if (failed && !this.#troubled) this.#problem(`systemd cannot be told ${message}: ${shortMessage}`);
    this.#troubled = failed;
  }
}

function serviceEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): ServiceEnvironment | undefined {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return undefined;
  const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
  const isOurs = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === pid;
  const watchdogMs = isOurs && microseconds > 0 ? microseconds / 1000 : undefined;
  return { socket, path: env['PATH'] ?? '/usr/bin:/bin', watchdogMs };
}
