/**
 * Finds the imports of a made file that may not be there when it runs.
 *
 * Reads the syntax tree of the output. rolldown's own list leaves out `require` in CommonJS packages (which it renames
 * to `__require` in ES modules) and imports by a computed name, which are never bundled. In a one-file bundle
 * `createRequire` is refused altogether, because what it returns can be called by any name.
 */
import { isBuiltin } from 'node:module';
import { parseAst } from 'rolldown/parseAst';

/** What `chunk` imports against its bundle's rules, as text for a message; empty when all is well. */
export function refusedImports(chunk, bundle) {
  return [...imports(parseAst(chunk.code), bundle)]
    .filter((name) => typeof name !== 'string' || !isAllowed(name, bundle))
    .map((name) => (typeof name === 'string' ? `'${name}'` : 'a computed name'));
}

function isAllowed(name, bundle) {
  if (isBuiltin(name) || bundle.packages.includes(name)) return true;
  return !bundle.oneFile && /^\.\.?\//.test(name);
}

/** Yields the name of every import in the tree, `undefined` where it is not a literal. */
function* imports(node, bundle) {
  if (Array.isArray(node)) {
    for (const item of node) yield* imports(item, bundle);
  }
  if (typeof node?.type !== 'string') return;
  if (isImport(node)) yield node.source.value;
  if (isRequire(node)) yield node.arguments[0]?.value;
  if (bundle.oneFile && node.name === 'createRequire') yield undefined;
  for (const child of Object.values(node)) yield* imports(child, bundle);
}

function isImport(node) {
  if (node.type === 'ImportExpression') return true;
  return /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) && node.source !== null;
}

function isRequire(node) {
  return node.type === 'CallExpression' && ['require', '__require'].includes(node.callee.name);
}
