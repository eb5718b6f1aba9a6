/**
 * The order in which vitest takes the files: those that take longest first, so that no worker is left with one of them in the end. vitest's own order knows it
 * only from an earlier run in the same folder.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest first; 20 s and more on two quiet cores. */
const long = [
  'test/net/attacks',
  'test/crash/durable-steps',
  'test/usb/pulled',
  'test/disk/full-disk',
  'test/controller/daemon',
  'test/usb/detect/stick-watch',
  'test/usb/spoiled-kiosks',
  'test/service/self-update',
  'test/usb/insertion',
  'test/enrol/sshd',
  'test/crash/random-kills',
  'test/cli/commands',
  'test/net/cut',
  'test/net/line',
  'test/net/flood-pings',
  'test/crash/durable-recovery',
  'test/crash/durable-commands',
  'test/crash/proxy-steps',
];

function place({ moduleId }: TestSpecification): number {
  const index = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return index < 0 ? long.length : index;
}

export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- that of vitest: no array's
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => place(a) - place(b));
  }
}
