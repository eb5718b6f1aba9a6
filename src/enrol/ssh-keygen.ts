/** Runs OpenSSH's own programs: keys, certificates and revocation lists are theirs. */
import { execa } from 'execa';
import { FerrymanError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';

const patienceMs = 60_000;

/**
 * @param terminal ssh-keygen may ask for the passphrase of a key there
 * @throws FerrymanError `ssh.failed` with the last line that the program said; `ssh.missing`
 */
export async function runSsh(
  program: 'ssh-keygen' | 'sshd',
  args: readonly string[],
  { terminal = false, input }: { readonly terminal?: boolean; readonly input?: string } = {},
): Promise<string> {
  // sshd must be called by its whole path: it starts itself again.
  const result = await execa(program === 'sshd' ? '/usr/sbin/sshd' : program, args, {
    reject: false,
    ...(input === undefined ? { stdin: terminal ? 'inherit' : 'ignore' } : { input }),
    ...(terminal ? {} : { timeout: patienceMs }),
    env: { PATH: systemPath, LANG: 'C.UTF-8', HOME: '/nonexistent', SSH_ASKPASS_REQUIRE: 'never' },
    extendEnv: false,
    cwd: '/',
  });
  if (result.code === 'ENOENT')
    throw new FerrymanError('ssh.missing', `expected the program ${program}, found none`);
  if (result.exitCode !== 0)
    throw new FerrymanError(
      'ssh.failed',
      `${program}: ${result.stderr.trim().split('\n').at(-1) || result.shortMessage}`,
    );
  return result.stdout;
}
