/** What `--json` prints: every document names its schema, and its keys are exactly those of docs/json.md. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate, writePublicKey } from '../kit/office.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { withNode } from '../controller/in-process.ts';
import { cleanUp, drop, makeKiosk, officeKey, signed } from '../controller/at-work.ts';
import { typed } from './typed.ts';

const updateKeys = [
  'sequence',
  'digest',
  'title',
  'channel',
  'state',
  'exitStatus',
  'signal',
  'attempts',
  'receivedAt',
  'startedAt',
  'finishedAt',
  'reason',
  'retryAfterSeconds',
];
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

type Json = Record<string, unknown>;

let kiosk: Kiosk;
beforeAll(async () => {
  kiosk = await makeKiosk({ groups: ['north', 'boats'], baseline: 2 });
  drop(kiosk, 'usb', '3.zip', signed({ sequence: 3, title: 'three', script: 'echo hello' }));
  drop(kiosk, 'flood', '4.zip', signed({ sequence: 4, title: 'four', script: 'kill -9 $$' }));
  drop(
    kiosk,
    'backhaul',
    '6.zip',
    signed({
      sequence: 6,
      title: 'six',
      requires: [{ first: 3, last: 5 }],
      supersedes: [{ first: 1, last: 2 }],
      created: '2026-01-01T00:00:00Z',
      expires: '2036-01-01T00:00:00Z',
      recipients: ['role:kiosk', 'group:north'],
      terms: { timeoutSeconds: 90, onInterrupt: 'rerun', maxAttempts: 2 },
    }),
  );
  drop(kiosk, 'backhaul', '7.zip', signed({ sequence: 7, title: 'seven', recipients: ['role:office'] }));
  drop(kiosk, 'backhaul', 'stranger.zip', signedUpdate({ sequence: 8 }, fixedKey(99)));
  await withNode(kiosk, (node) => node.pass());
});
afterAll(cleanUp);

async function json(...argv: string[]): Promise<Json> {
  const { stdout } = await typed([...argv, '--json', '--root', kiosk.root]);
  expect(stdout).toMatch(/^\{\n {2}"schema": "ferryman\.[a-z]+\/1"/);
  expect(stdout.endsWith('}\n')).toBe(true);
  return JSON.parse(stdout) as Json;
}

test('history: updates, newest first, with exactly the keys of the contract, and refusals', async () => {
  const history = (await json('history')) as { schema: string; updates: Json[]; refusals: Json[] };
  expect(Object.keys(history)).toEqual(['schema', 'updates', 'refusals']);
  expect(history.schema).toBe('ferryman.history/1');
  for (const update of history.updates) expect(Object.keys(update)).toEqual(updateKeys);
  const bySequence = new Map(history.updates.map((update) => [update['sequence'], update]));
  expect([...bySequence.keys()].toSorted((a, b) => Number(a) - Number(b))).toEqual([3, 4, 6, 7]);
  expect(bySequence.get(3)).toEqual({
    sequence: 3,
    digest: expect.stringMatching(/^[0-9a-f]{128}$/) as string,
    title: 'three',
    channel: 'usb',
    state: 'succeeded',
    exitStatus: 0,
    signal: null,
    attempts: 1,
    receivedAt: expect.stringMatching(time) as string,
    startedAt: expect.stringMatching(time) as string,
    finishedAt: expect.stringMatching(time) as string,
    reason: expect.stringContaining('exit 0') as string,
    retryAfterSeconds: null,
  });
  expect(bySequence.get(4)).toMatchObject({
    channel: 'flood',
    state: 'failed',
    exitStatus: null,
    signal: 'SIGKILL',
  });
  expect(bySequence.get(6)).toMatchObject({
    state: 'waiting',
    exitStatus: null,
    attempts: 0,
    startedAt: null,
    finishedAt: null,
  });
  expect(bySequence.get(7)).toMatchObject({ state: 'not-for-me', exitStatus: null, startedAt: null });
  expect(history.refusals).toHaveLength(1);
  expect(Object.keys(history.refusals[0] ?? {})).toEqual([
    'fileHash',
    'channel',
    'name',
    'code',
    'reason',
    'times',
    'at',
  ]);
  expect(history.refusals[0]).toMatchObject({
    channel: 'backhaul',
    name: 'stranger.zip',
    code: 'verify.unknown-key',
    times: 1,
  });
});

test('history: --limit bounds it', async () => {
  const { updates } = (await json('history', '--limit', '2')) as { updates: Json[] };
  expect(updates).toHaveLength(2);
});

test('show: the update, what its manifest says, its transitions and its runs', async () => {
  const show = (await json('show', '6')) as { updates: Json[] };
  expect(Object.keys(show)).toEqual(['schema', 'sequence', 'updates']);
  expect(show).toMatchObject({ schema: 'ferryman.show/1', sequence: 6 });
  const [six] = show.updates;
  expect(Object.keys(six ?? {})).toEqual([
    ...updateKeys,
    'recipients',
    'created',
    'expires',
    'script',
    'requires',
    'supersedes',
    'signers',
    'signerKeys',
    'deferrals',
    'transitions',
    'runs',
    'shortLogs',
    'rivals',
    'parcel',
  ]);
  expect(six).toMatchObject({
    recipients: ['role:kiosk', 'group:north'],
    created: '2026-01-01T00:00:00Z',
    expires: '2036-01-01T00:00:00Z',
    script: { path: 'run.sh', timeoutSeconds: 90, onInterrupt: 'rerun', maxAttempts: 2 },
    requires: ['3-5'],
    supersedes: ['1-2'],
    signers: [officeKey.keyId],
    signerKeys: [{ keyId: officeKey.keyId, keyFile: `${officeKey.keyId}.pub` }],
    deferrals: 0,
    runs: [],
    shortLogs: [],
    rivals: [],
    parcel: expect.stringContaining('/relay/updates/') as string,
  });
  const three = (
    (await json('show', '3')) as { updates: { transitions: Json[]; runs: Json[]; expires: null }[] }
  ).updates[0];
  expect(three?.expires).toBeNull();
  expect(three?.transitions.map(({ state }) => state)).toEqual([
    'received',
    'verified',
    'starting',
    'running',
    'succeeded',
  ]);
  expect(Object.keys(three?.transitions[0] ?? {})).toEqual(['state', 'reason', 'at']);
  expect(three?.runs).toEqual([
    {
      run: 1,
      attempt: 1,
      outcome: 'succeeded',
      exitStatus: 0,
      signal: null,
      startedAt: expect.stringMatching(time) as string,
      endedAt: expect.stringMatching(time) as string,
      ending: expect.stringMatching(/^succeeded: exit 0 after/) as string,
      logs: [{ path: expect.stringMatching(/\/3-[0-9a-f]{16}-1\.output\.log$/) as string, bytes: 6 }],
    },
  ]);
});

test('status: the node on one screen', async () => {
  const status = await json('status');
  expect(Object.keys(status).toSorted()).toEqual([
    'atWork',
    'backlog',
    'clockBehind',
    'configProblem',
    'counts',
    'disk',
    'enrolled',
    'enrolmentProblem',
    'equivocations',
    'failedVersion',
    'inbox',
    'lastVisit',
    'node',
    'ok',
    'queue',
    'rebootWanted',
    'recent',
    'refusals',
    'runnerAlive',
    'running',
    'runningSeconds',
    'schema',
    'shortLogsWaiting',
    'timeFloor',
    'troubles',
    'trustProblem',
    'unresolved',
    'version',
    'versionOnTrial',
    'worker',
  ]);
  expect(status).toMatchObject({
    schema: 'ferryman.status/1',
    node: { role: 'kiosk', groups: ['north', 'boats'], baseline: 2 },
    ok: false,
    troubles: ['ferryman is not running: nothing is taken in or run', 'update 4 failed: see ferryman log'],
    atWork: false,
    worker: null,
    running: null,
    runnerAlive: false,
    runningSeconds: null,
    unresolved: [
      { sequence: 4, digest: expect.stringMatching(/^[0-9a-f]{128}$/) as string, state: 'failed' },
    ],
    backlog: [],
    counts: { succeeded: 1, failed: 1, waiting: 1, 'not-for-me': 1 },
    inbox: 0,
    refusals: 1,
    equivocations: [],
    shortLogsWaiting: 0,
    trustProblem: null,
    configProblem: null,
    version: null,
    versionOnTrial: null,
    failedVersion: null,
    timeFloor: '2026-11-01T00:00:00Z',
  });
  expect(Object.keys(status['node'] as Json)).toEqual(['guid', 'role', 'groups', 'baseline']);
  for (const update of status['recent'] as Json[]) expect(Object.keys(update)).toEqual(updateKeys);
  for (const update of status['queue'] as Json[]) expect(Object.keys(update)).toEqual(updateKeys);
  expect((status['queue'] as Json[]).map(({ sequence }) => sequence)).toEqual([6]);
});

test('plan: what would happen, and why', async () => {
  expect(await json('plan')).toEqual({
    schema: 'ferryman.plan/1',
    plan: [
      {
        sequence: 6,
        digest: expect.stringMatching(/^[0-9a-f]{128}$/) as string,
        title: 'six',
        action: 'waiting',
        reason: 'requires 4, which has failed',
      },
    ],
  });
  const file = kiosk.file('a.zip', signed({ sequence: 10, title: 'ten' }));
  expect(await json('plan', file)).toMatchObject({ plan: [{ sequence: 10, title: 'ten', action: 'run' }] });
});

test('verify: who signed what', async () => {
  const file = kiosk.file('a.zip', signed({ sequence: 10, title: 'ten' }));
  const verified = await json('verify', file);
  expect(Object.keys(verified)).toEqual([
    'schema',
    'kind',
    'sequence',
    'title',
    'recipients',
    'digest',
    'signers',
    'threshold',
    'enrolment',
  ]);
  expect(verified).toMatchObject({
    schema: 'ferryman.verify/1',
    sequence: 10,
    title: 'ten',
    signers: [officeKey.keyId],
    threshold: 1,
  });
});

test('receive, apply and rerun: what became of it', async () => {
  const parcel = signed({ sequence: 20, script: 'exit 4' });
  const received = await json('receive', kiosk.file('a.zip', parcel), '--channel', 'flood');
  expect(received).toEqual({
    schema: 'ferryman.receive/1',
    fileHash: expect.stringMatching(/^[0-9a-f]{128}$/) as string,
    channel: 'flood',
  });
  const applied = (await json('apply', kiosk.file('a.zip', parcel))) as { update: Json };
  expect(Object.keys(applied)).toEqual(['schema', 'update']);
  expect(Object.keys(applied.update)).toEqual(updateKeys);
  expect(applied).toMatchObject({
    schema: 'ferryman.apply/1',
    update: { sequence: 20, state: 'failed', exitStatus: 4, channel: 'flood' },
  });
  const again = await json('rerun', '20', '--reason', 'because');
  expect(Object.keys(again)).toEqual(['schema', 'update']);
  expect(again).toMatchObject({
    schema: 'ferryman.rerun/1',
    update: { sequence: 20, state: 'failed', attempts: 2 },
  });
});

test('init: the node that was made', async () => {
  const root = join(temporaryFolder(), 'node');
  const key = writePublicKey(temporaryFolder(), officeKey);
  const { stdout } = await typed([
    'init',
    '--role',
    'ferry',
    '--office-key',
    key,
    '--group',
    'boats',
    '--json',
    '--root',
    root,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    schema: 'ferryman.init/1',
    guid: expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ) as string,
    role: 'ferry',
    groups: ['boats'],
    root,
  });
});
