/** A phase of each kind, as a visit would show it. */
import type { Phase, PhaseKind } from '../../../src/usb/show/phase.ts';

export const phases: Readonly<Record<PhaseKind, Phase>> = {
  nothing: { kind: 'nothing', text: '' },
  plugged: { kind: 'plugged', text: 'The kiosk looks for the pass.' },
  reading: { kind: 'reading', text: 'Update 2 of 3 is copied.', percent: 40 },
  safe: { kind: 'safe', text: 'All 3 updates are copied.' },
  running: { kind: 'running', text: 'Update 42 "new maps for the health workers" runs.' },
  done: { kind: 'done', text: '3 updates have worked.' },
  failed: { kind: 'failed', text: 'This key is not for this kiosk.', code: 'U12' },
};
