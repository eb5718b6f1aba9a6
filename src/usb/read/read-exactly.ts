/** A file through a pipe: as many bytes as its folder told, or an error at the end of those that came. */
import { FerrymanError } from '../../errors.ts';
import type { Child } from './child.ts';
import type { Tools } from './tools.ts';

/** @throws FerrymanError `usb.read` for fewer bytes or more, `usb.stalled`, `usb.tool` */
export async function* readExactly(
  tools: Tools,
  child: Child,
  { subject, sizeBytes }: { subject: string; sizeBytes: number },
): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of child.output()) {
      bytes += chunk.length;
      if (bytes > sizeBytes) throw unlike(subject, sizeBytes, 'more');
      yield chunk;
    }
    const { exitCode, said } = await child.finish();
    if (exitCode !== 0 || bytes !== sizeBytes) throw unlike(subject, sizeBytes, `${bytes} ${said}`.trim());
  } finally {
    await tools.release(child);
  }
}

function unlike(subject: string, sizeBytes: number, found: string): FerrymanError {
  return new FerrymanError('usb.read', `${subject}: expected ${sizeBytes} bytes, read ${found}`);
}
