/**
 * The single executable: ferryman, its runner and sign-update in one file with Node inside. By which name it is called
 * says which of them it is.
 *
 * The runner's name is given by the controller as argv[0] and is no file's name, so nobody types it by accident. All of
 * it is one CommonJS program without further files: nothing can be loaded that is not inside.
 */
import { basename } from 'node:path';
import { runnerName } from '../../src/run/runner/order.ts';

function load(calledAs: string): Promise<unknown> {
  if (calledAs === runnerName) return import('../../src/run/runner/main.ts');
  if (calledAs === 'sign-update') return import('../sign-update/main.ts');
  return import('../../src/cli/main.ts');
}

void load(basename(process.argv0));
