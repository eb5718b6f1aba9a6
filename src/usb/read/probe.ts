/** Which file system a device holds: `blkid -p`, which reads the device and asks no cache. */
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { FileSystem } from '../stick.ts';
import type { Tools } from './tools.ts';

/** Exit status of blkid: several file systems at once. */
const ambivalent = 8;
const maxTypeLength = 32;

/** @returns `usb.no-file-system` for none, or several at once @throws FerrymanError `usb.stalled`, `usb.tool` */
export async function probe(device: string, tools: Tools): Promise<FileSystem | FerrymanError> {
  const command = ['blkid', '-p', '-u', 'filesystem', '-o', 'export', device];
  const { exitCode, output, said } = await tools.run(command);
  const facts = parseExport(output.toString('utf8'));
  const type = facts.get('TYPE') ?? '';
  if (exitCode === 0 && type !== '')
    return {
      type: type.slice(0, maxTypeLength),
      uuid: facts.get('UUID') ?? '',
      label: facts.get('LABEL') ?? '',
    };
  const found = exitCode === ambivalent ? 'several at once' : said || 'none';
  return new FerrymanError('usb.no-file-system', `${device}: expected a file system, found ${found}`);
}

/** `NAME=value` in lines; blkid writes a backslash before what a shell would take amiss. */
function parseExport(text: string): Map<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    const name = line.slice(0, equals);
    // The first counts: a value that brings a line of its own does not replace what stood before.
    if (equals > 0 && !facts.has(name))
      facts.set(name, printable(line.slice(equals + 1).replaceAll(/\\(.)/g, '$1')));
  }
  return facts;
}
