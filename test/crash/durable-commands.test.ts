/** `kill -9` before every durable step of the commands that people type: receive, init, sign. Typed again, they succeed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutUnder } from '../../src/node/layout.ts';
import { removeFolders, runProgram, temporaryFolder } from '../kit/kiosk.ts';
import { writePublicKey } from '../kit/office.ts';
import { CrashNode, officeKey, programFile, witnessedUpdate } from './crash-node.ts';
import { isKept, unsettled } from './invariants.ts';
import { spread } from './spread.ts';
import { canTrace, diskCalls, killBefore, recordSteps, thinned, walk } from './steps.ts';
import { endProcessesUnder, straysUnder } from './strays.ts';

const patienceMs = 120_000;
const everything = temporaryFolder();
const update = witnessedUpdate({ sequence: 1 });
let fresh: CrashNode;

beforeAll(async () => {
  fresh = await CrashNode.make(everything);
});

afterAll(() => {
  endProcessesUnder(everything);
  removeFolders();
});

function readOrEmpty(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function check(violations: string[], truth: boolean, text: string): void {
  if (!truth) violations.push(text);
}

describe.skipIf(!canTrace)('killed before any durable step (needs strace)', () => {
  test.each(['file', 'standard input'])(
    'receive of a %s does no harm: the source stays, and typed again the parcel is there once and runs once',
    async (kind) => {
      const source = join(everything, 'source.zip');
      writeFileSync(source, update.bytes);
      const receive = (node: CrashNode): Parameters<typeof killBefore>[0] => ({
        ...node.command(['receive', kind === 'file' ? source : '-', '--channel', 'usb']),
        ...(kind === 'file' ? {} : { input: update.bytes }),
      });
      const steps = await recordSteps(receive(fresh.copy()), diskCalls);
      expect(steps.filter(({ call }) => call === 'fsync')).toHaveLength(2);

      const failures = await walk(spread(thinned(steps), 8), async (step) => {
        const node = fresh.copy();
        const { killed, exitCode, stdout } = await killBefore(receive(node), step);
        const violations: string[] = [];
        check(violations, readFileSync(source).equals(update.bytes), 'the source is touched');
        check(violations, killed || exitCode === 0, `it ended with ${exitCode}`);
        check(
          violations,
          stdout === '' || isKept(node.layout, update.bytes, update.digest),
          'it said that the parcel is safe, and it is not',
        );
        // Nothing half-written is ever taken for a parcel.
        const parcels = readdirSync(node.layout.inbox).filter((name) => !name.startsWith('.'));
        check(
          violations,
          parcels.every((name) => readFileSync(join(node.layout.inbox, name)).equals(update.bytes)),
          'a torn parcel stands in the inbox',
        );

        const again = await execa(process.execPath, receive(node).args, {
          reject: false,
          ...(kind === 'file' ? { stdin: 'ignore' } : { input: update.bytes }),
        });
        check(
          violations,
          again.exitCode === 0,
          `typed again it ends with ${again.exitCode}: ${again.stderr}`,
        );
        check(
          violations,
          readdirSync(node.layout.inbox).filter((name) => !name.startsWith('.')).length === 1,
          'the parcel is in the inbox more than once',
        );
        await node.run('run', '--once');
        violations.push(...unsettled(node.layout, [1]));
        node.remove();
        return violations;
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );

  test(
    'init leaves a node that is set up whole, or one that init sets up; nothing half-made stays',
    async () => {
      const key = writePublicKey(everything, officeKey);
      const init = (root: string): { args: string[] } => ({
        args: [programFile('ferryman'), 'init', '--role', 'kiosk', '--office-key', key, '--root', root],
      });
      const newRoot = (): string => mkdtempSync(join(everything, 'init-'));
      const steps = await recordSteps(init(newRoot()), diskCalls);
      expect(steps.some(({ text }) => text.includes('config.toml'))).toBe(true);

      const failures = await walk(spread(thinned(steps), 8), async (step) => {
        const root = newRoot();
        const { etc, configFile, identityKey, identityPublicKey, keys } = layoutUnder(root);
        await killBefore(init(root), step);
        const isSetUp = existsSync(configFile);
        const violations: string[] = [];
        const again = await execa(process.execPath, init(root).args, { reject: false, stdin: 'ignore' });
        check(
          violations,
          again.exitCode === (isSetUp ? 73 : 0),
          `set up: ${isSetUp}; typed again it ends with ${again.exitCode}: ${again.stderr}`,
        );
        check(
          violations,
          readdirSync(join(etc, '..')).join() === 'ferryman',
          `left in etc: ${readdirSync(join(etc, '..')).join()}`,
        );
        check(
          violations,
          existsSync(identityPublicKey) && (statSync(identityKey).mode & 0o777) === 0o600,
          'the identity is not whole, or not private',
        );
        check(violations, readdirSync(keys).length === 1, 'the office key is not there once');
        const ran = await runProgram('ferryman', ['status', '--root', root]);
        check(violations, ran.exitCode === 0, `the node does not work: ${ran.stderr}`);
        return violations;
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );

  test(
    'sign writes a whole parcel or none, and the register never gives a sequence to two contents',
    async () => {
      const office = mkdtempSync(join(everything, 'office-'));
      expect(
        (await runProgram('sign-update', ['keygen', 'office', '--no-passphrase'], { cwd: office })).exitCode,
      ).toBe(0);
      const folder = (name: string): string => {
        mkdirSync(join(office, name));
        writeFileSync(join(office, name, 'run.sh'), `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
        return join(office, name);
      };
      const [content, other] = [folder('content'), folder('other')];
      let sequence = 0;
      const sign = (from: string, number: number, output: string): string[] => [
        'sign',
        from,
        '--key',
        join(office, 'office.key'),
        '--sequence',
        String(number),
        '--to',
        'all',
        '--script',
        'run.sh',
        '--created',
        '2026-11-01T00:00:00Z',
        '-o',
        join(office, output),
      ];
      const verifies = async (output: string): Promise<boolean> =>
        (
          await runProgram('sign-update', [
            'verify',
            join(office, output),
            '--pub',
            join(office, 'office.pub'),
          ])
        ).exitCode === 0;
      const steps = await recordSteps(
        { args: [programFile('sign-update'), ...sign(content, ++sequence, 'model.zip')] },
        diskCalls,
      );
      expect(steps.some(({ text }) => text.includes('office.key.sequences'))).toBe(true);

      const failures = await walk(spread(thinned(steps), 8), async (step) => {
        const number = ++sequence;
        const output = `${number}.zip`;
        await killBefore({ args: [programFile('sign-update'), ...sign(content, number, output)] }, step);
        const isThere = existsSync(join(office, output));
        const violations: string[] = [];
        check(violations, !isThere || (await verifies(output)), 'the parcel is torn');
        check(
          violations,
          !isThere || existsSync(join(office, `office.key.sequences/${number}`)),
          'a parcel is out whose sequence is not registered',
        );
        const again = await runProgram('sign-update', sign(content, number, output));
        check(
          violations,
          again.exitCode === (isThere ? 73 : 0),
          `there: ${isThere}; typed again it ends with ${again.exitCode}: ${again.stderr}`,
        );
        check(violations, await verifies(output), 'typed again it makes no good parcel');
        check(
          violations,
          readOrEmpty(join(office, `office.key.sequences/${number}`)).length === 129,
          'the register is torn',
        );
        const rival = await runProgram('sign-update', sign(other, number, `rival-${output}`));
        check(violations, rival.exitCode === 65, `other content for the same sequence: ${rival.exitCode}`);
        return violations;
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );
});

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});
