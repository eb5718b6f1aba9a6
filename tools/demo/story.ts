/** The story that the demo tells. */
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.ts';

const hoursScript = `#!/bin/sh
set -eu
mkdir -p "$FERRYMAN_ROOT/srv/kiosk"
cp opening-hours.txt "$FERRYMAN_ROOT/srv/kiosk/"
echo "installed opening-hours.txt"
echo "opening hours updated" > "$FERRYMAN_SHORT_LOG"
sha256sum opening-hours.txt > "$FERRYMAN_LONG_LOG"
`;

const checkScript = `#!/bin/sh
# Checks its pre-condition first: without update 1 it asks to be tried later.
ferryman applied 1 || exit 75
echo "hours are there: $(cat "$FERRYMAN_ROOT/srv/kiosk/opening-hours.txt")"
date -u +"checked at %FT%TZ" > "$FERRYMAN_LONG_LOG"
`;

const brokenScript = `#!/bin/sh
echo "looking for the solar charger"
echo "no charger found on ttyUSB0" >&2
echo "charger missing, technician needed" > "$FERRYMAN_SHORT_LOG"
exit 3
`;

export async function playStory(stage: Stage): Promise<void> {
  await makeOfficeAndKiosk(stage);
  await signUpdates(stage);
  await prepareKey(stage);
  await deliver(stage);
  await runAndShow(stage);
  await carryHome(stage);
  await refuse(stage);
  stage.say(
    'That was it',
    'Three updates came by three roads and ran once each; two succeeded, one failed and said why. Two parcels that\nthe office did not sign like this were refused. Everything was in a temporary folder, which is removed now.',
  );
}

async function makeOfficeAndKiosk(stage: Stage): Promise<void> {
  stage.say(
    'In the office: a key pair',
    'The secret key signs updates; the public key goes to every kiosk. (A real key has a passphrase.)',
  );
  await stage.run('sign-update', 'keygen', 'office', '--no-passphrase');
  stage.say(
    'On the kiosk: set-up',
    'Done once, when the kiosk is installed. All its files stand under one root folder here.',
  );
  await stage.run('ferryman', 'init', '--role', 'kiosk', '--group', 'north', '--office-key', 'office.pub');
}

async function signUpdates(stage: Stage): Promise<void> {
  stage.say(
    'In the office: three updates',
    'Each is a folder with a script and its files, signed into one zip with its sequence number and recipients.\nThe third will fail on purpose, as some do in the field.',
  );
  stage.write('hours/run.sh', hoursScript, true);
  stage.write('hours/opening-hours.txt', 'Mon-Sat 8-18\n');
  stage.write('check/run.sh', checkScript, true);
  stage.write('charger/run.sh', brokenScript, true);
  await stage.run(
    'sign-update',
    'sign',
    'hours',
    '--key',
    'office.key',
    '--sequence',
    '1',
    '--to',
    'role:kiosk',
    '--script',
    'run.sh',
    '--title',
    'New opening hours',
    '-o',
    '1.zip',
  );
  await stage.run(
    'sign-update',
    'sign',
    'check',
    '--key',
    'office.key',
    '--sequence',
    '2',
    '--to',
    'group:north',
    '--script',
    'run.sh',
    '--title',
    'Check the hours',
    '--requires',
    '1',
    '-o',
    '2.zip',
  );
  await stage.run(
    'sign-update',
    'sign',
    'charger',
    '--key',
    'office.key',
    '--sequence',
    '3',
    '--to',
    'all',
    '--script',
    'run.sh',
    '--title',
    'Tune the charger',
    '-o',
    '3.zip',
  );
}

/** What stands for the stick: an image file, which counts as one when it is in a slot. */
const stick = 'kiosk/dev/stick';
const stickBytes = 40 * 1024 * 1024;

async function prepareKey(stage: Stage): Promise<void> {
  stage.say(
    'In the office: a USB key for a technician',
    'A kiosk looks only at keys with a pass of the office, bound to that one key. An image file stands for the stick.',
  );
  const pass = ['--volume', '3EF5-2A49', '--technician', 'Ravi Kumar', '--group', 'north', '--uses', '3'];
  await stage.run('sign-update', 'usb-pass', '--key', 'office.key', ...pass, '-o', 'pass.zip');
  stage.write('stick.img', Buffer.alloc(stickBytes));
  await stage.run('ferryman', 'usb', 'prepare', 'stick.img', '--pass', 'pass.zip', '3.zip', '--yes');
}

async function deliver(stage: Stage): Promise<void> {
  stage.say(
    'On the road',
    'The first comes with the bus, the second from a neighbour (by hand here), the third on the USB key.',
  );
  const backhaul = 'kiosk/var/lib/ferryman/backhaul';
  mkdirSync(join(stage.folder, backhaul), { recursive: true });
  copyFileSync(join(stage.folder, '1.zip'), join(stage.folder, backhaul, '1.zip'));
  stage.note(`  1.zip → ${backhaul}/  (backhaul: dropped by the delay-tolerant engine)`);
  await stage.run('ferryman', 'receive', '2.zip', '--channel', 'flood');
  mkdirSync(join(stage.folder, 'kiosk/dev'));
  appendFileSync(join(stage.folder, 'kiosk/etc/ferryman/config.toml'), '\n[usb]\nslots = ["/dev/stick"]\n');
  renameSync(join(stage.folder, 'stick.img'), join(stage.folder, stick));
  stage.note(`  stick.img → ${stick}  (usb: the key is plugged in)`);
}

async function runAndShow(stage: Stage): Promise<void> {
  stage.say(
    'On the kiosk: verify, run, record',
    'The daemon does this by itself; here one pass of it. Update 3 fails: that is recorded and reported too.',
  );
  await stage.run('ferryman', 'run', '--once');
  stage.say(
    'What happened',
    'The ledger has the exit status of each; short logs go out at once, long logs travel home with the bus.',
  );
  await stage.run('ferryman', 'history');
  for (const sequence of ['1', '2', '3']) await stage.run('ferryman', 'log', sequence);
}

async function carryHome(stage: Stage): Promise<void> {
  stage.say(
    'The key carries the outcome home',
    'It was pulled only after the kiosk had written what became of its update. In the office:',
  );
  await stage.run('ferryman', 'usb', 'visits');
  await stage.run('ferryman', 'usb', 'collect', stick, '-o', 'reports');
  const [node = ''] = readdirSync(join(stage.folder, 'reports'));
  stage.note(readFileSync(join(stage.folder, 'reports', node, 'report.txt'), 'utf8').replaceAll(/^/gm, '  '));
}

async function refuse(stage: Stage): Promise<void> {
  stage.say('A tampered parcel', 'Somebody on the bus changed one byte of update 1.');
  const tampered = readFileSync(join(stage.folder, '1.zip'));
  const at = tampered.indexOf('Mon-Sat');
  tampered.write('Sun', at === -1 ? 100 : at, 'latin1');
  stage.write('tampered.zip', tampered);
  await stage.run('ferryman', 'apply', 'tampered.zip', { expectExit: 65 });
  stage.say('A parcel by a stranger', 'Well made, but signed with a key that this kiosk does not trust.');
  await stage.run('sign-update', 'keygen', 'stranger', '--no-passphrase');
  await stage.run(
    'sign-update',
    'sign',
    'hours',
    '--key',
    'stranger.key',
    '--sequence',
    '4',
    '--to',
    'all',
    '--script',
    'run.sh',
    '-o',
    '4.zip',
  );
  await stage.run('ferryman', 'apply', '4.zip', { expectExit: 65 });
  await stage.run('ferryman', 'status');
}
