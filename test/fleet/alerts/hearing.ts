import type { Hearing } from '../../../src/fleet/alerts/overdue-findings.ts';

/** A fleet in which everybody was heard. */
export const nobodyOverdue: Hearing = {
  overdue: [],
  expected: 0,
  perDay: 0,
  lastHeardAt: null,
  never: [],
  outages: [],
  isManyOpen: false,
};
