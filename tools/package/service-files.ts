/** What `ferryman install-service` would write for the program that the Debian package installs; here dpkg owns it. */
import { layoutUnder } from '../../src/node/layout.ts';
import { unitName } from '../../src/service/install.ts';
import { launcherText } from '../../src/service/launcher.ts';
import { sshdUnitName, sshdUnitText } from '../../src/service/sshd-unit.ts';
import { unitText } from '../../src/service/unit.ts';

const layout = layoutUnder('/');
const bin = '/usr/lib/ferryman/bin';

/** Paths below the folder that stands for /. */
export const serviceFiles = [
  { path: `lib/systemd/system/${unitName}`, text: unitText(layout), mode: 0o644 },
  { path: `lib/systemd/system/${sshdUnitName}`, text: sshdUnitText(layout), mode: 0o644 },
  {
    path: layout.launcher.slice(1),
    text: launcherText(layout, { command: `${bin}/ferryman`, interpreterFolder: bin }),
    mode: 0o755,
  },
];
