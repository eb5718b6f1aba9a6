/** What comes into the inbox and is neither an update nor a notice: refused by what it is, not taken for a broken update, and in nobody's way. */
import { readdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import { enrolledNode, signedLog } from '../kit/enrolled.ts';
import { signedPass } from '../kit/office.ts';
import { cleanUp, drop, makeKiosk, officeKey, signed } from './at-work.ts';
import { withNode } from './in-process.ts';

afterAll(cleanUp);

test.each<[string, Buffer, string, string]>([
  [
    'a pass',
    signedPass({}, officeKey),
    'manifest.other-kind',
    'expected an update, found a pass for a USB key',
  ],
  [
    'an archive of logs',
    signedLog(enrolledNode(1, 'kiosk', {}, [officeKey])),
    'verify.by-node',
    'found one that a node says it has',
  ],
])(
  '%s in the inbox is refused for what it is, once, and the update beside it runs',
  async (_, parcel, code, words) => {
    const kiosk = await makeKiosk();
    await withNode(kiosk, async (node) => {
      drop(kiosk, 'backhaul', 'a.zip', parcel);
      drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 1, script: `echo 1 >>${kiosk.witness}` }));
      await node.pass();
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['1']);
      const refusals = node.ledger.refusals.newestFirst(10);
      expect(refusals).toMatchObject([{ code, name: 'a.zip' }]);
      expect(refusals[0]?.reason).toContain(words);
      const { updates } = await kiosk.history();
      expect(updates.map(({ sequence, state }) => [sequence, state])).toEqual([[1, 'succeeded']]);
      expect(node.events.filter(({ subject }) => subject.startsWith('a.zip'))).toHaveLength(1);
      expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
      expect(readdirSync(kiosk.layout.relayUpdates)).toHaveLength(1);
    });
  },
);

test('ferryman verify tells which node has signed an archive of logs', async () => {
  const kiosk = await makeKiosk();
  const node = enrolledNode(1, 'kiosk', {}, [officeKey]);
  const file = kiosk.file('a.zip', signedLog(node));
  expect((await kiosk.run('verify', file)).stdout).toContain(
    `  signed by  node ${node.guid}, kiosk, enrolment 1\n`,
  );
  const stranger = kiosk.file('b.zip', signedLog(enrolledNode(1, 'kiosk', {}, [fixedKey(99)])));
  expect((await kiosk.run('verify', stranger)).stderr).toContain('[enrolment.unproven]');
});
