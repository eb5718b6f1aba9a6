/** The office keys that are named on a command line: to check a key before it travels. */
import { listKeyFiles } from '../../node/trust-store.ts';
import { readKeyFile } from '../../node/read-key-file.ts';
import { FerrymanError } from '../../errors.ts';
import { checkTrust, type Trust } from '../../verify/trust.ts';

export interface NamedKeys {
  readonly files: readonly string[];
  /** A folder of `.pub` files. */
  readonly folder: string | undefined;
  readonly threshold: number;
}

/** `undefined`: no key is named, so nothing can be verified. @throws FerrymanError `source.missing`, `key.*`, `trust.*` */
export function trustNamed({ files, folder, threshold }: NamedKeys): Trust | undefined {
  if (files.length === 0 && folder === undefined) return undefined;
  const inFolder = folder === undefined ? [] : listKeyFiles({ keys: folder }).map(({ key }) => key);
  const keys = [...files.map(readKeyFile), ...inFolder].map((key) => {
    if (key instanceof FerrymanError) throw key;
    return key;
  });
  const trust = { keys, threshold };
  checkTrust(trust);
  return trust;
}
