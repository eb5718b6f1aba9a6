import { afterAll, expect, test } from 'vitest';
import { removeFolders } from '../kit/kiosk.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { startHost, floodId } from './host.ts';

afterAll(removeFolders);

test.skipIf(!canMakeHosts)(
  'a host has a user, processes and a network of its own, and takes them with it (root, namespaces)',
  async () => {
    const host = await startHost({ ownNetwork: true });
    expect((await host.run(['id', '-u'], { as: 'ferryman' })).stdout).toBe(`${floodId}\n`);
    expect((await host.run(['ip', '-br', 'addr'])).stdout).toMatch(/^lo\s+UNKNOWN\s+127\.0\.0\.1/);
    expect((await host.ferryman(['status'], { as: 'ferryman' })).exitCode).not.toBe(127);
    const sleeper = host.start(['sleep', '1000']);
    const pid = await sleeper.pid();
    process.kill(pid, 0);
    await host.stop();
    await sleeper.ended;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  },
);

test.skipIf(!canMakeHosts)(
  'a program that hangs is given up on, ended and told of: what it has said, and what it and its children are at (root, namespaces)',
  async () => {
    const host = await startHost();
    try {
      const hanging = host.run(['sh', '-c', 'echo so far; trap "" TERM; sleep 1000; echo never'], {
        timeoutMs: 1500,
      });
      await expect(hanging).rejects.toThrow(
        /expected to end within 1\.5 s\n(.*\n)+ +\d+ S \(sleeping\) in \w+ .*: sleep 1000\nit has said:\nso far\n/,
      );
      const { stdout } = await host.run(['ps', '-eo', 'args=']);
      expect(stdout).not.toContain('so far');
    } finally {
      await host.stop();
    }
  },
);
