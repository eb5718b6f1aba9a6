/** The names of the browser's world that the types of playwright-core mention. The whole of it ("lib": "dom") would let src use `window`. */
interface Node {}
interface HTMLElement {}
interface SVGElement {}
interface HTMLElementTagNameMap {}
