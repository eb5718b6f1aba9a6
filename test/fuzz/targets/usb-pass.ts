/** A pass that is accepted is in its one spelling, says what plain JSON says, and is nothing else. */
import { findFraming, tailBytes } from '../../../src/parcel/framing.ts';
import { formatUsbPass, openUsbPass, parseUsbPass, type UsbPass } from '../../../src/parcel/usb-pass.ts';
import { bufferSource } from '../../../src/parcel/buffer-source.ts';
import { isVolumeId } from '../../../src/parcel/volume-id.ts';
import { officeKey } from '../../../fixtures/kit/keys.ts';
import { draftPass, signedPass, signedUpdate } from '../../kit/office.ts';
import { archiveCodes, holds, refusalIn, type Target } from '../target.ts';

const full: UsbPass = draftPass({
  serial: '4C530001',
  recipients: ['group:north', 'role:kiosk', '0a1b2c3d-0000-4000-8000-000000000001'],
  notAfter: '2026-12-31T23:59:59Z',
  uses: 3,
  may: ['apply', 'collect-logs'],
});

export const usbPass: Target = {
  name: 'usb-pass',
  maxBytes: 8 * 1024,
  blocksPerByte: 40,
  words: [
    '"update"',
    '"usb-pass"',
    '2f2b1f0e-1111-4000-8000-00000000000a',
    '2026-11-21-08-00-00-00',
    '0000-0000',
    '  "serial": "x",\n',
    '__proto__',
  ],
  seeds: () => [
    formatUsbPass(draftPass()),
    formatUsbPass(full),
    signedPass({}, officeKey),
    signedPass(full, officeKey),
    signedUpdate({}, officeKey),
  ],
  run: async (input) => {
    let read;
    try {
      read = input[0] === 0x50 ? await readWhole(input) : parseUsbPass(input);
    } catch (error) {
      return refusalIn(error, archiveCodes);
    }
    const bytes = formatUsbPass(read);
    holds(input[0] === 0x50 || bytes.equals(input), 'a pass has one spelling');
    const plain = JSON.parse(bytes.toString()) as Record<string, unknown>;
    holds(plain['kind'] === 'usb-pass' && plain['technician'] === read.technician, 'it says what JSON says');
    holds(isVolumeId(read.volume) && read.may.length > 0 && read.recipients.length > 0, 'it is bound');
    return 'accepted';
  },
};

function readWhole(input: Buffer): Promise<UsbPass> {
  return openUsbPass(bufferSource(input), findFraming(input.subarray(-tailBytes), input.length).eocdOffset);
}
