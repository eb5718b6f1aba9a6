/** The sshd of this node reads its keys and certificates when it starts. */
import { existsSync } from 'node:fs';
import type { Layout } from '../node/layout.ts';
import { callSystemctl, isSystemdThere, packagedUnit } from './install.ts';
import { sshdUnitName, sshdUnitPlace } from './sshd-unit.ts';

/** @returns false: nothing starts it here yet. @throws FerrymanError `service.failed` */
export async function restartSshd(layout: Layout, path: string): Promise<boolean> {
  const hasUnit = existsSync(sshdUnitPlace(layout)) || packagedUnit(layout, sshdUnitName) !== undefined;
  if (!isSystemdThere(layout) || !hasUnit) return false;
  await callSystemctl(['systemctl', 'restart', sshdUnitName], path);
  return true;
}
