/** Every page and list over the real fleet store, filled with a made-up fleet, on SQLite and on PostgreSQL. */
import { expect, test } from 'vitest';
import { officeApp } from '../../src/office/app.ts';
import { officeOver } from '../../src/office/office-over.ts';
import { newUser } from '../../src/office/access/new-user.ts';
import { onBothStores } from '../fleet/both-stores.ts';
import { digestOf, guidOf, madeAt, makeFleet } from '../fleet/questions/made-fleet.ts';
import { password, settings, Visitor } from './made-office.ts';

const paths = [
  '/',
  '/?state=late&state=silent&role=kiosk&group=north&mark=gaps&sort=heard&order=reverse',
  '/?update=4&result=failed',
  `/?text=${encodeURIComponent("' OR 1=1 --%_")}`,
  '/needs',
  '/updates',
  '/updates/4',
  `/updates/${digestOf(3).slice(0, 16)}`,
  `/nodes/${guidOf(1)}`,
  '/nodes/node-7',
  '/roads',
  `/roads?node=${guidOf(1)}&sort=last`,
  '/alerts',
  '/users',
  '/api/v1/overview',
  '/api/v1/nodes?size=5000',
  '/api/v1/nodes.csv?state=failed',
  '/api/v1/updates.csv',
  '/api/v1/roads.csv',
  '/api/v1/needs.csv',
  `/api/v1/nodes/${guidOf(1)}/history.csv`,
  `/api/v1/nodes/${guidOf(1)}/logs?grep=x`,
  '/metrics',
  '/healthz',
];

onBothStores((stores) => {
  test('every page answers, what an operator says is kept, and a day later too', async () => {
    const store = await stores.open();
    await makeFleet(store, { nodes: 60, updates: 4, contacts: 5 });
    let now = madeAt;
    const surroundings = { version: '0.1.0', logFolder: () => '/nonexistent', tell: () => undefined };
    const office = { ...officeOver(store, settings, surroundings), clock: () => now };
    await newUser(office.accounts, { name: 'anna', role: 'operator', password, now });
    const visitor = new Visitor({ app: officeApp(office) });
    expect((await visitor.logIn()).status).toBe(303);
    const odd: string[] = [];
    for (const path of paths) {
      const response = await visitor.ask(path);
      const text = await response.text();
      if (response.status !== 200 || /undefined|NaN|\[object/.test(text))
        odd.push(`${response.status} ${path}`);
    }
    expect(odd).toEqual([]);

    const form = await visitor.formToken('/');
    await visitor.send(`/nodes/${guidOf(1)}/words`, {
      form,
      name: 'market',
      place: 'Nakuru',
      note: 'by the gate',
    });
    await visitor.send(`/nodes/${guidOf(1)}/pause`, { form, until: '2026-12-01' });
    const page = await visitor.text('/nodes/market');
    expect(page).toContain('by the gate');
    expect(page).toContain('until 2026-12-01');
    const taken = await visitor.send(`/nodes/${guidOf(2)}/words`, {
      form,
      name: 'market',
      place: '',
      note: '',
    });
    expect(taken.status).toBe(400);

    for (const path of ['/nodes/%00', '/api/v1/nodes/a%00b', '/updates/%00', '/nodes/a%0Ab'])
      expect((await visitor.ask(path)).status).toBe(404);
    for (const path of ['/users/%00/remove', '/nodes/%00/words', '/nodes/%00/pause'])
      expect((await visitor.send(path, { form, until: '30d' })).status).toBe(404);
    await expect(office.questions.node('a\0', now)).rejects.toMatchObject({ code: 'fleet.unknown' });
    expect((await visitor.send(`/nodes/${guidOf(1)}/words`, { form, name: 'a\0b' })).status).toBe(400);

    now += 86_400_000;
    expect((await visitor.ask('/')).status).toBe(303);
  });
});
