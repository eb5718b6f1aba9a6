import { FerrymanError } from '../../errors.ts';
import type { Tools } from '../read/tools.ts';

/** Runs a tool that must succeed, and returns what it says. @throws FerrymanError `stick.failed`, `usb.stalled`, `usb.tool` */
export async function mustRun(tools: Tools, command: readonly string[]): Promise<string> {
  const { exitCode, output, said } = await tools.run(command);
  if (exitCode === 0) return output.toString();
  const why = said || `exit ${exitCode ?? 'by a signal'}`;
  throw new FerrymanError('stick.failed', `${command.join(' ')}: expected it to succeed, found ${why}`);
}
