/** A node whose config.toml was broken comes up by the last one that was in order, says so, and can be mended by an update. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { configAtWork } from '../../src/node/config.ts';
import { keepConfig } from '../../src/node/keep-config.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { refusal } from '../kit/judge.ts';
import { cleanUp, drop, makeKiosk, shortLogs, signed } from './at-work.ts';

afterAll(cleanUp);

const rubbish = '[node\nguid = ';

/** One that has worked by a configuration in order, and then got another one. */
async function brokenKiosk(text = rubbish): Promise<Kiosk & { readonly good: string }> {
  const kiosk = await makeKiosk();
  const good = readFileSync(kiosk.layout.configFile, 'utf8');
  keepConfig(kiosk.layout);
  writeFileSync(kiosk.layout.configFile, text);
  return Object.assign(kiosk, { good });
}

test('it works, tells the log, the status and once by short log, and the update that mends it ends all that', async () => {
  const kiosk = await makeKiosk();
  const { layout } = kiosk;
  expect((await kiosk.run('run', '--once')).exitCode).toBe(0);
  const good = kiosk.file('good.toml', readFileSync(layout.configFile));
  writeFileSync(layout.configFile, rubbish);

  const { exitCode, stderr } = await kiosk.run('run', '--once');
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`error: configuration: ${layout.configFile}: expected TOML, found line 1`);
  expect(stderr).toContain('the last one that was in order is at work');
  const status = await kiosk.run('status');
  expect(status.stdout).toMatch(/(needs a person|also): config\.toml is broken, an earlier one is at work: /);
  expect(shortLogs(kiosk)).toEqual([
    expect.stringContaining('config.toml refused, the one before is at work'),
  ]);

  // The script is what a technician would have typed; ferryman is asked by it as ever.
  const mend = `ferryman applied 1; [ $? = 1 ] && cp ${good} ${layout.configFile}`;
  drop(kiosk, 'backhaul', 'mend.zip', signed({ sequence: 1, script: mend }));
  expect((await kiosk.run('run', '--once')).exitCode).toBe(0);
  expect(shortLogs(kiosk).filter((line) => line.includes('config.toml refused'))).toHaveLength(1);
  expect((await kiosk.update(1)).state).toBe('succeeded');
  expect((await kiosk.run('run', '--once')).stderr).not.toContain('configuration');
  expect((await kiosk.run('status')).stdout).not.toContain('config.toml');
});

describe('the configuration at work', () => {
  test.each([
    ['no TOML', rubbish],
    ['an empty file, as a power cut may leave it', ''],
    ['an unknown key', '[node]\nguid = "x"\nrule = "kiosk"\n'],
    ['bytes that are no text', '\u0000\uFFFD'],
  ])('is the earlier one while it is %s, with the reason', async (_what, text) => {
    const kiosk = await brokenKiosk(text);
    const { config, problem } = configAtWork(kiosk.layout);
    expect(config.node.role).toBe('kiosk');
    expect(problem?.code).toBe('config.invalid');
  });

  test('is refused as ever when no earlier one is kept, or that is spoiled too', async () => {
    const kiosk = await brokenKiosk();
    writeFileSync(kiosk.layout.keptConfigFile, rubbish);
    expect(refusal(() => configAtWork(kiosk.layout)).code).toBe('config.invalid');
    rmSync(kiosk.layout.keptConfigFile);
    expect(refusal(() => configAtWork(kiosk.layout)).code).toBe('config.invalid');
  });

  test('is no other one when there is none: that node is not set up', async () => {
    const kiosk = await brokenKiosk();
    rmSync(kiosk.layout.configFile);
    expect(refusal(() => configAtWork(kiosk.layout)).code).toBe('config.missing');
  });
});

describe('the copy', () => {
  test('is kept for root alone, since a configuration may hold secrets, and not written anew without need', async () => {
    const { layout, good } = await brokenKiosk();
    expect(readFileSync(layout.keptConfigFile, 'utf8')).toBe(good);
    const { mode, ino } = statSync(layout.keptConfigFile);
    expect((mode & 0o777).toString(8)).toBe('600');
    writeFileSync(layout.configFile, good);
    keepConfig(layout);
    expect(statSync(layout.keptConfigFile).ino).toBe(ino);
    writeFileSync(layout.configFile, `${good}# changed\n`);
    keepConfig(layout);
    expect(readFileSync(layout.keptConfigFile, 'utf8')).toContain('# changed');
  });

  test('is never one that is not in order', async () => {
    const { layout, good } = await brokenKiosk();
    keepConfig(layout);
    expect(readFileSync(layout.keptConfigFile, 'utf8')).toBe(good);
  });

  test('is not made by a command that only asks', async () => {
    const kiosk = await makeKiosk();
    await kiosk.run('status');
    expect(existsSync(kiosk.layout.keptConfigFile)).toBe(false);
  });
});
