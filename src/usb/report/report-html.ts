/** The report as one page that any browser or phone opens from the key: nothing is fetched, no scripts. Pure. */
import { escaped } from '../escape-html.ts';
import { standingOf, verdictOf, visitsLeftInWords, type KeyReport, type Standing } from './key-report.ts';

const marks: Readonly<Record<Standing, string>> = { good: '✔', bad: '✘', open: '…' };

const style = `
body { font: 16px/1.4 sans-serif; margin: 1em auto; max-width: 44em; padding: 0 1em; color: #111; background: #fff }
h1 { font-size: 1.2em; margin: 0 } h2 { font-size: 1.05em; margin: 1.5em 0 .3em }
.verdict { font-size: 1.5em; font-weight: bold; border: 4px solid; border-radius: .4em; padding: .5em .7em; margin: .7em 0 }
.good { color: #075c1e } .bad { color: #a00000 } .open { color: #5a4300 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .35em .6em .35em 0; border-bottom: 1px solid #bbb }
td:first-child { white-space: nowrap } small { color: #444; display: block; overflow-wrap: anywhere }
`;

export function reportHtml(report: KeyReport): string {
  const verdict = verdictOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Report of a kiosk</title>
<style>${style}</style>
</head>
<body>
<h1>Report of a kiosk</h1>
<p class="verdict ${verdict.standing}">${marks[verdict.standing]} ${escaped(verdict.text)}</p>
${report.problem ? `<p>${escaped(report.problem.advice)}</p>` : ''}
<table>${facts(report)}</table>
${updates(report)}${notices(report)}${carried(report)}${notTaken(report)}${kiosk(report)}</body>
</html>
`;
}

function facts({ node, at, clockBehind, volume, technician, visitsLeft }: KeyReport): string {
  const role = node.role === '' ? '' : ` (${[node.role, ...node.groups].join(', ')})`;
  const rows: [string, string][] = [
    ['Kiosk', node.guid + role],
    ['Time', clockBehind ? `${at} by a clock that is wrong` : at],
    ['Key', volume.label === '' ? volume.uuid : `${volume.uuid} “${volume.label}”`],
    ...(technician === undefined ? [] : [['Carried by', technician] as [string, string]]),
    ...(visitsLeft === undefined ? [] : [['Pass', visitsLeftInWords(visitsLeft)] as [string, string]]),
  ];
  return rows.map(([label, text]) => `<tr><th>${label}</th><td>${escaped(text)}</td></tr>`).join('\n');
}

function updates({ updates: rows }: KeyReport): string {
  if (rows.length === 0) return '';
  const lines = rows.map((update) => {
    const { sequence, title, state, reason } = update;
    const standing = standingOf(update);
    const why = reason === '' ? '' : `<small>${escaped(reason)}</small>`;
    return `<tr><td>${sequence ?? '?'}</td><td>${escaped(title)}${why}</td><td class="${standing}">${marks[standing]} ${state}</td></tr>`;
  });
  return `<h2>Updates from this key</h2>\n<table>${lines.join('\n')}</table>\n`;
}

function notices({ notices: rows }: KeyReport): string {
  if (rows.length === 0) return '';
  const lines = rows.map(
    ({ title, outcome }) => `<tr><td>${escaped(title)}</td><td>${escaped(outcome)}</td></tr>`,
  );
  return `<h2>Also from this key</h2>\n<table>${lines.join('\n')}</table>\n`;
}

function carried({ carried: sentences }: KeyReport): string {
  if (sentences.length === 0) return '';
  const lines = sentences.map((sentence) => `<li>${escaped(sentence)}</li>`);
  return `<h2>To the office with this key</h2>\n<ul>${lines.join('\n')}</ul>\n`;
}

function notTaken({ notTaken: files }: KeyReport): string {
  if (files.length === 0) return '';
  const rows = files.map(
    ({ name, reason }) => `<tr><td>${escaped(name)}</td><td>${escaped(reason)}</td></tr>`,
  );
  return `<h2>Left alone on this key</h2>\n<table>${rows.join('\n')}</table>\n`;
}

function kiosk({ troubles }: KeyReport): string {
  if (troubles === undefined) return '';
  const lines =
    troubles.length === 0
      ? ['<li class="good">✔ nothing needs a person</li>']
      : troubles.map((trouble) => `<li class="bad">✘ needs a person: ${escaped(trouble)}</li>`);
  return `<h2>This kiosk</h2>\n<ul>${lines.join('\n')}</ul>\n`;
}
