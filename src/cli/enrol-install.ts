import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { text, texts, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { installBundle, installSharedKey, type Installation } from '../enrol/install.ts';
import { systemPath } from '../host/system-path.ts';
import { loadConfig } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import { enrolmentWord } from '../parcel/enrolment.ts';
import { restartSshd } from '../service/restart-sshd.ts';
import { withVerified } from '../store/verified-file.ts';
import { layoutOf } from './options.ts';
import { installedProgram } from './own-programs.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [bundle] = input.args;
  const shared = text(input, 'sharedKey');
  if ((bundle === undefined) === (shared === undefined))
    throw usageError(`expected a bundle or --shared-key, found ${bundle === undefined ? 'neither' : 'both'}`);
  const installation = readInstallation(input, io);
  const { layout, trust, config } = installation;
  if (bundle !== undefined) {
    const serial = await withVerified(bundle, 'follow', trust, (file) => installBundle(file, installation));
    io.out(`${config.node.role} ${config.node.guid} is enrolled, serial ${serial}\n`);
  } else {
    const proxyKeyFiles = texts(input, 'proxyKey');
    const enrolment = lineIn(text(input, 'enrolment'));
    await installSharedKey({ file: shared ?? '', proxyKeyFiles, enrolment }, installation);
    io.out(`the shared key is installed: all who have it are one peer, "shared"\n`);
    if (enrolment === undefined) io.out('  without --enrolment this node sends no logs\n');
  }
  if (!(await restartSshd(layout, io.env['PATH'] ?? systemPath)))
    io.out('  its sshd is started by systemd once "ferryman install-service" was called\n');
  return 0;
}

function readInstallation(input: Input, io: Io): Installation {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const { command, interpreterFolder } = installedProgram(io.program);
  const folders = [
    dirname(command),
    ...(interpreterFolder === undefined ? [] : [interpreterFolder]),
    systemPath,
  ];
  return { layout, config, trust: loadTrust(layout, config.trust.threshold), path: folders.join(':') };
}

/** Of a draft, or of an `enrolment.txt`. */
function lineIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${enrolmentWord} `));
  if (line === undefined)
    throw usageError(`--enrolment ${file}: expected the line of an enrolment, found none`);
  return line;
}
