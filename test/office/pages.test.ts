import { expect, test } from 'vitest';
import { digestOf, guidOf } from './made-fleet.ts';
import { madeOffice, Visitor } from './made-office.ts';

const paths = [
  '/',
  '/?state=late&state=silent&sort=heard',
  '/?update=12',
  '/needs',
  '/updates',
  '/updates/12',
  `/updates/${digestOf(7)}`,
  `/nodes/${guidOf(3)}`,
  `/nodes/${guidOf(1)}`,
  `/nodes/${guidOf(3)}/logs?grep=disk`,
  '/roads',
  '/alerts',
  '/users',
] as const;

test.each(paths)('%s is a page, and nothing that a node has written becomes markup in it', async (path) => {
  const made = await madeOffice({ nodes: 100 });
  const anna = new Visitor(made);
  await anna.logIn();

  const response = await anna.ask(path);
  const text = await response.text();

  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch('text/html');
  expect(text).not.toContain('<script>');
  for (const character of ['\u202e', '\u0007']) expect(text).not.toContain(character);
  expect(text).not.toMatch(/ style=| on[a-z]+=|undefined|\[object|NaN/);
  expect(Buffer.byteLength(text)).toBeLessThan(200_000);
});
