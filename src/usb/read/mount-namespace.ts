/**
 * A mount that nobody else sees and nobody can forget: it stands in a mount namespace of its own, which a process holds as
 * long as its standard input is open. When that process ends, for whatever reason, or this one does, the kernel unmounts.
 *
 * The mount goes over /proc/fs: that folder is on every machine, needs no writable disk, and /proc can be made private also
 * inside a chroot, where / cannot. The rest of the namespace goes on hearing of unmounts outside, so it pins nothing.
 */
import { FerrymanError } from '../../errors.ts';
import type { Child } from './child.ts';
import type { Said, Tools } from './tools.ts';

export const mountPoint = '/proc/fs';

const ready = 'ready\n';

export class MountNamespace {
  readonly #tools: Tools;
  readonly #holder: Child;

  private constructor(tools: Tools, holder: Child) {
    this.#tools = tools;
    this.#holder = holder;
  }

  /** @throws FerrymanError `usb.mount`, `usb.stalled`, `usb.tool` */
  static async open(tools: Tools): Promise<MountNamespace> {
    // cat: what it repeats tells that unshare has made the namespace and given way to it.
    const holder = tools.start(['unshare', '--mount', '--propagation', 'unchanged', 'cat'], 'pipe');
    await holder.feed(Buffer.from(ready));
    for await (const chunk of holder.output()) {
      if (chunk.toString() !== ready) break;
      const namespace = new MountNamespace(tools, holder);
      const { exitCode, said } = await namespace.run(['mount', '--make-private', '/proc']);
      if (exitCode === 0) return namespace;
      throw new FerrymanError('usb.mount', `/proc: expected to be made private: ${said}`);
    }
    const { said } = await holder.finish();
    throw new FerrymanError('usb.mount', `expected a mount namespace: ${said || 'unshare failed'}`);
  }

  /** @throws FerrymanError `usb.read` when the holder is gone, and the mount with it */
  start(command: readonly string[]): Child {
    return this.#tools.start(this.#inside(command));
  }

  /** @throws as {@link start} and {@link Tools.run} */
  run(command: readonly string[]): Promise<Said> {
    return this.#tools.run(this.#inside(command));
  }

  #inside(command: readonly string[]): string[] {
    this.#tools.checkOpen();
    // A pid without its process may name another one by the next moment.
    if (!this.#holder.isRunning)
      throw new FerrymanError(
        'usb.read',
        'expected the mounted key, found that what held its mount has ended',
      );
    return ['nsenter', '-t', String(this.#holder.pid), '-m', '-r', '-w', '--', ...command];
  }
}
