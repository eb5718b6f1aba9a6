import { existsSync, readFileSync } from 'node:fs';
import { lineWidth, wrap } from '../command-line/columns.ts';
import { flag, text, texts, type Input } from '../command-line/command.ts';
import { confirm } from '../command-line/confirm.ts';
import type { Io } from '../command-line/io.ts';
import { readSecretKeys } from '../command-line/key-file.ts';
import { usageError, wholeNumber } from '../command-line/values.ts';
import { writeDurably } from '../durable/write-file.ts';
import { formatDraft, readApplication, type Application } from '../enrol/application.ts';
import {
  addSignatures,
  checkKnown,
  checkRegistered,
  earlierOf,
  makeBundle,
  newEnrolment,
} from '../enrol/sign-enrolment.ts';
import { sshFingerprint } from '../enrol/ssh-certificate.ts';
import { FerrymanError } from '../errors.ts';
import { parseEnrolmentLine } from '../parcel/enrolment.ts';
import { spokenFingerprint } from '../parcel/fingerprint.ts';
import { isRole, roles, type Role } from '../parcel/recipients.ts';
import type { SecretKey } from '../parcel/secret-key.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { json } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const output = text(input, 'output') ?? '';
  if (existsSync(output))
    throw new FerrymanError('output.exists', `${output}: expected no such file, found one`);
  const application = readApplication(readFileSync(input.args[0] ?? '', 'utf8'));
  const role = roleOf(input, application);
  const ca = text(input, 'ca');
  const isDraft = flag(input, 'draft');
  if (ca === undefined && !(isDraft && application.enrolment))
    throw usageError('--ca: expected the folder of the ssh CA, found none');
  const earlier = ca === undefined ? [] : earlierOf(ca, application.request.node);
  if (!application.enrolment) checkKnown(earlier, application.request, flag(input, 'again'));

  io.err(aboutText(application, role));
  if (!flag(input, 'yes') && !(await confirm('is this the node, and shall it be enrolled?', io))) return 1;
  const keys = await readSecretKeys(texts(input, 'key'), text(input, 'passphraseFile'), io);
  const line = enrolmentOf({ input, application, role, ca, keys });
  const { enrolment, signatures } = parseEnrolmentLine(line);
  const contents =
    isDraft || ca === undefined
      ? formatDraft(application.requestLine, line)
      : await makeBundle(ca, application, line, keys);
  writeDurably(output, contents, { mode: 0o644, existing: 'refuse' });

  const { node, serial } = enrolment;
  const signers = signatures.map(({ keyId }) => keyId);
  const old = earlier.map((one) => one.serial).filter((one) => one !== serial);
  if (flag(input, 'json'))
    json(io, {
      schema: 'ferryman.enrol-sign/1',
      node,
      role,
      serial,
      signers,
      draft: isDraft,
      earlier: old,
      file: output,
    });
  else {
    const columns = lineWidth(io);
    const what = `${output}: ${isDraft ? 'draft of the ' : ''}enrolment ${serial} of ${role} ${node}, signed by ${signers.join(', ')}`;
    io.out(`${wrap(what, columns, '  ').join('\n')}\n`);
    io.out(revokeText(old, ca, columns));
  }
  return 0;
}

function roleOf(input: Input, { request, enrolment }: Application): Role {
  const given = enrolment === undefined ? request.role : parseEnrolmentLine(enrolment).enrolment.role;
  const typed = text(input, 'role') ?? given;
  if (!isRole(typed)) throw usageError(`--role: expected one of ${roles.join(', ')}`);
  if (enrolment !== undefined && typed !== given)
    throw usageError(`--role: expected ${given}, which the draft says, found ${typed}`);
  return typed;
}

interface Signing {
  readonly input: Input;
  readonly application: Application;
  readonly role: Role;
  readonly ca: string | undefined;
  readonly keys: readonly [SecretKey, ...SecretKey[]];
}

function enrolmentOf({ input, application, role, ca, keys }: Signing): string {
  const { enrolment, request } = application;
  const wanted = text(input, 'serial');
  const serial = wanted === undefined ? undefined : wholeNumber('--serial', wanted, 1);
  if (enrolment === undefined && ca !== undefined) {
    const created = formatTimestamp(Date.now());
    return newEnrolment(ca, request, { role, serial, created }, keys);
  }
  if (serial !== undefined) throw usageError('--serial: expected none with a draft, which has one');
  const line = addSignatures(enrolment ?? '', keys);
  if (ca !== undefined) checkRegistered(ca, parseEnrolmentLine(line).enrolment);
  return line;
}

/** What a person compares before signing. */
function aboutText({ request }: Application, role: Role): string {
  const asked = request.role === role ? '' : ` (it asked to be a ${request.role})`;
  return [
    `${role}${asked} ${request.node}`,
    `  fingerprint  ${spokenFingerprint(request.identity)}`,
    `  ssh key      ${sshFingerprint(request.ssh)}`,
    `  host key     ${sshFingerprint(request.host)}`,
    `  asked        ${request.created}, by the clock of the node`,
    '',
  ].join('\n');
}

function revokeText(old: readonly number[], ca: string | undefined, columns: number): string {
  if (old.length === 0 || ca === undefined) return '';
  const advice = 'once the node has it, revoke what it had before, beside all that is revoked already:';
  const command = [
    'sign-update roster --key KEY --number NEXT',
    ...old.toReversed().map((serial) => `--revoke ${serial}`),
    '-o roster.zip',
  ];
  return [...wrap(`  ${advice}`, columns, '  '), ...commandLines(command, columns), ''].join('\n');
}

/** A command to be copied: broken only where a shell lets it be. */
function commandLines(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 3 <= columns)
      lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(`  ${last === undefined ? '' : '  '}${part}`);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}
