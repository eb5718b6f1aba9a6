/** Measurements as Markdown tables. */
import type { Measured } from './measure.ts';

/** A table with ratios to the row of this name, and the commands below it. @param scratch left out of the commands */
export function comparison(measured: readonly Measured[], base: string, scratch: string): string {
  const reference = measured.find((one) => one.name === base)?.wallSeconds ?? NaN;
  const rows = measured.map((one) => [
    one.name,
    `${seconds(one.wallSeconds)} (${seconds(one.fastestSeconds)}–${seconds(one.slowestSeconds)})`,
    (one.wallSeconds / reference).toFixed(2),
    seconds(one.cpuSeconds),
    one.peakMib.toFixed(0),
  ]);
  const head = ['', 'wall, s (min–max)', `to ${base}`, 'cpu, s', 'peak MiB'];
  const commands = measured.map((one) => `# ${one.name}\n${shown(one.command, scratch)}`);
  return `${table(head, rows)}\n<details><summary>commands</summary>\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\`\n\n</details>\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return line(head) + line(head.map((_, index) => (index === 0 ? '---' : '--:'))) + rows.map(line).join('');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function seconds(value: number): string {
  return value.toFixed(3);
}

function shown(command: readonly string[], scratch: string): string {
  const words = command.map((word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word}'`));
  return words
    .join(' ')
    .replaceAll(`${scratch}/`, '')
    .replaceAll(process.execPath, 'node')
    .replaceAll(/\S*\/dist\//g, 'dist/');
}
