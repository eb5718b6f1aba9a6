/**
 * A rolldown plugin that makes our sources count which of their blocks run: one counter for each function, branch,
 * loop, case, and for each side of `?:`, `&&`, `||` and `??`. It also collects the texts that the sources compare with.
 *
 * The counters stand in `globalThis.blockCounters`. Sources of cryptography are left as they are: counting slows them
 * down many times, and their branches say nothing of the format.
 */
import { parseAst } from 'rolldown/parseAst';

const COUNTED = /\/(src\/.*\.ts|node_modules\/smol-toml\/.*\.js)$/;

/** Makes the plugin; `found` is filled while it bundles: how many counters, which texts. */
export function countBlocks(found) {
  return {
    name: 'count-blocks',
    transform: {
      order: 'pre',
      handler(code, id) {
        if (!COUNTED.test(id)) return null;
        const edits = new Edits(code, found);
        edits.visit(parseAst(code, { lang: id.endsWith('.ts') ? 'ts' : 'js' }));
        return { code: edits.apply(), map: null };
      },
    },
  };
}

const LOOPS = new Set([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
]);

/** Texts to put into one source. Outer ones open first and close last, because the tree is walked from outside. */
class Edits {
  #code;
  #found;
  #opening = [];
  #closing = [];

  constructor(code, found) {
    this.#code = code;
    this.#found = found;
  }

  visit(node) {
    if (Array.isArray(node)) for (const item of node) this.visit(item);
    if (typeof node?.type !== 'string') return;
    const close = this.#enter(node);
    for (const child of Object.values(node)) if (typeof child === 'object') this.visit(child);
    for (const [at, text] of close) this.#closing.push([at, text]);
  }

  #enter(node) {
    const { type, start } = node;
    if (type === 'BlockStatement') this.#opening.push([start + 1, `${this.#count()};`]);
    if (type === 'SwitchCase' && node.consequent.length > 0)
      this.#opening.push([node.consequent[0].start, `${this.#count()};`]);
    if (type === 'Literal' && typeof node.value === 'string') this.#found.texts.add(node.value);
    if (type === 'TemplateElement') this.#found.texts.add(node.value.cooked);
    const branches = [node.countedAs ?? []].flat();
    if (type === 'IfStatement') mark('statement', node.consequent, node.alternate);
    if (LOOPS.has(type)) mark('statement', node.body);
    if (type === 'ConditionalExpression') mark('expression', node.consequent, node.alternate);
    if (type === 'LogicalExpression') mark('expression', node.right);
    if (type === 'ArrowFunctionExpression' && node.expression) mark('expression', node.body);
    const close = type === 'IfStatement' && !node.alternate ? [[node.end, ` else {${this.#count()}}`]] : [];
    return [...close, ...branches.flatMap((kind) => this.#wrap(node, kind))];
  }

  #wrap({ type, start, end }, kind) {
    if (type === 'BlockStatement') return [];
    const [before, after] =
      kind === 'statement' ? [`{${this.#count()};`, '}'] : [`(${this.#count()},(`, '))'];
    this.#opening.push([start, before]);
    return [[end, after]];
  }

  #count() {
    return `countedBlocks[${this.#found.counters++}]++`;
  }

  apply() {
    const head = 'const countedBlocks = (globalThis.blockCounters ??= new Uint32Array(65536));';
    const all = [...this.#closing, ...this.#opening].toSorted(([a], [b]) => a - b);
    let result = head;
    let done = 0;
    for (const [at, text] of all) {
      result += this.#code.slice(done, at) + text;
      done = at;
    }
    return result + this.#code.slice(done);
  }
}

/** Notes on a child how it is to be counted when the walk comes to it. */
function mark(kind, ...nodes) {
  for (const node of nodes) if (node) node.countedAs = kind;
}
