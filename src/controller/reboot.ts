/**
 * Reboots the machine for a script that asked for it. The wish is kept with the boot that it was made in, and goes only
 * when another boot has come, so no cut can lose it. Until then the command is tried again, with growing pauses in which
 * other updates run: a command that fails, or a machine that will not go down, must not stop updates for ever.
 */
import { execa } from 'execa';
import type { Ledger } from '../ledger/ledger.ts';
import { pauseSeconds } from '../plan/pause.ts';
import type { Context } from './context.ts';

/** Seconds that a machine is given to go down, once it was told to; nothing starts meanwhile. */
const goingDownSeconds = 600;

/** Pauses between two tries. */
const pause = { firstSeconds: 60, maxSeconds: 6 * 3600 };

/** Tries in one boot, about four days: in a container no reboot ever makes another boot of the machine. */
const maxTries = 20;

const commandMs = 60_000;

interface Wish {
  /** The boot in which the script asked. */
  readonly bootId: string;
  readonly tries: number;
  /** Uptime of that boot before which the command is not tried again. */
  readonly notBeforeSeconds: number;
  /** Uptime until which the machine is taken to go down. */
  readonly downUntilSeconds: number;
}

/** In the transaction that records the outcome. */
export function wishReboot(ledger: Ledger, bootId: string): void {
  keep(ledger, { bootId, tries: 0, notBeforeSeconds: 0, downUntilSeconds: 0 });
}

export async function rebootIfWanted({ ledger, config, host, progress, tell }: Context): Promise<void> {
  const wish = readWish(ledger);
  if (!wish) return;
  if (wish.bootId !== host.bootId) {
    ledger.clearFact('reboot-wanted');
    return;
  }
  if (host.uptimeSeconds() < wish.notBeforeSeconds) return;
  const [program = '', ...rest] = config.run.rebootCommand;
  const command = config.run.rebootCommand.join(' ');
  tell({ level: 'info', subject: 'reboot', text: `an update asked for it: ${command}` });
  progress('rebooting the machine');
  const { failed, shortMessage = '' } = await execa(program, rest, {
    reject: false,
    stdin: 'ignore',
    timeout: commandMs,
  });
  // After the command: cut in between, it runs once more, which does no harm. The other order could lose the wish.
  const tries = wish.tries + 1;
  // A machine that has not gone down after all runs what waits before it is told again.
  const seconds = (failed ? 0 : goingDownSeconds) + pauseSeconds(tries, pause);
  const uptime = host.uptimeSeconds();
  if (tries >= maxTries) ledger.clearFact('reboot-wanted');
  else
    keep(ledger, {
      bootId: wish.bootId,
      tries,
      notBeforeSeconds: uptime + seconds,
      downUntilSeconds: failed ? 0 : uptime + goingDownSeconds,
    });
  if (!failed) return;
  const next = tries >= maxTries ? 'given up' : `tried again in ${seconds} s`;
  tell({ level: 'error', subject: 'reboot', text: `${shortMessage}\n${next}` });
}

/** True while the machine goes down: a script that was started now would be cut off. */
export function isRebooting({ ledger, host }: Context): boolean {
  const wish = readWish(ledger);
  return wish?.bootId === host.bootId && host.uptimeSeconds() < wish.downUntilSeconds;
}

function readWish(ledger: Ledger): Wish | undefined {
  const text = ledger.fact('reboot-wanted');
  return text === undefined ? undefined : (JSON.parse(text) as Wish);
}

function keep(ledger: Ledger, wish: Wish): void {
  ledger.setFact('reboot-wanted', JSON.stringify(wish));
}
