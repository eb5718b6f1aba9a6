import { describe, expect, it } from 'vitest';
import { signUpdate } from '../../tools/sign-update/table.ts';
import { runProgram } from '../kit/kiosk.ts';

const { commands } = signUpdate('');
const names = commands.map(({ usage }) => usage.split(' ')[0] ?? '');

describe('sign-update', () => {
  it('has the commands that the documents speak of', () => {
    expect(names).toEqual([
      'keygen',
      'sign',
      'usb-pass',
      'roster',
      'cosign',
      'verify',
      'inspect',
      'detach',
      'attach',
      'completion',
    ]);
  });

  it('lists them all with --help, and tells its version', async () => {
    const help = await runProgram('sign-update', ['--help']);
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    for (const { usage, summary } of commands) {
      expect(help.stdout).toContain(`  ${usage.split(' ')[0]} `);
      expect(help.stdout.replaceAll(/\s+/g, ' ')).toContain(summary);
    }
    const version = await runProgram('sign-update', ['--version']);
    expect(version).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
      stderr: '',
    });
  });

  for (const { usage, examples, options } of commands) {
    const [name = ''] = usage.split(' ');

    it(`${name} --help explains every option and has an example`, async () => {
      const { exitCode, stdout, stderr } = await runProgram('sign-update', [name, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      for (const { flags } of options) expect(stdout).toContain(flags);
      expect(examples.length).toBeGreaterThan(0);
      const unbroken = stdout.replaceAll(/ \\\n +/g, ' ');
      for (const example of examples) expect(unbroken).toContain(`\n  sign-update ${example}`);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(81);
    });

    it(`${name} refuses options and arguments that it does not know, and missing ones`, async () => {
      const required = options
        .filter((option) => option.required)
        .flatMap(({ flags }) => [flags.match(/--\S+/)?.[0] ?? '', 'x']);
      const args = usage.split(' ').slice(1);
      const calls = [
        [name, ...args, ...required, '--nonsense'],
        ...(usage.includes('...') ? [] : [[name, ...args, ...required, 'one-too-many']]),
        [name],
        [name, ...args.slice(1), ...required],
      ];
      for (const call of calls) {
        const { exitCode, stdout, stderr } = await runProgram('sign-update', call);
        expect([call, exitCode, stdout]).toEqual([call, 64, '']);
        expect(stderr).toMatch(/^sign-update: .* \[usage\.invalid\]\n {2}hint: .*--help.*\n$/);
      }
    });
  }

  it('refuses a command that there is not, and answers a bare call with its help', async () => {
    const unknown = await runProgram('sign-update', ['sing']);
    expect([unknown.exitCode, unknown.stdout, unknown.stderr]).toEqual([
      64,
      '',
      expect.stringContaining("unknown command 'sing'"),
    ]);
    const bare = await runProgram('sign-update', []);
    expect([bare.exitCode, bare.stdout, bare.stderr]).toEqual([
      64,
      '',
      expect.stringContaining('Usage: sign-update'),
    ]);
  });
});
