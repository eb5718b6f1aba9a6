/** What the status page loads: its style and its script. They stand here as text, because a bundle carries no other files. */
import { longText } from './page-html.ts';

/** On a screen of 15 cm the title is 1 cm high, which is read from two metres. */
export const style = `
*{box-sizing:border-box;margin:0}
html{height:100%;font-family:"DejaVu Sans","Liberation Sans",Arial,sans-serif;background:#fff;color:#000}
body{height:100%;overflow:hidden;display:flex;flex-direction:column;padding:3vmin 4vmin}
main{flex:1;min-height:0;display:grid;grid-template:minmax(0,auto) auto/38vmin 1fr;column-gap:5vmin;align-content:center;align-items:center}
.signs svg{display:none;width:38vmin;height:38vmin;fill:none;stroke:currentColor;stroke-width:8;stroke-linecap:round;stroke-linejoin:round}
.signs .full{fill:currentColor}
.signs .thin{stroke-width:6}
.words{min-width:0;max-height:100%;display:flex;flex-direction:column;overflow-wrap:anywhere}
.words>*{flex:none}
h1{font-size:min(15vmin,8.4vw);line-height:1.05}
p{font-size:min(7vmin,4.2vw);line-height:1.25;margin-top:2.5vmin}
#text{flex:0 1 auto;min-height:0;overflow:hidden}
[data-long] #text{font-size:min(4.2vmin,2.5vw)}
.act{font-size:min(9.5vmin,5.6vw);font-weight:bold}
#code{display:none;font-size:min(26vmin,16vw);line-height:1;letter-spacing:.04em}
.work{display:none;grid-column:1/-1;align-items:center;gap:3vmin;margin-top:5vmin}
#percent:empty{display:none}
#percent{font-size:min(9.5vmin,6vw);font-weight:bold;min-width:4.2em;text-align:right}
progress{appearance:none;flex:1;height:9vmin;border:.9vmin solid currentColor;background:#fff;color:inherit}
progress::-webkit-progress-bar{background:#fff}
progress::-webkit-progress-value{background:#000}
progress::-moz-progress-bar{background:#000}
progress:indeterminate{background:repeating-linear-gradient(45deg,#fff 0 3vmin,#000 3vmin 6vmin)}
progress:indeterminate::-webkit-progress-bar{background:repeating-linear-gradient(45deg,#fff 0 3vmin,#000 3vmin 6vmin)}
progress:indeterminate::-moz-progress-bar{background:transparent}
footer{font-size:max(3.2vmin,14px);margin-top:2vmin;overflow-wrap:anywhere}
[data-kind=plugged],[data-kind=reading]{background:#ffd24a}
[data-kind=safe]{background:#00602a;color:#fff}
[data-kind=running]{background:#0b3a8f;color:#fff}
[data-kind=done]{background:#dff3e3}
[data-kind=failed]{background:#9b0f16;color:#fff}
[data-kind=lost]{background:#3d3d3d;color:#fff}
[data-kind=nothing] .nothing,[data-kind=plugged] .plugged,[data-kind=reading] .reading,[data-kind=safe] .safe,[data-kind=running] .running,[data-kind=done] .done,[data-kind=failed] .failed,[data-kind=lost] .lost{display:block}
[data-working] .work{display:flex}
[data-kind=failed] #code{display:block}
[data-kind=failed][data-long] #code{font-size:min(21vmin,13vw)}
@media (max-aspect-ratio:1/1){
main{grid-template:auto minmax(0,auto) auto/1fr;row-gap:3vmin}
.signs svg{margin:0 auto}
.words{text-align:center}
h1{font-size:12vw}
.act{font-size:8.4vw}
p{font-size:6.4vw}
#code,[data-kind=failed][data-long] #code{font-size:24vw}
[data-long] #text{font-size:4.6vw}
[data-long] .signs svg{width:24vmin;height:24vmin}
}
`;

/**
 * Is told each phase by server-sent events; where they fail it asks, and where nobody answers it says so instead of what was so a while
 * ago. Written for any browser of the last ten years.
 */
export const script = `
'use strict';
(function () {
  var page = document.documentElement;
  var lost = {
    kind: 'lost', title: 'No contact', act: 'Wait one minute', percent: null, code: null,
    text: 'The kiosk does not answer this page. If it stays like this, call the office.'
  };
  function put(id, text) {
    var element = document.getElementById(id);
    if (element.textContent !== text) element.textContent = text;
  }
  function show(state) {
    var working = state.kind === 'plugged' || state.kind === 'reading' || state.kind === 'running';
    page.dataset.kind = state.kind;
    page.toggleAttribute('data-working', working);
    page.toggleAttribute('data-long', state.text.length > ${longText});
    put('title', state.title);
    put('act', state.act);
    put('code', state.code === null ? '' : state.code);
    put('text', state.text);
    put('percent', state.percent === null ? '' : state.percent + ' %');
    var bar = document.getElementById('bar');
    if (state.percent === null) bar.removeAttribute('value');
    else bar.value = state.percent;
    document.title = state.title + ' \\u2013 ' + document.getElementById('node').textContent;
  }
  function ask() {
    fetch('/state.json', { cache: 'no-store' }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    }).then(show).catch(function () { show(lost); });
  }
  function listen() {
    var events = new EventSource('/events');
    events.onmessage = function (event) { show(JSON.parse(event.data)); };
    events.onerror = function () {
      ask();
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
    };
  }
  if (window.EventSource) listen();
  else setInterval(ask, 2000);
})();
`;
