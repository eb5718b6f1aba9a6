/** The story of one update, in words. Pure: facts, width and paint come in. */
import { age, inWords } from '../command-line/ages.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { labelled, wrap } from '../command-line/columns.ts';
import { formatRange, type SequenceRange } from '../parcel/sequences.ts';
import type { UpdateTerms } from '../plan/facts.ts';
import type { RunStory, Story } from '../report/update-story.ts';
import type { Look } from '../status/screen.ts';
import { resultInWords, stateStyle, subjectOf } from '../status/update-words.ts';

const labelWidth = 12;

export function storyText(story: Story, look: Look): string {
  const { paint } = look;
  const { row } = story;
  const facts = [...identity(story), ...contents(row.terms), ...arrival(story)];
  return [
    paint('strong', `update ${subjectOf(row)}`),
    ...standing(story, look),
    '',
    ...facts.flatMap(([label, text]) => labelled(`  ${label.padEnd(labelWidth)}`, text, look.columns)),
    ...section('what happened', happened(story), look),
    ...section(
      'runs',
      story.runs.flatMap((run) => runLines(run, story)),
      look,
    ),
    ...section('short logs', shortLogLines(story), look),
    '',
  ].join('\n');
}

/** Where it stands now, and what is wrong about it. */
function standing({ row, rivals, retryAfterSeconds }: Story, { columns, paint }: Look): string[] {
  const retry =
    retryAfterSeconds === null
      ? ''
      : retryAfterSeconds === 0
        ? '; tried again next'
        : `; tried again in ${inWords(retryAfterSeconds)}`;
  const [first = '', ...rest] = wrap(
    `  ${row.state}${row.reason ? `: ${row.reason}` : ''}${retry}`,
    columns,
    '  ',
  );
  const others = rivals.map(
    (digest) => `  ! the office signed other contents under this number: ${digest.slice(0, 16)}`,
  );
  return [
    first.replace(row.state, paint(stateStyle(row.state), row.state)),
    ...rest,
    ...others.map((line) => paint('bad', line)),
  ];
}

type Fact = readonly [label: string, text: string];

function identity({ row, signers }: Story): Fact[] {
  return [
    ['digest', `${row.digest.slice(0, 16)} (--json has all of it)`],
    ...signers.map(({ keyId, keyFile }, index): Fact => [
      index === 0 ? 'signed by' : '',
      keyFile === null ? `${keyId}, which is not trusted here now` : `${keyId}, trusted here as ${keyFile}`,
    ]),
  ];
}

/** What its manifest says. */
function contents(terms: UpdateTerms | null): Fact[] {
  if (!terms) return [['contents', 'its manifest could not be read']];
  const { recipients, created, expires, requires, supersedes, script } = terms;
  return [
    ['for', recipients.join(', ')],
    ['created', created],
    ...(expires === undefined ? [] : [['expires', expires] as const]),
    ...rangesFact('requires', requires),
    ...rangesFact('supersedes', supersedes),
    ['script', describeScript(script)],
  ];
}

function rangesFact(label: string, ranges: readonly SequenceRange[]): Fact[] {
  return ranges.length === 0 ? [] : [[label, ranges.map(formatRange).join(', ')]];
}

function describeScript({ path, timeoutSeconds, onInterrupt, maxAttempts }: UpdateTerms['script']): string {
  const rerun =
    onInterrupt === 'rerun'
      ? `run again when interrupted, ${maxAttempts} starts in all`
      : 'only reported when interrupted';
  return `${path}, for at most ${timeoutSeconds} s; ${rerun}`;
}

function arrival(story: Story): Fact[] {
  const { row, parcel } = story;
  const deferred = row.deferrals > 0 ? `; asked ${row.deferrals} times to be tried later` : '';
  return [
    ['received', `by ${row.channel}, ${moment(row.receivedAt, story)}`],
    ['attempts', `${row.attempts}${deferred}`],
    ['parcel', parcel ? `${bytesInWords(parcel.bytes)}, kept here` : 'not kept here'],
  ];
}

/** A time, and its age where that can be true. */
function moment(at: string, { row, now }: Story): string {
  const ago = age(at, now, row.terms?.created);
  return ago === undefined ? `${at} by a clock that was wrong, or is` : `${at}, ${ago}`;
}

function happened({ transitions }: Story): string[] {
  return transitions.map(({ at, state, reason }) => `${at}  ${state.padEnd(10)}  ${reason}`.trimEnd());
}

function runLines({ run, ending, logs }: RunStory, story: Story): string[] {
  const { outcome, exitStatus, signal, startedAt, endedAt } = run;
  const end =
    ending ??
    (outcome === null
      ? `it is ${run.state}`
      : resultInWords({
          ...story.row,
          state: outcome === 'not-started' ? 'verified' : outcome,
          exitStatus,
          signal,
        }));
  const code = [
    ...(exitStatus === null ? [] : [`exit ${exitStatus}`]),
    ...(signal === null ? [] : [signal]),
  ].filter((word) => !end.includes(word));
  return [
    `run ${run.run}, attempt ${run.attempt}: ${[end, ...code].join(', ')}`,
    `  started ${moment(startedAt, story)}`,
    ...(endedAt === null ? [] : [`  ended   ${moment(endedAt, story)}`]),
    ...logs.map(({ path, bytes }) => `  ${bytesInWords(bytes)} in ${path}`),
  ];
}

/** Each text once, with what every sink made of it. */
function shortLogLines(story: Story): string[] {
  const lines: string[] = [];
  let told = '';
  for (const { sink, state, text, tries, problem, createdAt, deliveredAt } of story.shortLogs) {
    const heading = `${createdAt}  ${state}: ${text}`;
    if (heading !== told) lines.push(heading);
    told = heading;
    const times = `${tries} ${tries === 1 ? 'try' : 'tries'}`;
    lines.push(
      deliveredAt === null
        ? `  ${sink}: waits, after ${times}${problem === null ? '' : `: ${problem}`}`
        : `  ${sink}: delivered ${moment(deliveredAt, story)}, after ${times}`,
    );
  }
  return lines;
}

function section(title: string, lines: readonly string[], { columns, paint }: Look): string[] {
  if (lines.length === 0) return [];
  return [
    '',
    `  ${paint('strong', title)}`,
    ...lines.flatMap((line) => wrap(`    ${line}`, columns, '        ')),
  ];
}
