/**
 * The closed table of what is read out over the phone: `U` and two digits. The first digit says where: 1 the key and its pass, 2 reading
 * it, 3 this kiosk, 4 the update. No digit is 0: the lamp counts them out in flashes. A code never gets another meaning.
 *
 * docs/technician.md holds the same table for paper; a test compares them.
 */
import type { ErrorCode } from '../../errors.ts';
import type { UpdateState } from '../../plan/facts.ts';

interface PhoneCode {
  /** What has happened, in one short sentence of plain words. */
  readonly means: string;
  /** What the technician does about it, in one short sentence. */
  readonly act: string;
}

export const phoneCodes = {
  U11: { means: 'This key has no pass.', act: 'Ask the office for a key with a pass.' },
  U12: { means: 'This key is not for this kiosk.', act: 'Ask the office for the key of this kiosk.' },
  U13: { means: 'The pass on this key is too old.', act: 'Ask the office for a new pass.' },
  U14: { means: 'The pass on this key is used up.', act: 'Ask the office for a new pass.' },
  U15: { means: 'The pass belongs to another key.', act: 'Use the key that the office gave you.' },
  U16: { means: 'This key may be a copy of another key.', act: 'Use the first key, not the copy.' },
  U17: {
    means: 'The pass is not from our office.',
    act: 'Do not use this key again. Keep it for the office.',
  },
  U18: { means: 'The pass does not allow this.', act: 'Ask the office for another pass.' },
  U21: { means: 'The kiosk finds nothing on this key.', act: 'Try another key from the office.' },
  U22: { means: 'The kiosk cannot use this sort of key.', act: 'Try another key from the office.' },
  U23: { means: 'The kiosk cannot open this key safely.', act: 'Try another key from the office.' },
  U24: { means: 'The key was pulled too early.', act: 'Plug it in again. Wait until it is safe to remove.' },
  U25: { means: 'The key is damaged.', act: 'Try another key from the office.' },
  U26: { means: 'The key stopped answering.', act: 'Plug it in again. Then try another key.' },
  U27: { means: 'The key cannot be read.', act: 'Plug it in again. Then try another key.' },
  U28: { means: 'There is too much on this key.', act: 'Ask the office for a key with less on it.' },
  U29: { means: 'The report could not be put on the key.', act: 'Tell the office. The update is not hurt.' },
  U31: { means: 'The kiosk is full.', act: 'Call the office from here. They make room.' },
  U32: { means: 'The kiosk has too much to do.', act: 'Wait one hour. Plug the key in again.' },
  U33: { means: 'The kiosk is not set up.', act: 'Call the office from here.' },
  U34: { means: 'The kiosk has lost its records.', act: 'Call the office from here.' },
  U35: { means: 'The kiosk itself has a fault.', act: 'Call the office from here.' },
  U39: { means: 'Something else went wrong.', act: 'Call the office from here.' },
  U41: {
    means: 'The update is not from our office.',
    act: 'Do not use this key again. Keep it for the office.',
  },
  U42: { means: 'The update on the key is damaged.', act: 'Ask the office to make the key again.' },
  U43: { means: 'A signature is missing on the update.', act: 'Ask the office to make the key again.' },
  U44: { means: 'The update ran, but did not work.', act: 'Call the office from here.' },
  U45: { means: 'The update took too long and was stopped.', act: 'Call the office from here.' },
  U46: { means: 'The update was cut off.', act: 'Check the power. Then call the office.' },
  U47: { means: 'The update could not start.', act: 'Call the office from here.' },
  U48: { means: 'The kiosk does not take this update.', act: 'Ask the office for another update.' },
} as const satisfies Record<string, PhoneCode>;

export type PhoneCodeName = keyof typeof phoneCodes;

/** For what no line of the table is about. */
export const anythingElse: PhoneCodeName = 'U39';

type UsbErrorCode = Extract<ErrorCode, `usb.${string}`>;

/** Every error of the USB channel has its line here: the compiler asks for it. */
const byUsbError: Readonly<Record<UsbErrorCode, PhoneCodeName>> = {
  'usb.pass-missing': 'U11',
  'usb.pass-node': 'U12',
  'usb.pass-expired': 'U13',
  'usb.pass-used-up': 'U14',
  'usb.pass-volume': 'U15',
  'usb.pass-serial': 'U16',
  'usb.pass-forged': 'U17',
  'usb.pass-not-for-this': 'U18',
  'usb.no-file-system': 'U21',
  'usb.file-system': 'U22',
  'usb.mount-options': 'U23',
  'usb.pulled': 'U24',
  'usb.damaged': 'U25',
  'usb.mount': 'U23',
  'usb.stalled': 'U26',
  'usb.read': 'U27',
  'usb.too-large': 'U28',
  'usb.too-many': 'U28',
  'usb.write': 'U29',
  'usb.write-full': 'U29',
  'usb.write-protected': 'U29',
  'usb.missing': 'U27',
  'usb.left-alone': 'U27',
  'usb.tool': 'U35',
  'usb.closed': 'U35',
  'usb.interrupted': 'U35',
};

const byError: Readonly<Partial<Record<ErrorCode, PhoneCodeName>>> = {
  ...byUsbError,
  'inbox.disk-full': 'U31',
  'unpack.disk-full': 'U31',
  'run.disk-full': 'U31',
  'ledger.disk-full': 'U31',
  'logs.disk-full': 'U31',
  'proxy.disk-full': 'U31',
  'fleet.disk-full': 'U31',
  'publish.disk-full': 'U31',
  'inbox.too-many': 'U32',
  'verify.unknown-key': 'U41',
  'framing.unsigned': 'U41',
  'verify.threshold': 'U43',
  'internal.bug': 'U35',
};

/** For the errors of a room that have no line of their own. */
const byRoom: Readonly<Record<string, PhoneCodeName>> = {
  trust: 'U33',
  config: 'U33',
  ledger: 'U34',
  system: 'U35',
  lock: 'U35',
  verify: 'U42',
  framing: 'U42',
  signature: 'U42',
  zip: 'U42',
  manifest: 'U42',
  run: 'U47',
  unpack: 'U47',
};

/** States in which an update rests without having worked; the others are told by other phases. */
const byState: Readonly<Partial<Record<UpdateState, PhoneCodeName>>> = {
  failed: 'U44',
  'timed-out': 'U45',
  interrupted: 'U46',
  refused: 'U48',
  expired: 'U48',
  'not-for-me': 'U48',
};

/** What is read out for an error. */
export function phoneCodeOf(error: ErrorCode): PhoneCodeName {
  const [room = ''] = error.split('.', 1);
  return byError[error] ?? byRoom[room] ?? anythingElse;
}

/** What is read out for an update that has not worked; `undefined` for one that has, or may yet. */
export function phoneCodeOfState(state: UpdateState): PhoneCodeName | undefined {
  return byState[state];
}

/** @param name for example from a phase, which may hold anything */
export function isPhoneCode(name: string | undefined): name is PhoneCodeName {
  return name !== undefined && Object.hasOwn(phoneCodes, name);
}
