/**
 * A program of its own that loads usb-detection and prints a line of JSON for each event. Nothing else may load it: it
 * crashes when a stick is pulled early, keeps its process from ending, and swallows SIGTERM.
 *
 * So it ends by SIGKILL, whatever the reason: standard input ends (with the daemon, however that ends), a signal, an error.
 */
import type { UsbEvent } from './event.ts';

function tell(event: UsbEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function main(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  process.on('uncaughtException', end); // also when nobody reads what is told
  process.stdin.on('end', end).on('close', end).on('error', end).resume();
  try {
    const { default: usb } = await import('usb-detection');
    usb.on('add', () => tell({ event: 'add' }));
    usb.on('remove', () => tell({ event: 'remove' }));
    usb.startMonitoring();
    tell({ event: 'ready' });
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    tell({ event: 'unavailable', why });
    end();
  }
}

void main();
