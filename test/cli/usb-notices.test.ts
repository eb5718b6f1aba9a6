/** `usb prepare` and `usb inspect` with rosters, acknowledgements and enrolments: each in its folder, under its name, and none but its kind. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import { draftRoster, enrolledNode, guidOf, signedAck } from '../kit/enrolled.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { fixedKey, signZip } from '../kit/office.ts';
import { mtools, OfficeDesk } from './usb-key.ts';

afterAll(removeFolders);

const proxy = enrolledNode(9, 'proxy');
const ackName = `ferryman/acks/${guidOf(9)}.0.zip`;

function roster(number: number, key = officeKey): Buffer {
  return signZip(packRoster(draftRoster({ number })), key);
}

test('a folder gets them beside the pass, newer ones in place of older, and inspect shows them', async () => {
  const desk = new OfficeDesk();
  const first = ['--roster', desk.write('r.zip', roster(7)), '--ack', desk.write('a.zip', signedAck(proxy))];
  const pass = ['--pass', desk.pass({ may: ['collect-logs'] }), '--pub', desk.pub];
  const made = await desk.usb('prepare', desk.key(), ...pass, ...first);
  expect(made.stdout).toContain('  ferryman/rosters/000000000007.zip  roster 7\n');
  expect(made.stdout).toContain(`  ${ackName}  acknowledgement 1 of proxy ${guidOf(9)}, shard 0\n`);
  expect(readFileSync(join(desk.key(), 'ferryman/rosters/000000000007.zip'))).toEqual(roster(7));

  const newer = desk.write('b.zip', signedAck(proxy, { number: 2 }));
  await desk.usb('prepare', desk.key(), ...pass, '--ack', newer, '--ack', newer);
  expect(readFileSync(join(desk.key(), ackName))).toEqual(readFileSync(newer));

  const seen = await desk.usb('inspect', desk.key(), '--pub', desk.pub);
  expect(seen.stdout).toContain(`roster 7\n  file        ferryman/rosters/000000000007.zip, `);
  expect(seen.stdout).toContain(`acknowledgement 2 of proxy ${guidOf(9)}, shard 0\n`);
  expect(seen.exitCode).toBe(0);
  const document = await desk.json<{ notices: unknown }>('inspect', desk.key(), '--pub', desk.pub);
  expect(document.notices).toMatchObject([
    { kind: 'roster', name: '000000000007.zip', title: 'roster 7', problem: null },
    { kind: 'ack', problem: null },
  ]);
});

test('an image gets them too, and they are read back', async () => {
  const desk = new OfficeDesk();
  const image = desk.image();
  const more = ['--roster', desk.write('r.zip', roster(7)), '--ack', desk.write('a.zip', signedAck(proxy))];
  const made = await desk.usb('prepare', image, '--pass', desk.pass(), ...more, desk.update(1), '--yes');
  expect(made.exitCode).toBe(0);
  expect(mtools('mtype', '-i', image, `::/${ackName}`)).toEqual(signedAck(proxy));
});

test.each<[string, string, (desk: OfficeDesk) => string, string]>([
  ['an update as a roster', '--roster', (desk) => desk.update(1), 'manifest.other-kind'],
  [
    'a roster as an enrolment',
    '--enrolment',
    (desk) => desk.write('r.zip', roster(1)),
    'manifest.other-kind',
  ],
  [
    'a roster of another office',
    '--roster',
    (desk) => desk.write('r.zip', roster(1, fixedKey(99))),
    'verify.unknown-key',
  ],
  ['an update as an acknowledgement', '--ack', (desk) => desk.update(1), 'manifest.other-kind'],
  [
    'an acknowledgement by a kiosk',
    '--ack',
    (desk) => desk.write('a.zip', signedAck(enrolledNode(3, 'kiosk'))),
    'enrolment.role',
  ],
])('%s is refused before anything is written', async (_, option, make, code) => {
  const desk = new OfficeDesk();
  const ran = await desk.usb(
    'prepare',
    desk.key(),
    '--pass',
    desk.pass(),
    '--pub',
    desk.pub,
    option,
    make(desk),
  );
  expect(ran.stderr).toContain(`[${code}]`);
  expect(existsSync(join(desk.key(), 'ferryman'))).toBe(false);
});

test('two rosters of one number are refused', async () => {
  const desk = new OfficeDesk();
  const other = signZip(packRoster(draftRoster({ number: 7, revoked: [{ first: 1, last: 1 }] })), officeKey);
  const both = ['--roster', desk.write('r.zip', roster(7)), '--roster', desk.write('s.zip', other)];
  const ran = await desk.usb('prepare', desk.key(), '--pass', desk.pass(), ...both);
  expect(ran.stderr).toContain('[output.exists]');
});
