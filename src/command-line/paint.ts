/**
 * Colours, in one place. They only repeat what the words say: a screen without them tells as much.
 *
 * Used where standard output is a terminal that can show them; NO_COLOR (any text) turns them off, FORCE_COLOR (any text but
 * "0") on, also into a pipe; NO_COLOR wins. Spec: no-color.org, force-color.org.
 */
import type { Io } from './io.ts';

/** SGR codes: what they mean, not how they look. */
const styles = { good: '32', bad: '1;31', note: '33', strong: '1', faint: '2', plain: '' } as const;

export type Style = keyof typeof styles;
export type Paint = (style: Style, text: string) => string;

export function painter(io: Pick<Io, 'env' | 'stdoutIsTerminal'>): Paint {
  return isColourful(io)
    ? (style, text) => (text === '' || style === 'plain' ? text : `\u001b[${styles[style]}m${text}\u001b[0m`)
    : (_style, text) => text;
}

function isColourful({ env, stdoutIsTerminal }: Pick<Io, 'env' | 'stdoutIsTerminal'>): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0';
  return stdoutIsTerminal && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
