/**
 * The status page as a whole, for browsers with and without scripts: the script of `page-assets.ts` only changes what stands here. Every
 * phase has a sign of its own, so that colour is never the only one. Pure.
 */
import { escaped } from '../escape-html.ts';
import { isAtWork, type PageState } from './page-state.ts';

/** Characters: a longer text is set smaller, also by the script. */
export const longText = 110;

/** Drawn in the colour of the text, in a square of 100 by 100. */
const signs: Readonly<Record<PageState['kind'] | 'lost', string>> = {
  nothing:
    '<path d="M5 27h44v46H5zM49 36h24v28H49"/><path class="full" d="M89 12h6v76h-6z"/><path class="thin" d="M62 45v1M62 54v1"/>',
  plugged: '<path d="M18 27h44v46H18zM62 36h24v28H62"/><path class="full" d="M89 12h6v76h-6z"/>',
  reading: '<path d="M24 10h52M24 90h52M30 10v14l40 52v14M70 10v14L30 76v14"/>',
  safe: '<path class="full" d="M50 12 90 58H10z"/><path class="full" d="M10 70h80v18H10z"/>',
  running: '<circle cx="50" cy="50" r="42"/><path class="full" d="M40 30 72 50 40 70z"/>',
  done: '<path d="M10 54 38 82 90 20"/>',
  failed: '<path d="M50 8 94 88H6z"/><path d="M50 36v26M50 73v3"/>',
  lost: '<path d="M28 34c0-32 46-28 44-2 0 20-22 20-22 38M50 86v3"/>',
};

export function pageHtml(state: PageState): string {
  const { kind, title, act, text, percent, code, node } = state;
  const value = percent === null ? '' : ` value="${percent}"`;
  return `<!doctype html>
<html lang="en" data-kind="${kind}"${isAtWork(kind) ? ' data-working' : ''}${text.length > longText ? ' data-long' : ''}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(`${title} – ${node}`)}</title>
<link rel="stylesheet" href="/style.css">
<noscript><meta http-equiv="refresh" content="2"></noscript>
<script src="/page.js" defer></script>
</head>
<body>
<main>
<div class="signs" aria-hidden="true">${Object.entries(signs).map(sign).join('')}</div>
<div class="words" role="status" aria-live="polite" aria-atomic="true">
<h1 id="title">${escaped(title)}</h1>
<p class="act"><span id="act">${escaped(act)}</span><b id="code">${escaped(code ?? '')}</b></p>
<p id="text">${escaped(text)}</p>
</div>
<div class="work"><progress id="bar" max="100" aria-label="Done so far"${value}></progress><span id="percent">${percent === null ? '' : `${percent} %`}</span></div>
</main>
<footer>Kiosk <span id="node">${escaped(node)}</span></footer>
</body>
</html>
`;
}

function sign([kind, lines]: [string, string]): string {
  return `<svg class="${kind}" viewBox="0 0 100 100">${lines}</svg>`;
}
