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
