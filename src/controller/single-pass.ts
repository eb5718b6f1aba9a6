/** A single pass as `ferryman run --once` makes it: USB keys that are in are visited, too. */
import type { Context } from './context.ts';
import { passOnce } from './controller.ts';
import { CurrentTrust } from './current-trust.ts';
import { UsbKeys } from './usb-keys.ts';

/** Before the pass the keys are copied from, after it they are told what came of it. @throws FerrymanError as `Controller.pass` */
export async function singlePass(context: Context, signal: AbortSignal): Promise<void> {
  if (!context.config.usb.enabled) return passOnce(context, signal);
  const trust = new CurrentTrust(context);
  const keys = new UsbKeys(context, trust, 'once');
  const stop = (): void => void keys.close();
  signal.addEventListener('abort', stop);
  try {
    await keys.visitPresent();
    await passOnce(context, signal, trust);
    keys.look();
    await keys.settled();
  } finally {
    signal.removeEventListener('abort', stop);
    await keys.close();
  }
}
