/** One sweep of gammu-smsd's inbox on a proxy: for its hook, and for the daemon. One at a time works in it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../durable/write-file.ts';
import { readOwnNode } from '../enrol/own-node.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { takeLock } from '../host/lock.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { beliefsOfFiles } from '../proxy/node-proxy.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { receiveTexts, type Swept } from '../sms/receive.ts';
import { recorderFor } from '../sms/record.ts';
import { UnbelievedTexts } from '../sms/unbelieved.ts';

/** How long another sweep is waited for: gammu-smsd itself waits two minutes for its hook. */
const patienceMs = 60_000;

const nothing: Swept = { taken: 0, known: 0, unbelieved: 0 };

/**
 * @param untouchedSinceMs files that were changed later are left for the next sweep
 * @throws FerrymanError `sms.not-here`; `fleet.*`: texts stay in the inbox; `lock.held`, `trust.*`, `enrolment.*`
 */
export async function receiveSms(layout: Layout, config: Config, untouchedSinceMs: number): Promise<Swept> {
  const inbox = join(config.sms.spool, 'inbox');
  // Before the inbox: a node of another role has none, and an empty one must not make a proxy that is not set up look well.
  const own = await readOwnNode(layout, config.node.guid);
  if (own?.role !== 'proxy') {
    const { role } = config.node;
    const found = own ? `a ${own.role}` : `no enrolment${role === 'proxy' ? '' : `, and role ${role}`}`;
    throw new FerrymanError(
      'sms.not-here',
      `${layout.configFile}: expected an enrolled proxy, found ${found}`,
    );
  }
  if (isEmpty(inbox)) return nothing;
  const folder = join(layout.state, 'sms');
  makeFolder(folder, 0o700);
  const lock = takeLock(join(folder, 'lock.sqlite'), patienceMs);
  if (!lock)
    throw new FerrymanError('lock.held', `${folder}: expected to be alone here, found another sweep`);
  const recorder = recorderFor({ store: config.fleet.store, file: layout.fleetFile });
  try {
    const beliefs = await beliefsOfFiles(layout, config);
    return await receiveTexts(
      {
        inbox,
        store: proxyPlaces(layout).store,
        seed: own.identity.bytes.subarray(0, 32),
        trust: await beliefs.trust(),
        unbelieved: new UnbelievedTexts(join(folder, 'unbelieved')),
        // A text that was written while the clock was ahead is no word from the future: its node would never be late.
        record: (text) => recorder.record({ ...text, receivedAtMs: Math.min(text.receivedAtMs, Date.now()) }),
      },
      untouchedSinceMs,
    );
  } finally {
    await recorder.close();
    lock.release();
  }
}

/** Asked every half minute, and mostly so. */
function isEmpty(inbox: string): boolean {
  try {
    return !readdirSync(inbox).some((name) => name.startsWith('IN'));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new FerrymanError(
      'source.missing',
      `${inbox}: expected the inbox of gammu-smsd: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}
