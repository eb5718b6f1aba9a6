/**
 * Which version of ferryman works on this node, and what became of those that were tried out. A new version has proved itself
 * when it has completed one pass; that it failed to is found by the launcher, and told here by the version that came back.
 */
import { queueShortLog } from '../report/delivery.ts';
import { toShortLog } from '../report/gsm7.ts';
import { versionAt } from '../service/version-links.ts';
import { aboutVersion, endTrial, forgetFailed, isOnTrial, type AboutVersion } from '../service/versions.ts';
import type { Context } from './context.ts';

/** Before a pass: who works from now on, and why it is not the newer one. */
export function introduceVersion(context: Context): void {
  const { layout, ledger, version } = context;
  if (ledger.fact('version') !== version) ledger.setFact('version', version);
  const failed = versionAt(layout.versions, 'failed');
  if (failed === undefined) return;
  // Known already: cut off before the link was gone.
  if (ledger.fact('failed-version') !== failed)
    reportFailed(context, failed, aboutVersion(layout.versions, failed));
  forgetFailed(layout.versions);
}

function reportFailed(
  { ledger, host, sinks, tell, version }: Context,
  name: string,
  about: AboutVersion,
): void {
  const text = `ferryman ${about.version} did not work; ${version} is back`;
  const [update] = about.sequence === null ? [] : ledger.updates.bySequence(about.sequence);
  const createdAt = host.now();
  ledger.transaction(() => {
    ledger.setFact('failed-version', name);
    if (!update) return; // a person brought it, and sees this
    const { digest, sequence } = update;
    ledger.updates.note(digest, update.state, text, createdAt);
    queueShortLog(ledger, sinks, { digest, sequence, state: 'failed', text: toShortLog(text), createdAt });
  });
  tell({ level: 'error', subject: 'self-update', text });
}

/** After a whole pass. @param folder of the program that made it */
export function proveVersion({ layout, ledger, tell, version }: Context, folder: string): void {
  if (!isOnTrial(layout.versions, folder)) return;
  endTrial(layout.versions);
  ledger.clearFact('failed-version');
  tell({ level: 'info', subject: 'self-update', text: `ferryman ${version} has proved itself and stays` });
}
