/**
 * What pages load: style, script and uPlot, from the program itself. The name of each holds its hash, so a browser may keep it for ever and
 * never has an old one.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import chartStyle from 'uplot/dist/uPlot.min.css?raw';
import charts from 'uplot/dist/uPlot.iife.min.js?raw';
import script from './office-script.js?raw';
import style from './office.css?raw';

export interface AssetFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly compressed: Buffer;
}

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5c66"/>' +
  '<path d="M5 19h22l-4 7H9zM15 5v12H8zM17 8l7 9h-7z" fill="#fff"/></svg>';

const files = new Map<string, AssetFile>();

export const addresses = {
  style: add('office.css', 'text/css; charset=utf-8', style),
  script: add('office.js', 'text/javascript; charset=utf-8', script),
  charts: add('uplot.js', 'text/javascript; charset=utf-8', charts),
  chartStyle: add('uplot.css', 'text/css; charset=utf-8', chartStyle),
  icon: add('icon.svg', 'image/svg+xml', icon),
} as const;

/** @param address as in {@link addresses} */
export function assetFile(address: string): AssetFile | undefined {
  return files.get(address);
}

function add(name: string, type: string, text: string): string {
  const bytes = Buffer.from(text);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const address = `/assets/${hash}.${name}`;
  files.set(address, { type, bytes, compressed: gzipSync(bytes, { level: 9 }) });
  return address;
}
