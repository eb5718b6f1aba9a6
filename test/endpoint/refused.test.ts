/** A neighbour decides what is refused, and how often: what is kept of it is bounded, and shows a person no control characters. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { refusalsFile, tellRefusal } from '../../src/endpoint/refused.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

const refused = { peer: 'shared', why: 'another verb', command: 'sh -c id', at: '2026-11-01T00:00:00Z' };

test('a refusal is a line that names who asked, why, and the beginning of what was asked', () => {
  const folder = temporaryFolder();
  tellRefusal(folder, refused);
  tellRefusal(folder, { ...refused, command: `\u001b[2J\n${'a'.repeat(5000)}` });
  const lines = readFileSync(refusalsFile(folder), 'utf8').trimEnd().split('\n');
  const [first, second] = lines.map((line) => JSON.parse(line) as typeof refused);
  expect(lines).toHaveLength(2);
  expect(first).toEqual(refused);
  expect(second?.command.length).toBeLessThan(250);
  expect(second?.command).toMatch(/^[ -~]*$/);
});

test('refusals without end fill no disk', () => {
  const folder = temporaryFolder();
  writeFileSync(refusalsFile(folder), 'x'.repeat(256 * 1024));
  tellRefusal(folder, refused);
  expect(statSync(refusalsFile(folder)).size).toBe(256 * 1024);
});
