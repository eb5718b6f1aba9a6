import { FerrymanError } from '../errors.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';

/** A store belongs to a proxy alone. @throws FerrymanError `proxy.other-role` */
export function checkIsProxy(
  { configFile }: Pick<Layout, 'configFile'>,
  { node }: Pick<Config, 'node'>,
): void {
  if (node.role !== 'proxy')
    throw new FerrymanError(
      'proxy.other-role',
      `${configFile}: expected a node of role proxy, found ${node.role}`,
    );
}
