/**
 * What the build makes: the table of bundles, each made by a rolldown call of its own.
 *
 * The runner stands apart because it is loaded whole before the script it starts, and that script may replace every
 * file of ferryman on the disk: from then on nothing of ours can be loaded any more.
 */

/** Packages never bundled: better-sqlite3 is machine code and finds its .node file in node_modules. */
export const NATIVE_PACKAGES = ['better-sqlite3'];

/**
 * `entries`: output name → source. `commands`: entries that a person or a script starts by name, through dist/bin.
 * `packages`: what the output may import besides Node. `oneFile`: the output is a single file that needs no other.
 */
export const BUNDLES = [
  {
    entries: {
      ferryman: 'src/cli/main.ts',
      'sign-update': 'tools/sign-update/main.ts',
      demo: 'tools/demo/main.ts',
    },
    commands: ['ferryman', 'sign-update'],
    packages: NATIVE_PACKAGES,
    oneFile: false,
  },
  {
    entries: { runner: 'src/run/runner/main.ts' },
    commands: [],
    packages: [],
    oneFile: true,
  },
];
