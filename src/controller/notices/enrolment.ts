/** The enrolment of this node, which came by itself: installed as `ferryman enrol install` does it. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { installBundle } from '../../enrol/install.ts';
import { readOwnEnrolment } from '../../enrol/own-node.ts';
import { systemPath } from '../../host/system-path.ts';
import type { Notice } from '../../ledger/notices.ts';
import { openBundle } from '../../parcel/enrolment-bundle.ts';
import { restartSshd } from '../../service/restart-sshd.ts';
import type { VerifiedFile } from '../../store/verified-file.ts';
import type { Trust } from '../../verify/trust.ts';
import type { Context } from '../context.ts';
import { isOfMachine, type NoticeOfNow } from './take-notice.ts';

/** @throws FerrymanError as `installBundle`, what is wrong with this bundle */
export async function takeEnrolment(
  context: Context,
  trust: Trust,
  parcel: VerifiedFile,
): Promise<NoticeOfNow> {
  const { layout, config } = context;
  const { node, role, serial } = (await openBundle(parcel.source, parcel.framing.eocdOffset)).manifest;
  const came = (isTaken: boolean, outcome: string): Notice => ({
    digest: parcel.digest,
    title: `enrolment ${serial} as ${role}`,
    isTaken,
    outcome,
  });
  if (node !== config.node.guid) return came(false, `for another node, ${node}`);
  const installed = readOwnEnrolment(layout)?.enrolment.serial ?? 0;
  if (installed > serial) return came(true, `enrolment ${installed}, a newer one, is installed`);
  if (installed === serial) return came(true, 'installed already');
  try {
    await installBundle(parcel, { layout, config, trust, path: pathOf(context) });
  } catch (error) {
    if (!isOfMachine(error)) throw error;
    return {
      ...came(false, `not installed, kept to be tried again: ${error.message}; ${error.hint}`),
      isKept: true,
    };
  }
  return came(true, `installed${await served(context)}`);
}

/** What is to be said of its sshd. It is enrolled all the same. */
async function served({ layout }: Context): Promise<string> {
  try {
    return (await restartSshd(layout, systemPath))
      ? ''
      : '; its sshd is started once "ferryman install-service" was called';
  } catch (error) {
    if (!isOfMachine(error)) throw error;
    return `; its sshd was not restarted: ${error.message}`;
  }
}

/** In which neighbours' sessions find `ferryman`. Versions that updates brought go again; the one in use is always there. */
function pathOf({ programs, layout: { versions } }: Context): string {
  const below = existsSync(versions) ? `${realpathSync(versions)}/` : undefined;
  const lasting = programs.map((folder) => {
    const real = existsSync(folder) ? realpathSync(folder) : folder;
    if (below === undefined || !real.startsWith(below)) return folder;
    const [, ...inside] = real.slice(below.length).split('/');
    return join(versions, 'current', ...inside);
  });
  return [...lasting, systemPath].join(':');
}
