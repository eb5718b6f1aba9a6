/** One node: how it stands, what happened on it, whom it meets, what is missing, and what to bring it. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import { inWords } from '../../command-line/ages.ts';
import type { UsbKeyRule } from '../../parcel/node-facts.ts';
import type {
  IncarnationFacts,
  KeyContents,
  NodeFacts,
  ResultLine,
  UsbVisitLine,
} from '../../fleet/facts/node.ts';
import { historyFields } from '../../fleet/lists/fields.ts';
import { percentage, ranges } from '../parts/figures.ts';
import { columnsOf, exports, listTable, type Column } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { byNodesClock, dated, iso, lasting, moment, rhythm } from '../parts/moment.ts';
import { sign } from '../parts/sign.ts';
import { formToken } from '../access/sessions.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { framed, isOperator } from '../web/framed.ts';
import { contactPicture } from './contact-picture.ts';
import { latenessWords, nodeHref } from './node-columns.ts';
import { nodeForms } from './node-forms.ts';
import { shortLogs } from './short-logs.ts';
import { exitWords, lastLineLook, updateLook } from './update-columns.ts';
import { updateLink } from './update-link.ts';

/** Updates that the page has: with more it would weigh too much. */
const maxHistory = 200;

export function nodePage(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/nodes/:who', async (visit) => {
    const now = visit.get('now');
    const node = await office.questions.node(visit.req.param('who'), now);
    const { guid } = node;
    const title = node.name === '' ? `Node ${guid}` : node.name;
    const body = html`<h1>${shown(title)}</h1>
      <p class="lead">
        ${node.role}${node.place === '' ? '' : `, ${shown(node.place)}`} <span class="code">${guid}</span>
      </p>
      ${visit.req.query('saved') === undefined ? nothing : html`<p class="done" role="status">Saved.</p>`}
      ${standing(node, now)} ${usbKey(node.key)}
      <section aria-labelledby="history">
        <h2 id="history">Updates on it</h2>
        ${listTable(historyColumns, node.history.slice(0, maxHistory), { caption: 'Updates on this node', empty: 'No update is known that is for it.' })}
        ${node.history.length > maxHistory ? html`<p>The newest ${maxHistory} of ${node.history.length} stand here, all in the list to take along.</p>` : nothing}
        ${exports(`/api/v1/nodes/${guid}/history`, '')}
      </section>
      <section aria-labelledby="contacts">
        <h2 id="contacts">Whom it meets</h2>
        ${contactPicture(node, now)}
        <p><a href="/roads?node=${guid}">All its roads</a></p>
      </section>
      ${usbVisits(node)} ${logs(node, now)} ${shortLogs(node.shortLogs, now)}
      ${isOperator(visit) ? nodeForms(node, formToken(visit.get('token')), now) : nothing}`;
    return framed(visit, office, { title, section: 'fleet', body });
  });
}

function standing(node: NodeFacts, now: number): Markup {
  const {
    state,
    heardAt,
    heardRoad,
    rhythmSeconds,
    lateAt,
    newestSequence,
    behind,
    failures,
    version,
    note,
  } = node;
  const lateness = latenessWords(node, now);
  return html`<section aria-labelledby="standing">
    <h2 id="standing">${sign(state)} ${lateness}</h2>
    ${note === '' ? nothing : html`<p>${shown(note)}</p>`}
    <dl class="facts">
      ${fact('Last heard', html`${moment(heardAt, now)}${heardRoad === null ? '' : ` by ${shown(heardRoad)}`}`)}
      ${fact('Usually every', rhythm(rhythmSeconds))}
      ${fact('Late', lateAt === null ? '–' : lateAt > now ? html`if not heard ${moment(lateAt, now)}` : lasting(lateAt, now))}
      ${fact('Newest update', newestSequence ?? '–')} ${fact('Behind by', behind)}
      ${fact('Failures', failures)} ${fact('Disk free', disk(node))} ${fact('Clock', clock(node))}
      ${fact('Version', version === null ? '–' : shown(version))}
      ${fact('Groups', node.groups.length === 0 ? '–' : node.groups.join(', '))}
      ${fact('Serial of enrolment', node.serial ?? '–')} ${fact('Known since', dated(node.firstKnownAt, now))}
    </dl>
  </section>`;
}

function fact(name: string, value: Markup | string | number): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function disk({ diskFreeBytes, diskTotalBytes }: NodeFacts): string {
  if (diskFreeBytes === null) return 'not told';
  if (diskTotalBytes === null) return bytesInWords(diskFreeBytes);
  return `${bytesInWords(diskFreeBytes)} of ${bytesInWords(diskTotalBytes)}, ${percentage(diskFreeBytes, diskTotalBytes)}`;
}

function clock({ clockOffsetSeconds: offset }: NodeFacts): string {
  if (offset === null) return 'not told';
  if (Math.abs(offset) < 60) return 'right';
  return `${inWords(Math.abs(offset))} ${offset > 0 ? 'ahead' : 'behind'}`;
}

const keyRules: Readonly<Record<UsbKeyRule, string>> = {
  off: 'It takes nothing from USB keys: they are switched off there.',
  pass: 'The key needs a pass of the office for this node.',
  any: 'It takes updates from any key: no pass is needed.',
};

function usbKey({ updates, bytes, keys, command }: KeyContents): Markup {
  return html`<section aria-labelledby="key">
    <h2 id="key">What to put on a USB key for it</h2>
    ${
      updates.length === 0
        ? html`<p>No update: it has said to have all that are for it. A key still brings its logs home.</p>`
        : html`<p>
            ${updates.map(
              ({ sequence, digest, title, state }, index) =>
                html`${index > 0 ? ', ' : ''}${updateLink({ sequence, digest })} ${shown(title)} (${state})`,
            )}:
            ${bytesInWords(bytes)} in all.
          </p>`
    }
    <p>
      ${keys === null ? 'It has not told whether a key needs a pass of the office: with one it takes the updates in either case.' : keyRules[keys]}
    </p>
    ${
      keys === 'off'
        ? nothing
        : html`<p>In the office, with the key plugged in:</p>
            <pre>${command}</pre>`
    }
  </section>`;
}

const visitWords: Readonly<Record<UsbVisitLine['state'], string>> = {
  reading: 'was being read',
  safe: 'was dealt with',
  failed: 'failed',
  ignored: 'was not looked at',
};

const visitColumns: readonly Column<UsbVisitLine>[] = [
  {
    heading: 'When, by its clock',
    value: ({ nodeAt }) => iso(nodeAt),
    cell: ({ nodeAt }) => byNodesClock(nodeAt),
  },
  {
    heading: 'The key',
    value: ({ state }) => state,
    cell: ({ state, technician }) =>
      html`${visitWords[state]}${technician === '' ? nothing : html`<span class="sub narrow">${shown(technician)}</span>`}`,
  },
  {
    heading: 'Files taken',
    value: ({ taken }) => taken,
    cell: ({ taken, found }) => `${taken} of ${found}`,
    isNumber: true,
  },
  {
    heading: 'Technician',
    value: ({ technician }) => technician,
    cell: ({ technician }) => (technician === '' ? '–' : shown(technician)),
    rank: 2,
  },
  {
    heading: 'Volume',
    value: ({ volume }) => volume,
    cell: ({ volume }) => (volume === '' ? '–' : html`<span class="code">${shown(volume)}</span>`),
    rank: 2,
  },
];

function usbVisits({ usbVisits: visits }: NodeFacts): Markup {
  return html`<section aria-labelledby="visits">
    <h2 id="visits">USB keys that were put into it</h2>
    ${
      visits === null
        ? html`<p class="empty">
            Not known: nodes tell of them with their archives of logs, and this one has not.
          </p>`
        : listTable(visitColumns, visits, {
            caption: 'USB keys that were put into this node',
            empty: 'None, as it has told with its newest archive of logs.',
          })
    }
  </section>`;
}

/** Why it failed, where the window has no room for columns of their own. */
function whyFailed({ state, exitStatus, signal, lastLine }: ResultLine): Markup {
  const exit = exitWords({ exitStatus, signal });
  if (state !== 'failed' || (exit === null && lastLine === '')) return nothing;
  return html`<span class="sub narrow"
    >${exit === null ? '' : `exit ${shown(exit)} `}${shown(lastLine)}</span
  >`;
}

const historyColumns: readonly Column<ResultLine>[] = columnsOf(historyFields, {
  sequence: updateLook,
  state: {
    cell: (line) =>
      html`${sign(line.state)}${line.reason === '' ? nothing : html`<span class="sub">${shown(line.reason)}</span>`}${whyFailed(line)}`,
  },
  exitStatus: { cell: (line) => exitWords(line) ?? '–', isNumber: true, rank: 2 },
  attempts: { isNumber: true, rank: 3 },
  channel: { rank: 3 },
  lastLine: { ...lastLineLook, rank: 2 },
  nodeFinishedAt: {
    cell: ({ nodeFinishedAt }) => (nodeFinishedAt === null ? '–' : byNodesClock(nodeFinishedAt)),
    rank: 3,
  },
  heardAt: {
    cell: ({ heardAt }) =>
      heardAt === null ? '–' : html`<span class="span">${iso(heardAt).slice(0, 10)}</span>`,
    rank: 2,
  },
});

function logs({ guid, incarnations }: NodeFacts, now: number): Markup {
  return html`<section aria-labelledby="logs">
    <h2 id="logs">Its logs</h2>
    <form
      class="filters"
      method="get"
      action="${nodeHref(guid)}/logs"
      role="search"
      aria-label="Logs of this node"
    >
      <label>Lines that hold <input type="search" name="grep" maxlength="200" required /></label>
      <button>Search</button>
    </form>
    ${
      incarnations.length === 0
        ? html`<p class="empty">No archive of its logs has come home yet.</p>`
        : incarnations.map((one) => incarnation(one, now))
    }
  </section>`;
}

const gapWords = {
  late: 'may still be on its way',
  missing: 'expected for long',
  lost: 'the node has dropped it, undelivered',
};

function incarnation(
  { incarnation: name, held, highest, heardAt, gaps }: IncarnationFacts,
  now: number,
): Markup {
  const columns: readonly Column<IncarnationFacts['gaps'][number]>[] = [
    { heading: 'Archives', value: (gap) => ranges([gap]) },
    {
      heading: 'Are',
      value: ({ state }) => state,
      cell: ({ state }) => html`<b>${state}</b>: ${gapWords[state]}`,
    },
    {
      heading: 'Expected since',
      value: ({ sinceAt }) => (sinceAt === null ? null : iso(sinceAt)),
      cell: ({ sinceAt }) => (sinceAt === null ? '–' : moment(sinceAt, now)),
    },
  ];
  return html`<p>
      Incarnation <span class="code">${name}</span>: archives ${held.length === 0 ? 'none' : ranges(held)} of
      1–${highest} are here; heard ${moment(heardAt, now)}.
    </p>
    ${gaps.length === 0 ? nothing : listTable(columns, gaps, { caption: `Gaps of incarnation ${name}`, empty: '' })}`;
}
