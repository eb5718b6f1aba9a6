/** Whether an enrolment is installed here, for screens: a look at the disk, no more. */
import { existsSync } from 'node:fs';
import type { Layout } from '../node/layout.ts';
import { enrolmentPlaces } from './places.ts';

export function isEnrolled(layout: Pick<Layout, 'etc'>): boolean {
  return existsSync(enrolmentPlaces(layout).enrolment);
}

/** What to do about it. */
export const howToEnrol =
  'make a request with "ferryman enrol request", have the office sign it, and install what comes back with "ferryman enrol install"';
