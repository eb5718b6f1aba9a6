/**
 * What the build makes: the table of bundles, each made by a rolldown call of its own.
 *
 * The runner stands apart because it is loaded whole before the script it starts, and that script may replace every
 * file of ferryman on the disk: from then on nothing of ours can be loaded any more. usb-events stands apart because
 * usb-detection crashes the process that loads it.
 */

/** Machine code is never bundled. Loaded by this name from node_modules; the rest of better-sqlite3 goes into the bundle. */
const NATIVE_MODULES = ['better-sqlite3/build/Release/better_sqlite3.node'];
/** pg would load it where it is installed: a machine decides nothing about what ferryman is made of. */
const NO_PG_NATIVE = { 'pg-native': 'tools/build/pg-native.cjs' };
const BINDINGS = { bindings: 'tools/build/bindings.cjs', ...NO_PG_NATIVE };

/**
 * What every command needs, and all that `applied` needs, in one file: opening many small ones takes longer than reading what is not
 * needed, and compiling a large one longer than all that `applied` does.
 * Nothing in it may load a package that takes long, nor of Node what is slow to load: test/cli/quick-start.test.ts.
 */
const EVERY_COMMAND = {
  name: 'every-command',
  test: new RegExp(
    [
      'src/(errors|ledger/|plan/facts|channels/channel-name|node/layout|parcel/(recipients|sequences|timestamp))',
      'src/command-line/(columns|command|direct-output|parse-plainly|run-program|values|version)\\.',
      'src/cli/(options|start|table/questions|applied|with-ledger)\\.',
      'better-sqlite3|tools/build/bindings|package\\.json|rolldown/runtime',
    ].join('|'),
  ),
};

/** What the other commands that only ask need besides, under the same rule. */
const QUESTIONS = {
  name: 'questions',
  test: new RegExp(
    [
      'src/(command-line/(?!parse-fully|passphrase|key-file|confirm|completion)|host/(?!run-command)|node/config)',
      'src/cli/(history|status|endpoint)\\.|src/status/|src/usb/show/led-name',
      'src/flood/peer|src/fleet/(states|node-query|facts)|src/office/settings|src/sms/sms-name|src/fleet/alerts/(incident\\.|quiet-hours)',
      'src/parcel/(closed-object|printable|limits|public-key|signature-block)',
      'src/(service/version-links|verify/trust|node/trust-mark|enrol/(own-revocation|places|reverse|is-enrolled))',
      'src/(endpoint/(?!refused|serve-pull|print-summary)|flood/summary-name)',
      'node_modules/smol-toml/',
    ].join('|'),
  ),
};

/**
 * `entries`: output name → source. `commands`: entries that a person or a script starts by name, through dist/bin.
 * `packages`: what the output may import besides Node; `aliases`: sources that
 * stand in for packages. `groups`: sources that share a
 * file, as rolldown takes them. `oneFile`: the output is a single file that needs no other.
 */
export const BUNDLES = [
  {
    entries: {
      ferryman: 'src/cli/main.ts',
      'sign-update': 'tools/sign-update/main.ts',
      demo: 'tools/demo/main.ts',
      'demo-fleet': 'tools/demo-fleet/main.ts',
    },
    commands: ['ferryman', 'sign-update'],
    groups: [EVERY_COMMAND, QUESTIONS],
    packages: NATIVE_MODULES,
    aliases: BINDINGS,
    oneFile: false,
  },
  {
    entries: {
      bench: 'bench/main.ts',
      'bench-take-in': 'bench/take-in/main.ts',
      'bench-proxy': 'bench/proxy/main.ts',
      'bench-fleet': 'bench/fleet/main.ts',
    },
    commands: [],
    packages: NATIVE_MODULES,
    aliases: BINDINGS,
    oneFile: false,
  },
  {
    entries: { simulate: 'tools/simulate/main.ts' },
    commands: [],
    packages: [],
    oneFile: true,
  },
  {
    entries: { runner: 'src/run/runner/main.ts' },
    commands: [],
    packages: [],
    oneFile: true,
  },
  {
    entries: { 'usb-events': 'src/usb/detect/usb-events/main.ts' },
    commands: [],
    packages: ['usb-detection'],
    oneFile: true,
  },
];

/**
 * The program inside the single executable (`npm run package:sea`); the build of dist/ does not make it.
 * better-sqlite3 goes in, and its native module comes by a way of its own.
 */
export const EXECUTABLE_BUNDLE = {
  entries: { executable: 'tools/executable/main.ts' },
  commands: [],
  packages: [],
  oneFile: true,
  aliases: { bindings: 'tools/executable/bindings.cjs', ...NO_PG_NATIVE },
};
