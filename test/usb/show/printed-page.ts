/** A document of ours as a sheet of paper: the little of Markdown that docs/technician.md uses, as HTML with its pictures inside. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const style = `
@page{size:A4;margin:6mm 11mm}
body{font:8.6pt/1.18 "DejaVu Sans","Liberation Sans",Arial,sans-serif;max-width:188mm;margin:0 auto}
h1{font-size:17pt;margin:0 0 1mm}h2{font-size:11pt;margin:1.8mm 0 .8mm}p,ul{margin:.8mm 0}ul{padding-left:5mm}
table{border-collapse:collapse;width:100%}th,td{border:.3mm solid #888;padding:.3mm 1.5mm;text-align:left;vertical-align:middle}
td:last-child{white-space:nowrap}.drawings{table-layout:fixed}.drawings td{white-space:normal}
img{display:block;width:100%;max-height:23mm}img.strip{width:60mm}
`;

/** @param folder where its pictures are looked for */
export function printedPage(markdown: string, folder: string): string {
  const [title = ''] = markdown.replace('# ', '').split('\n', 1);
  const blocks = markdown
    .trim()
    .split(/\n\n+/)
    .map((block) => blockOf(block, folder));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><style>${style}</style>\n${blocks.join('\n')}\n`;
}

function blockOf(block: string, folder: string): string {
  const inside = (text: string): string => inlineOf(text, folder);
  const lines = block.split('\n');
  const heading = /^(#+) (.*)$/.exec(block);
  if (heading) return `<h${heading[1]?.length}>${inside(heading[2] ?? '')}</h${heading[1]?.length}>`;
  if (block.startsWith('- '))
    return `<ul>${lines.map((line) => `<li>${inside(line.slice(2))}</li>`).join('')}</ul>`;
  if (!block.startsWith('|')) return `<p>${inside(block)}</p>`;
  const [head = '', , ...rows] = lines;
  const drawings = rows[0]?.match(/!\[/g)?.length === 4 ? ' class="drawings"' : '';
  return `<table${drawings}>${rowOf(inside(head), 'th')}${rows.map((row) => rowOf(inside(row), 'td')).join('')}</table>`;
}

function rowOf(row: string, cell: 'th' | 'td'): string {
  const cells = row.slice(1, -1).split('|');
  return `<tr>${cells.map((text) => `<${cell}>${text.trim()}</${cell}>`).join('')}</tr>`;
}

function inlineOf(text: string, folder: string): string {
  return text
    .replaceAll(/!\[([^\]]*)\]\(([^)]+)\)/g, (_whole, words: string, path: string) =>
      image(words, join(folder, path)),
    )
    .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>');
}

function image(words: string, path: string): string {
  const strip = path.includes('lamp-') ? ' class="strip"' : '';
  return `<img${strip} alt="${words}" src="data:image/svg+xml;base64,${readFileSync(path).toString('base64')}">`;
}
