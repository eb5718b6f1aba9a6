/** Long lists, sent while they are made. */
import { afterEach, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import type { NodeLine } from '../../src/fleet/facts/node.ts';
import { serve, type Serving } from '../../src/office/serve.ts';
import { madeOffice, Visitor, type MadeOffice } from './made-office.ts';

let serving: Serving | undefined;
afterEach(async () => {
  await serving?.close();
  serving = undefined;
});

/** An office whose list of nodes comes as `portions` do. */
async function officeWith(portions: (lines: readonly NodeLine[]) => AsyncGenerator<readonly NodeLine[]>) {
  const made: MadeOffice = await madeOffice();
  const nodesInTurn = async () => ({
    total: made.fleet.lines.length,
    portions: portions(made.fleet.lines),
  });
  Object.assign(made.fleet, { nodesInTurn });
  const visitor = new Visitor(made);
  await visitor.logIn();
  return { made, visitor };
}

function away(): FerrymanError {
  return new FerrymanError('fleet.unreachable', 'db/fleet: expected a fleet store that answers');
}

test.each(['/api/v1/nodes', '/api/v1/nodes.csv'])(
  '%s that cannot begin is refused as any other answer',
  async (path) => {
    const { visitor } = await officeWith(async function* broken() {
      await Promise.reject(away());
      yield [];
    });
    const response = await visitor.ask(path);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'fleet.unreachable' } });
  },
);

test.each(['/api/v1/nodes', '/api/v1/nodes.csv'])(
  '%s that goes wrong in the middle is cut off, so that nobody takes it for whole, and told in the log',
  async (path) => {
    const { made, visitor } = await officeWith(async function* half(lines) {
      for (let portion = 0; portion < 20; portion++) yield lines;
      throw away();
    });
    serving = await serve(made.app, { host: '127.0.0.1', port: 0 });
    const response = await fetch(`http://127.0.0.1:${serving.port}${path}`, {
      headers: { cookie: visitor.cookie, host: '127.0.0.1' },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(/terminated/);
    const errors = made.events.filter(({ level }) => level === 'error');
    expect(errors).toEqual([expect.objectContaining({ text: expect.stringContaining('cut off') as string })]);
  },
);

test('others have their turn between two portions', async () => {
  const { visitor } = await officeWith(async function* many(lines) {
    for (let portion = 0; portion < 20; portion++) yield lines;
  });
  let turns = 0;
  let isOver = false;
  const tick = (): void => {
    turns += 1;
    if (!isOver) setImmediate(tick);
  };
  const response = await visitor.ask('/api/v1/nodes.csv');
  setImmediate(tick);
  await response.text();
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(15);
});

test('an empty list, and one whose portions are empty, are whole', async () => {
  for (const empty of [[], [[]], [[], []]]) {
    const { visitor } = await officeWith(async function* none() {
      yield* empty;
    });
    expect(await (await visitor.ask('/api/v1/nodes')).json()).toMatchObject({ nodes: [] });
    expect((await visitor.text('/api/v1/nodes.csv')).split('\r\n')).toHaveLength(2);
  }
});
