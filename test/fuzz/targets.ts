/** Every target. A reader of bytes that others give us has one; adding one is adding it here. */
import type { Target } from './target.ts';
import { acknowledgement } from './targets/acknowledgement.ts';
import { archive } from './targets/archive.ts';
import { builtArchive } from './targets/built-archive.ts';
import { config } from './targets/config.ts';
import { contact } from './targets/contact.ts';
import { enrolmentBundle } from './targets/enrolment-bundle.ts';
import { enrolmentRequest } from './targets/enrolment-request.ts';
import { enrolment } from './targets/enrolment.ts';
import { framing } from './targets/framing.ts';
import { logArchive } from './targets/log-archive.ts';
import { manifest } from './targets/manifest.ts';
import { minisig } from './targets/minisig.ts';
import { names } from './targets/names.ts';
import { ping } from './targets/ping.ts';
import { publicKey } from './targets/public-key.ts';
import { roster } from './targets/roster.ts';
import { secretKey } from './targets/secret-key.ts';
import { shortLog } from './targets/short-log.ts';
import { sms } from './targets/sms.ts';
import { signatureBlocks } from './targets/signature-blocks.ts';
import { statusFile } from './targets/status-file.ts';
import { summary } from './targets/summary.ts';
import { usbPass } from './targets/usb-pass.ts';
import { usbReceipts } from './targets/usb-receipts.ts';
import { words } from './targets/words.ts';

export const targets: readonly Target[] = [
  framing,
  signatureBlocks,
  minisig,
  archive,
  builtArchive,
  manifest,
  names,
  words,
  config,
  publicKey,
  secretKey,
  statusFile,
  shortLog,
  sms,
  usbPass,
  usbReceipts,
  enrolment,
  enrolmentRequest,
  enrolmentBundle,
  roster,
  logArchive,
  acknowledgement,
  ping,
  summary,
  contact,
];
