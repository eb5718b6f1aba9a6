/**
 * Makes build/ferryman_VERSION_ARCH.deb with dpkg-deb: dist/, the few npm packages that are not bundled, and the Node
 * that runs them, because Debian 12's own is too old. docs/packaging.md has the layout and what upgrades rely on.
 */
import { chmodSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLES } from '../build/bundles.mjs';
import { makeBundle } from '../build/make-bundle.mjs';
import { changelog, sourceDate } from './changelog.mjs';
import { controlFile, dependencies, md5sums } from './control.mjs';
import { copyrightText } from './copyright.mjs';
import { debianArchitecture } from './machine-code.mjs';
import { normalise } from './normalise.mjs';
import { runTool } from './run-tool.mjs';
import { fillTree, MACHINE_CODE } from './tree.mjs';

const MAINTAINER_SCRIPTS = ['postinst', 'prerm', 'postrm'];

/** @returns lines that say what was made. @throws BuildFailure */
export async function buildDeb({ root, output, scratch, version }) {
  const architecture = debianArchitecture();
  const epoch = sourceDate(root);
  const debianVersion = version.replace('-', '~'); // 1.0.0~rc.1 is older than 1.0.0, as in semver
  const tree = join(scratch, 'tree');
  await fillTree(root, tree);
  writeDocuments(root, tree, { copyright: await copyright(root), debianVersion, epoch });
  writeControl(tree, { debianVersion, architecture, scratch });
  normalise(tree, epoch);

  const name = `ferryman_${debianVersion}_${architecture}.deb`;
  // One thread: with several, xz cuts the archive in blocks and another machine would make another file.
  const options = ['--root-owner-group', '-Zxz', '--threads-max=1'];
  runTool('dpkg-deb', [...options, '--build', tree, join(scratch, name)], {
    env: { SOURCE_DATE_EPOCH: String(epoch) },
  });
  renameSync(join(scratch, name), join(output, name));
  return [`build/${name}: ${(statSync(join(output, name)).size / 1e6).toFixed(1)} MB`];
}

async function copyright(root) {
  const files = [];
  for (const bundle of BUNDLES) files.push(...(await makeBundle(root, bundle)));
  return copyrightText(root, files);
}

function writeDocuments(root, tree, { copyright: text, debianVersion, epoch }) {
  const folder = join(tree, 'usr/share/doc/ferryman');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'copyright'), text);
  writeFileSync(join(folder, 'changelog.gz'), changelog(root, debianVersion, epoch));
}

function writeControl(tree, { debianVersion, architecture, scratch }) {
  const control = join(tree, 'DEBIAN');
  mkdirSync(control);
  const depends = dependencies(
    MACHINE_CODE.map((path) => join(tree, path)),
    scratch,
  );
  writeFileSync(join(control, 'control'), controlFile(tree, { debianVersion, architecture, depends }));
  writeFileSync(join(control, 'md5sums'), md5sums(tree));
  for (const name of MAINTAINER_SCRIPTS) {
    const script = join(control, name);
    runTool('cp', [join(import.meta.dirname, 'maintainer', name), script]);
    chmodSync(script, 0o755);
  }
}
