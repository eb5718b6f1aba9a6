/** `docs/errors.md`, made from the error table and the command table. `npm run docs` writes it. */
import { ferryman } from '../../src/cli/table.ts';
import { errorTable, exitMeanings } from '../../src/errors.ts';

export function errorsDocument(): string {
  const codes = Object.entries(errorTable);
  const exits = [...new Set(codes.map(([, { exit }]) => exit))].toSorted((a, b) => a - b);
  const commands = ferryman('').commands.filter(({ exits: own }) => own !== undefined);
  return [
    '# Errors and exit statuses',
    '',
    'Made from the tables in `src/errors.ts` and `src/cli/table.ts` by `npm run docs`; a test holds it against them.',
    '',
    'An error reads `ferryman: subject: expected …, found … [code]`, and on the next line what to do. With `--json` it is a JSON document on',
    'standard error.',
    '',
    '## Exit statuses',
    '',
    '| status | meaning |',
    '|---|---|',
    '| 0 | done |',
    ...exits.map((exit) => `| ${exit} | ${exitMeanings[exit] ?? ''} |`),
    '',
    ...commands.flatMap(({ usage, exits: own }) => [
      `\`ferryman ${usage}\`:`,
      '',
      '| status | meaning |',
      '|---|---|',
      ...Object.entries(own ?? {}).map(([status, meaning]) => `| ${status} | ${meaning} |`),
      '',
    ]),
    '## Codes',
    '',
    '*reject*: this item is bad for good; it is set aside and the rest goes on. *retry*: tried again by itself or later. *halt*: a person must change',
    'something first.',
    '',
    '| code | verdict | exit | what to do |',
    '|---|---|---|---|',
    ...codes.map(
      ([code, { verdict, exit, hint }]) =>
        `| \`${code}\` | ${verdict} | ${exit} | ${hint.replaceAll('|', '\\|')} |`,
    ),
    '',
  ].join('\n');
}
