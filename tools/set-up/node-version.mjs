/**
 * Compares this Node with `engines.node` of package.json. Knows the two forms used there, `>=X.Y` and `<X`.
 */
import { SetUpFailure } from './set-up-failure.mjs';

/**
 * Says which Node this is.
 *
 * @throws SetUpFailure when `version` ("v20.20.2") is outside `range` (">=20.19 <21")
 */
export function checkNodeVersion(version, range) {
  if (!range.split(' ').every((bound) => isWithin(version, bound))) {
    throw new SetUpFailure(
      `Node ${range} is expected, got ${version}`,
      'install Node 20 (https://nodejs.org/en/download, or a version manager: nvm install 20) and start again',
    );
  }
  return version;
}

function isWithin(version, bound) {
  const [, operator, limit] = /^(>=|<)(\d+(?:\.\d+)*)$/.exec(bound) ?? [];
  if (limit === undefined) {
    throw new SetUpFailure(
      `cannot read the bound "${bound}" of engines.node in package.json`,
      'write it as ">=20.19 <21", or teach tools/set-up/node-version.mjs the new form',
    );
  }
  const difference = compare(numbers(version.replace(/^v/, '')), numbers(limit));
  return operator === '<' ? difference < 0 : difference >= 0;
}

function numbers(text) {
  return text.split('.').map((part) => Number.parseInt(part, 10));
}

function compare(a, b) {
  const at = b.findIndex((number, index) => number !== (a[index] ?? 0));
  return at === -1 ? 0 : (a[at] ?? 0) - b[at];
}
