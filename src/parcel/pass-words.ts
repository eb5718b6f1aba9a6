/** A pass, for people. */
import type { PassRight, UsbPass } from './usb-pass.ts';

const rights: Readonly<Record<PassRight, string>> = {
  apply: 'bring updates',
  'collect-logs': 'take logs home',
};

/** What a pass is bound to and grants, as labels and texts. */
export function passTerms({ serial, notAfter, uses, may }: UsbPass): (readonly [string, string])[] {
  return [
    ...(serial === undefined ? [] : [['serial', `only the USB device ${serial}`] as const]),
    ['until', notAfter ?? 'no end'],
    ['uses', uses === undefined ? 'any number' : `${uses} on each node`],
    ['may', may.map((right) => rights[right]).join(', ')],
  ];
}
