/**
 * Where the configuration says something else than the files that the last `ferryman enrol install` has written from it: sshd goes on as it did
 * until the next one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { enrolmentPlaces, sshNames } from './places.ts';
import { reverseOf } from './reverse.ts';
import { principalsText } from './ssh-texts.ts';

export interface Drift {
  /** Of config.toml. */
  readonly key: string;
  /** What is installed. */
  readonly installed: string;
  readonly configured: string;
}

/** Empty when nothing is installed. */
export function configDrift(layout: Pick<Layout, 'etc'>, { flood, node }: Config): Drift[] {
  const { ssh, sshdConfig } = enrolmentPlaces(layout);
  const sshd = readIfThere(sshdConfig);
  if (sshd === undefined) return [];
  const installed = (word: string): string => new RegExp(`^${word} (.*)$`, 'm').exec(sshd)?.[1] ?? 'nothing';
  const ways = node.role === 'proxy' ? reverseOf(flood.reverse) : [];
  const principals = readIfThere(join(ssh, sshNames.principals));
  const drift: Drift[] = [
    { key: 'flood.sshPort', installed: installed('Port'), configured: String(flood.sshPort) },
    { key: 'flood.user', installed: installed('AllowUsers'), configured: flood.user },
  ];
  // With a shared key there is no such file, nor a way back.
  if (principals !== undefined && principals !== principalsText(ways))
    drift.push({ key: 'flood.reverse', installed: 'others', configured: `${ways.length}` });
  return drift.filter((one) => one.installed !== one.configured);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
