/** The completion scripts, in the shells that they are for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execa } from 'execa';
import { ferryman } from '../../src/cli/table.ts';
import { shells, type Shell } from '../../src/command-line/completion-command.ts';
import { completionScript } from '../../src/command-line/completion/script.ts';
import { completedCommands } from '../../src/command-line/completion/values.ts';
import { signUpdate } from '../../tools/sign-update/table.ts';
import { EventfulNode } from '../cli/eventful-node.ts';
import { programs, removeFolders, runProgram, temporaryFolder } from '../kit/kiosk.ts';

const tables = [ferryman('1.2.3'), signUpdate('1.2.3')];
let folder: string;
let root: string;

beforeAll(() => {
  folder = temporaryFolder();
  for (const program of tables)
    for (const shell of shells)
      writeFileSync(join(folder, `${program.name}.${shell}`), completionScript(program, shell));
  root = temporaryFolder();
  const node = new EventfulNode(root);
  node.add(41, 'Forty-one');
  node.add(4711, 'Eau');
  node.ledger.close();
  mkdirSync(join(folder, 'parcels'));
  writeFileSync(join(folder, 'parcels/update-42.zip'), '');
});
afterAll(removeFolders);

/** What a shell says, line by line, in the folder with the parcels. */
async function ask(file: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await execa(file, args, {
    cwd: folder,
    env: { PATH: `${programs}:${process.env['PATH'] ?? ''}`, HOME: folder, XDG_CONFIG_HOME: folder },
    timeout: 30_000,
  });
  return stdout.split('\n').map((line) => line.trim());
}

/** Lines, what is offered, and in zsh what the line becomes. */
const unique: readonly (readonly [line: string, offered: string])[] = [
  ['ferryman stat', 'status'],
  ['ferryman history --fai', '--failed'],
  ['ferryman history --state wait', 'waiting'],
  ['ferryman receive --channel fl', 'flood'],
  ['ferryman init --role gate', 'gateway'],
  ['ferryman completion f', 'fish'],
  ['ferryman help stat', 'status'],
  ['ferryman trust rem', 'remove'],
  ['ferryman apply parcels/up', 'parcels/update-42.zip'],
  ['ferryman show --root ROOT 47', '4711'],
];

function bash(program: string, lines: readonly string[]): Promise<string[]> {
  return ask('bash', [join(import.meta.dirname, 'complete.bash'), join(folder, `${program}.bash`), ...lines]);
}

function fish(program: string, line: string): Promise<string[]> {
  const offered = `complete -C '${line}' | string replace -r '\\t.*' ''; true`;
  return ask('fish', ['--no-config', '-c', `source ${folder}/${program}.fish; ${offered}`]);
}

const inRoot = (line: string): string => line.replace('ROOT', root);

describe('bash', () => {
  test('completes commands, options, choices, files and sequences', async () => {
    const answers = await bash(
      'ferryman',
      unique.map(([line]) => inRoot(line)),
    );
    expect(answers).toEqual(unique.map(([, offered]) => offered));
  });

  test('offers every command, and every option of each, of both programs', async () => {
    for (const program of tables) {
      const commands = completedCommands(program);
      const lines = [`${program.name} `, ...commands.map(({ name }) => `${program.name} ${name} --`)];
      const [first, ...rest] = await bash(program.name, lines);
      expect(first?.split(' ')).toEqual([...commands.map(({ name }) => name), '--help', '--version']);
      expect(rest.map((words) => words.split(' ').filter(Boolean))).toEqual(
        commands.map(({ options }) =>
          options.flatMap(({ names }) => names).filter((name) => name.startsWith('--')),
        ),
      );
    }
  });

  test('knows --name=value, folders, and where nothing more is taken', async () => {
    const lines = [
      'ferryman history --state=wait',
      'ferryman history --channel=',
      'ferryman init --root par',
      'ferryman show --root ROOT 41 4',
      'ferryman rerun 41 --reason x',
    ];
    expect(await bash('ferryman', lines.map(inRoot))).toEqual([
      'waiting',
      'backhaul flood usb',
      'parcels',
      '',
      '',
    ]);
  });
});

describe('zsh', () => {
  test('completes commands, options, choices, files and sequences', async () => {
    const lines = unique.map(([line]) => inRoot(line)).filter((line) => !line.includes(' help '));
    const becomes = lines.map((line, index) => {
      const offered = unique.filter(([each]) => !each.includes(' help '))[index]?.[1] ?? '';
      return line.replace(/\S+$/, offered);
    });
    const args = ['-f', join(import.meta.dirname, 'complete.zsh'), join(folder, 'ferryman.zsh'), ...lines];
    expect(await ask('zsh', args)).toEqual(becomes);
  });
});

describe('fish', () => {
  test('completes commands, options, choices, files and sequences', async () => {
    const answers: string[] = [];
    for (const [line] of unique) answers.push((await fish('ferryman', inRoot(line))).join(' '));
    expect(answers).toEqual(unique.map(([, offered]) => offered));
  });

  test('tells what each command is', async () => {
    const { stdout } = await execa(
      'fish',
      ['--no-config', '-c', `source ${folder}/sign-update.fish; complete -C 'sign-update '`],
      { env: { HOME: folder } },
    );
    for (const { name, summary } of completedCommands(signUpdate('')))
      expect(stdout).toContain(`${name}\t${summary}`);
  });
});

test.each(shells)('%s finds nothing wrong with the scripts', async (shell: Shell) => {
  for (const { name } of tables)
    expect(await ask(shell, ['-n', join(folder, `${name}.${shell}`)])).toEqual(['']);
});

test('the built programs print the scripts, and refuse other shells', async () => {
  for (const program of tables) {
    const name = program.name as 'ferryman' | 'sign-update';
    expect(await runProgram(name, ['completion', 'bash'])).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: completionScript(program, 'bash'),
    });
    expect((await runProgram(name, ['completion', 'tcsh'])).exitCode).toBe(64);
  }
});
