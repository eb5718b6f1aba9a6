/** What a node writes into its archives is what the fleet reads of them: no hand-made lines here. */
import { afterAll, expect, test } from 'vitest';
import { parseLedgerLine } from '../../../src/fleet/ingest/ledger-line.ts';
import { Kiosk, removeFolders } from '../../kit/kiosk.ts';
import { fixedKey, signedUpdate } from '../../kit/office.ts';

afterAll(removeFolders);

test('the lines of a node about updates that went well, failed and were not for it are read whole', async () => {
  const key = fixedKey(1);
  const kiosk = await Kiosk.make({ keys: [key] });
  const drafts = [
    { script: 'echo fine' },
    { script: 'exit 3', supersedes: [{ first: 1, last: 1 }], expires: '2200-01-01T00:00:00Z' },
    { recipients: ['group:elsewhere'] },
  ];
  for (const [index, draft] of drafts.entries())
    await kiosk.apply(signedUpdate({ sequence: index + 1, ...draft }, key));
  const lines = await Promise.all(
    drafts.map(async (_draft, index) => {
      const { stdout } = await kiosk.run('show', String(index + 1), '--json');
      const { updates } = JSON.parse(stdout) as { updates: [object] };
      return parseLedgerLine(Buffer.from(JSON.stringify(updates[0])));
    }),
  );
  expect(
    lines.map(({ terms: { sequence, script, supersedes, expires }, told }) => [
      sequence,
      told.ledger_state,
      told.exit_status,
      script,
      supersedes,
      expires,
    ]),
  ).toEqual([
    [1, 'succeeded', 0, 'run.sh', [], null],
    [2, 'failed', 3, 'run.sh', ['1'], '2200-01-01T00:00:00Z'],
    [3, 'not-for-me', null, 'run.sh', [], null],
  ]);
});
