/** What init writes is what a node reads. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/node/config.ts';
import { initNode } from '../../src/node/init.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { loadTrust } from '../../src/node/trust-store.ts';
import { roles } from '../../src/parcel/recipients.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';

afterAll(removeFolders);

const keys = [fixedKey(1), fixedKey(2), fixedKey(3)];

test('the configuration and the keys that init writes are read back the same, whatever the node is', () => {
  const parent = temporaryFolder();
  const officeKeyFiles = keys.map((key) => writePublicKey(join(parent, 'office'), key));
  const setup = fc.record({
    guid: fc.uuid(),
    role: fc.constantFrom(...roles),
    groups: fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/), { maxLength: 5 }),
    baseline: fc.oneof(fc.nat(), fc.maxSafeNat()),
    threshold: fc.integer({ min: 1, max: keys.length }),
  });
  fc.assert(
    fc.property(setup, ({ threshold, ...node }) => {
      const layout = layoutUnder(mkdtempSync(join(parent, 'root-')));
      expect(initNode(layout, { ...node, threshold, officeKeyFiles })).toBe(node.guid);
      const config = loadConfig(layout);
      expect([config.node, config.trust.threshold]).toEqual([node, threshold]);
      const ids = loadTrust(layout, config.trust.threshold).keys.map(({ keyId }) => keyId);
      expect(ids.toSorted()).toEqual(keys.map(({ keyId }) => keyId).toSorted());
    }),
    { numRuns: 25 },
  );
});
