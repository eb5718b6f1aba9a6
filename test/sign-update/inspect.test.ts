import { afterAll, describe, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { blockLines, blockParts, endLine, soundZip, withComment } from '../../fixtures/kit/sign.ts';
import { soundUpdate } from '../../fixtures/kit/update.ts';
import { loadVectors } from '../../fixtures/make.ts';
import { Desk } from '../kit/desk.ts';
import { hashed } from '../kit/judge.ts';
import { removeFolders } from '../kit/kiosk.ts';

afterAll(removeFolders);

const zip = soundZip('inspected');
const comment = blockLines(blockParts(officeKey, zip, 'APPROVED BY THE MINISTRY'))
  .map(endLine)
  .join('');
const warning =
  'NOT VERIFIED: this is what the file says of itself, and proves nothing. Use sign-update verify.';

/** Pieces of a text, six characters each, that stand in another. */
function traces(text: string, shown: string): string[] {
  return Array.from({ length: text.length - 5 }, (_, at) => text.slice(at, at + 6)).filter((piece) =>
    shown.includes(piece),
  );
}

async function inspected(
  parcel: Buffer,
  ...options: string[]
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const desk = new Desk();
  desk.write('update.zip', parcel);
  return desk.run('inspect', 'update.zip', ...options);
}

describe('sign-update inspect', () => {
  it('begins with the warning that it proves nothing, and shows the manifest', async () => {
    const parcel = withComment(zip, comment);
    const { sequence } = soundUpdate('inspected').document;
    expect(await inspected(parcel)).toEqual({
      exitCode: 0,
      stdout: [
        warning,
        '',
        `update ${String(sequence)} "inspected"`,
        `  digest      ${hashed(parcel).digest.slice(0, 16)}`,
        '  for         all',
        '  created     2026-11-01T00:00:00Z',
        '  script      run.sh, at most 60 s, when interrupted: report',
        '  signatures  1, not checked',
        '  files       2',
        '    644         10  data.txt',
        '    755         64  run.sh',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('says the same as JSON', async () => {
    const { stdout } = await inspected(withComment(zip, comment), '--json');
    expect(JSON.parse(stdout)).toEqual({
      schema: 'sign-update.inspect/1',
      verified: false,
      warning,
      digest: hashed(zip).digest,
      signatures: 1,
      manifest: soundUpdate('inspected').document,
    });
  });

  it('prints no byte of the comment: neither key, nor trusted comment, nor signature', async () => {
    for (const options of [[], ['--json']]) {
      const { stdout, stderr } = await inspected(withComment(zip, comment), ...options);
      expect(traces(comment, stdout + stderr)).toEqual([]);
    }
  });

  it('prints no byte of a comment that is no signature at all', async () => {
    const text = 'APPROVED: CALL 555-0100 WITH QUESTIONS\n'.repeat(4);
    const { exitCode, stdout, stderr } = await inspected(withComment(zip, text));
    expect(exitCode).toBe(0);
    expect(traces(text, stdout + stderr)).toEqual([]);
  });

  it('shows a plain zip that nobody has signed', async () => {
    const { exitCode, stdout } = await inspected(zip);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('signatures  0, not checked')]);
  });

  it('passes nothing on to the terminal from a file that is refused', async () => {
    const vectors = await loadVectors();
    const hostile = [
      'manifest-unknown-key-with-escape',
      'manifest-unknown-key-very-long',
      'manifest-invalid-json-with-escape',
      'manifest-byte-order-mark',
      'manifest-title-escape',
      'manifest-title-bidi',
      'manifest-title-c1-control',
      'manifest-title-line-separator',
      'name-escape',
      'name-newline',
      'name-delete',
      'name-not-utf8',
    ];
    for (const name of hostile) {
      const { exitCode, stdout, stderr } = await inspected(vectors.get(name)?.make() ?? Buffer.alloc(0));
      expect([name, exitCode, stdout]).toEqual([name, 65, '']);
      expect(stderr).toMatch(/^sign-update: [^\n]{1,400}\n {2}hint: [^\n]+\n$/);
      expect(stderr).not.toMatch(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/u);
    }
  });
});
