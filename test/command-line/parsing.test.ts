/** Two parsers read command lines: what the plain one takes must mean the same to the full one. */
import { assert, constantFrom, array, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { ferryman } from '../../src/cli/table.ts';
import { splitUsage, type ProgramSpec, type Typed } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { parseFully } from '../../src/command-line/parse-fully.ts';
import { parsePlainly } from '../../src/command-line/parse-plainly.ts';
import { signUpdate } from '../../tools/sign-update/table.ts';

const programs = [ferryman('1.2.3'), signUpdate('1.2.3')];
const silent = { out: () => undefined, err: () => undefined } as unknown as Io;

/** Name and input, comparable. */
function told(typed: Typed | number | undefined): unknown {
  return typeof typed === 'object' ? [typed.spec.usage, typed.input.args, { ...typed.input.options }] : typed;
}

function fully(program: ProgramSpec, argv: readonly string[]): unknown {
  try {
    return told(parseFully(program, argv, silent));
  } catch (error) {
    return (error as Error).message;
  }
}

for (const program of programs) {
  const stray = ['1', '-', '--', '', '-h', '--help', '--json=yes', '--jso', '-x', 'help', '--root=/x', '-1'];

  for (const spec of program.commands) {
    const { path } = splitUsage(spec.usage);
    const flags = spec.options.map(({ flags: each }) => each.split(' ', 1)[0] ?? '');
    const choices = [...spec.options, ...Object.values(spec.argumentChoices ?? {})].flatMap((one) =>
      'flags' in one ? (one.choices ?? []) : one,
    );

    test(`both parsers take "${program.name} ${spec.usage}" alike, when the plain one takes it`, () => {
      const word = oneof(constantFrom(...flags, ...choices, ...stray, '7'), string({ maxLength: 3 }));
      const pair = constantFrom(...flags, '--root').chain((flag) => word.map((value) => [flag, value]));
      const words = array(
        oneof(
          word.map((one) => [one]),
          pair,
        ),
        { maxLength: 6 },
      ).map((all) => all.flat());
      assert(
        property(words, (typed) => {
          const plain = parsePlainly(program.commands, [...path, ...typed]);
          const full = fully(program, [...path, ...typed]);
          expect(plain ? told(plain) : full).toEqual(full);
        }),
        { numRuns: 300 },
      );
    });
  }
}

test('the command lines that scripts use need no commander', () => {
  const lines = [
    'status',
    'status --json --root /x',
    'applied 41',
    'history --failed --since 7d --limit 5',
    'show 42 --json',
    'trust list',
    'receive a.zip --channel flood',
  ];
  const { commands } = ferryman('1.2.3');
  expect(lines.filter((line) => !parsePlainly(commands, line.split(' ')))).toEqual([]);
});
