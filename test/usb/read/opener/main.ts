/** A program that opens a key, tells so, and holds it while it reads without end; to be killed. */
import { openVolume } from '../../../../src/usb/read/volume.ts';

const [, , device = '', path = ''] = process.argv;
const volume = await openVolume(device, {
  signal: new AbortController().signal,
  path: '/usr/sbin:/usr/bin:/sbin:/bin',
});
for await (const chunk of volume.read(path, 1024 ** 3)) {
  process.stdout.write(`reading ${chunk.length}\n`);
  await new Promise((resolve) => {
    setTimeout(resolve, 3_600_000);
  });
}
