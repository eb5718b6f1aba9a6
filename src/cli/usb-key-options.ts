/** Options that name office keys. Apart from usb-options.ts, so that the command table loads nothing. */
import type { OptionSpec } from '../command-line/command.ts';

export const officeKeyOptions: readonly OptionSpec[] = [
  {
    flags: '--pub <file>',
    about: 'office key to verify pass and updates with, NAME.pub; repeat for several',
    repeatable: true,
  },
  { flags: '--keys <dir>', about: 'folder of such keys' },
  { flags: '--threshold <k>', about: 'keys that must have signed', default: '1' },
];
