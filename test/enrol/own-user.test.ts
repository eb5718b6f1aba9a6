/** A machine that has no user `ferryman` yet: the real useradd makes it, in an /etc of the test's own, and a real sshd lets it in. */
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { canMakeHosts } from '../net/can-make-hosts.ts';
import { hostPath } from '../net/host.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

/** Everything below `/` that a node writes is this machine's own, and gone with it. */
const ownMachine = `
mount -t tmpfs -o mode=755 own /mnt
cp -a /etc /mnt/etc
rm -rf /mnt/etc/ferryman
sed -i /^ferryman:/d /mnt/etc/passwd /mnt/etc/shadow /mnt/etc/group /mnt/etc/gshadow
mount --bind /mnt/etc /etc
for folder in /var/lib /var/log /run; do mount -t tmpfs -o mode=755 own $folder; done
ip link set lo up
sign-update keygen office --no-passphrase >/dev/null
ferryman office-ca init ca >/dev/null
ferryman init --role kiosk --guid $GUID --office-key office.pub
ferryman enrol request -o request.txt >/dev/null
ferryman enrol sign request.txt --key office.key --ca ca -o bundle.zip --yes 2>/dev/null
`;

const guid = '0a000000-0000-4000-8000-000000000001';

async function onOwnMachine(script: string): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(
    'unshare',
    [
      '--mount',
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-euc',
      ownMachine + script,
    ],
    {
      reject: false,
      stdin: 'ignore',
      cwd: temporaryFolder(),
      env: { PATH: hostPath, HOME: '/root', LANG: 'C.UTF-8', GUID: guid },
      extendEnv: false,
    },
  );
  return { ...(exitCode === undefined ? {} : { exitCode }), stdout, stderr };
}

test.skipIf(!canMakeHosts)(
  'enrol install makes the user, without a password and not locked: sshd lets neighbours in as it (root, namespaces)',
  async () => {
    const ran = await onOwnMachine(`
! getent passwd ferryman
ferryman enrol install bundle.zip
echo "--- $(getent passwd ferryman)"
echo "--- $(getent shadow ferryman | cut -d: -f1,2)"
echo "--- $(getent group ferryman | cut -d: -f1)"
echo "--- $(stat -c '%a %U:%G' /var/lib/ferryman) $(stat -c '%a %U:%G' /var/lib/ferryman/relay)"
before=$(md5sum </etc/passwd)
ferryman enrol install bundle.zip >/dev/null
[ "$before" = "$(md5sum </etc/passwd)" ]
/usr/sbin/sshd -f /etc/ferryman/ssh/sshd_config
cd /
setpriv --reuid=ferryman --regid=ferryman --clear-groups ssh -F /etc/ferryman/ssh/ssh_config -o HostName=127.0.0.1 -o HostKeyAlias=$GUID $GUID summary | gunzip
`);
    expect(ran.stderr).toBe('');
    const said = ran.stdout.split('\n').filter((line) => line.startsWith('--- '));
    expect(said).toEqual([
      expect.stringMatching(/^--- ferryman:x:\d{1,3}:\d{1,3}::\/:\/bin\/sh$/),
      '--- ferryman:*',
      '--- ferryman',
      '--- 710 root:ferryman 750 root:ferryman',
    ]);
    expect(JSON.parse(ran.stdout.split('\n').at(-1) ?? '')).toMatchObject({ kind: 'summary', node: guid });
    expect(ran.exitCode).toBe(0);
  },
  60_000,
);

test.skipIf(!canMakeHosts)(
  'where useradd cannot make it, what it says is told, and nothing is installed (root, namespaces)',
  async () => {
    // useradd puts a new file in the place of the old one, which a mount in that place does not let happen.
    const ran = await onOwnMachine(`
mount --bind /etc/passwd /etc/passwd
ferryman enrol install bundle.zip && exit 1
ls /etc/ferryman
`);
    expect(ran.stderr).toMatch(/expected the user ferryman .*found none: useradd: .*\[enrol\.no-user\]/s);
    expect(ran.stdout.split('\n')).not.toContain('ssh');
    expect(ran.exitCode).toBe(0);
  },
  60_000,
);
