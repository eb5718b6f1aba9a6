import { describe, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { guidOf, madeFleet } from './made-fleet.ts';
import { madeOffice, password, Visitor } from './made-office.ts';

function basic(name: string, word: string): string {
  return `Basic ${Buffer.from(`${name}:${word}`).toString('base64')}`;
}

async function away(): Promise<never> {
  throw new FerrymanError('fleet.unreachable', 'PostgreSQL db/fleet: expected a fleet store that answers');
}

async function loggedIn(nodes = 12): Promise<Visitor> {
  const visitor = new Visitor(await madeOffice({ nodes }));
  await visitor.logIn();
  return visitor;
}

describe('JSON', () => {
  test.each([
    ['overview', '/api/v1/overview'],
    ['needs', '/api/v1/needs'],
    ['nodes', '/api/v1/nodes?state=late'],
    ['node', `/api/v1/nodes/${guidOf(3)}`],
    ['history', `/api/v1/nodes/${guidOf(3)}/history`],
    ['key', `/api/v1/nodes/${guidOf(3)}/key`],
    ['logs', `/api/v1/nodes/${guidOf(3)}/logs?grep=x`],
    ['updates', '/api/v1/updates'],
    ['update', '/api/v1/updates/12'],
    ['roads', '/api/v1/roads'],
    ['alerts', '/api/v1/alerts'],
  ])('%s has its schema, and says when it was true', async (name, path) => {
    const visitor = await loggedIn();
    const response = await visitor.ask(path);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      schema: `ferryman.office-${name}/1`,
      at: '2026-11-21T12:00:00.000Z',
    });
  });

  test('times are RFC 3339, and texts of nodes are as they are', async () => {
    const visitor = await loggedIn();
    const { nodes } = (await (await visitor.ask('/api/v1/nodes?state=failed')).json()) as {
      nodes: { heardAt: string; name: string }[];
    };
    expect(nodes[0]?.heardAt).toMatch(/^2026-11-\d\dT/);
    expect(nodes[0]?.name).toContain('<script>');
  });
});

describe('CSV', () => {
  test('has every line of the list, over all pages, as the filter says', async () => {
    const visitor = await loggedIn(2500);
    const all = (await visitor.text('/api/v1/nodes.csv')).trimEnd().split('\r\n');
    expect(all).toHaveLength(2501);
    expect(all[0]).toMatch(/^guid,name,role,place,groups,state,/);
    const late = (await visitor.text('/api/v1/nodes.csv?state=late')).trimEnd().split('\r\n');
    const count = madeFleet(2500).lines.filter(({ state }) => state === 'late').length;
    expect(late).toHaveLength(count + 1);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1+1', '＋1', '＠1'])(
    'a name like "%s" is no formula',
    async (name) => {
      const made = await madeOffice();
      const visitor = new Visitor(made);
      await visitor.logIn();
      await made.fleet.describe(guidOf(0), { name: name });
      const line = (await visitor.text('/api/v1/nodes.csv')).split('\r\n')[1] ?? '';
      expect(line).toContain(`,'${name},`);
    },
  );

  test('a cell that begins where lists are parted by semicolons is no formula either', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    await made.fleet.describe(guidOf(0), { name: 'a;=1+1;b;@c' });
    expect(await visitor.text('/api/v1/nodes.csv')).toContain(",a;'=1+1;b;'@c,");
  });

  test('quotes and line breaks stay in their field', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    await made.fleet.describe(guidOf(0), { name: 'a "b",\r\nc' });
    expect(await visitor.text('/api/v1/nodes.csv')).toContain(',"a ""b"",\r\nc",');
  });

  test.each(['updates', 'roads', 'needs', 'alerts', `nodes/${guidOf(1)}/history`])(
    '%s can be taken along',
    async (list) => {
      const visitor = await loggedIn();
      const response = await visitor.ask(`/api/v1/${list}.csv`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-disposition')).toMatch(
        /^attachment; filename="ferryman-[a-z]+-2026-11-21\.csv"$/,
      );
    },
  );
});

describe('scripts with a password', () => {
  test('read over loopback, without a session', async () => {
    const made = await madeOffice();
    const response = await new Visitor(made).ask('/api/v1/nodes', {
      headers: { authorization: basic('ben', password) },
    });
    expect(response.status).toBe(200);
    expect(made.accounts.sessions.size).toBe(0);
  });

  test.each([
    ['a wrong password', basic('ben', 'wrong password'), 401],
    ['an unknown name', basic('nobody', password), 401],
    ['another scheme', 'Bearer abc', 401],
    ['no base64', 'Basic ***', 401],
  ])('%s is refused', async (_, authorization, status) => {
    const response = await new Visitor(await madeOffice()).ask('/api/v1/nodes', {
      headers: { authorization },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('www-authenticate')).toContain('Basic');
  });

  test('a password over the open network is not even looked at; behind TLS it is', async () => {
    const headers = { authorization: basic('ben', password) };
    const open = await madeOffice({ settings: { address: 'http://10.1.2.3:7824' } });
    const response = await new Visitor(open, '10.1.2.9').ask('/api/v1/nodes', {
      headers: { ...headers, host: '10.1.2.3:7824' },
    });
    expect(response.status).toBe(401);
    const tls = await madeOffice({ settings: { address: 'https://office.example.org' } });
    const behind = await new Visitor(tls, '127.0.0.1').ask('/api/v1/nodes', {
      headers: { ...headers, host: 'office.example.org', 'x-forwarded-for': '10.1.2.9' },
    });
    expect(behind.status).toBe(200);
  });

  test('open no page and change nothing', async () => {
    const made = await madeOffice();
    const authorization = basic('anna', password);
    expect((await new Visitor(made).ask('/', { headers: { authorization } })).status).toBe(303);
    expect((await new Visitor(made).send('/users', { name: 'cleo' }, { authorization })).status).toBe(403);
    expect((await new Visitor(made).send('/api/v1/nodes', {}, { authorization })).status).toBe(401);
  });

  test('are slowed down like people who guess', async () => {
    const visitor = new Visitor(await madeOffice());
    for (let tries = 0; tries < 5; tries++)
      await visitor.ask('/api/v1/nodes', { headers: { authorization: basic('ben', `wrong ${tries}`) } });
    const response = await visitor.ask('/api/v1/nodes', {
      headers: { authorization: basic('ben', password) },
    });
    expect(response.status).toBe(429);
  });
});

describe('what programs look at', () => {
  test('metrics are lines that Prometheus reads', async () => {
    const text = await new Visitor(await madeOffice({ nodes: 40 })).text('/metrics');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) ferryman_\w+ .+|ferryman_\w+(?:\{(?:\w+="[^"\\\n]*",?)+\})? -?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/,
      );
    expect(text).toContain('ferryman_nodes{state="failed"} 1');
    expect(text).toContain(`ferryman_node_sequence{node="${guidOf(0)}"} 12`);
    const names = text
      .split('\n')
      .filter((line) => line.startsWith('# TYPE'))
      .map((line) => line.split(' ')[2]);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each([
    ['loopback', '127.0.0.1', {}, 200],
    ['loopback', '127.0.0.1', { 'x-forwarded-for': '10.0.0.1' }, 401],
    ['loopback', '10.0.0.1', {}, 401],
    ['login', '127.0.0.1', {}, 401],
    ['everybody', '10.0.0.1', {}, 200],
  ] as const)('for %s, from %s with %j: %i', async (probes, from, headers, status) => {
    const visitor = new Visitor(await madeOffice({ settings: { probes } }), from);
    for (const path of ['/metrics', '/healthz'])
      expect((await visitor.ask(path, { headers })).status).toBe(status);
  });

  test('with the store away it is not well, and pages say so', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    Object.assign(made.office.questions, { overview: away, freshness: away });
    const health = await visitor.ask('/healthz');
    expect([health.status, await health.text()]).toEqual([503, 'the fleet store cannot be reached\n']);
    const page = await visitor.ask('/');
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await page.text()).toContain('The fleet store cannot be reached');
  });
});
