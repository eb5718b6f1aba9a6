/** Meetings as a picture over time: a strip for each neighbour, and what it says in words beside it. */
import { html } from 'hono/html';
import type { NodeFacts } from '../../fleet/facts/node.ts';
import type { RoadLine } from '../../fleet/facts/roads.ts';
import { bytesInWords } from '../../command-line/bytes.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { iso } from '../parts/moment.ts';
import { nodeLink } from './node-columns.ts';
import { oftenness } from './roads.ts';

const dayMs = 86_400_000;
const maxDays = 365;
const minDays = 30;
const maxStrips = 12;

interface Span {
  readonly fromDay: number;
  readonly days: number;
}

export function contactPicture(
  { guid, contacts: roads, meetings, heardTimes }: NodeFacts,
  now: number,
): Markup {
  const contacts = othersOf(guid, roads);
  if (contacts.length === 0 && heardTimes.length === 0)
    return html`<p class="empty">
      No meeting has been told of. The node tells of its meetings with its archives of logs.
    </p>`;
  const span = spanOf([...meetings.map(({ nodeAt }) => nodeAt), ...heardTimes], now);
  const first = iso(span.fromDay * dayMs).slice(0, 10);
  const last = iso((span.fromDay + span.days - 1) * dayMs).slice(0, 10);
  const daysOf = (peer: string): number[] =>
    meetings.filter((meeting) => meeting.peer.guid === peer).map(({ nodeAt }) => nodeAt);
  return html`<div class="scroll" role="region" aria-label="Meetings over time" tabindex="0">
      <table>
        <caption class="unseen">
          Meetings over time
        </caption>
        <thead>
          <tr>
            <th scope="col">Met</th>
            <th scope="col" class="num">Times</th>
            <th scope="col">How often</th>
            <th scope="col" class="rank2">Bytes in and out</th>
            <th scope="col" class="time">${first} to ${last}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">The office heard it</th>
            <td class="num">${heardTimes.length}</td>
            <td>the newest ${heardTimes.length}</td>
            <td class="rank2"></td>
            <td>${strip(heardTimes, span, 'heard')}</td>
          </tr>
          ${contacts.slice(0, maxStrips).map((road) => peerRow(road, strip(daysOf(road.peer.guid), span, 'met')))}
        </tbody>
      </table>
    </div>
    ${contacts.length > maxStrips ? html`<p>and ${contacts.length - maxStrips} more whom it met less often</p>` : nothing}`;
}

/** Whom a node met, once each, whoever of the two told of it; with the bytes as this node counts them. */
function othersOf(guid: string, roads: readonly RoadLine[]): readonly RoadLine[] {
  const others = new Map<string, RoadLine>();
  for (const road of roads) {
    const isOwn = road.node.guid === guid;
    const { bytesIn, bytesOut } = road;
    const turned = { ...road, peer: road.node, peerRole: '', bytesIn: bytesOut, bytesOut: bytesIn };
    const other = isOwn ? road : turned;
    if (!others.has(other.peer.guid)) others.set(other.peer.guid, other);
  }
  return [...others.values()];
}

function peerRow(
  { peer, peerRole, contacts, everyDays, bytesIn, bytesOut }: RoadLine,
  picture: Markup,
): Markup {
  return html`<tr>
    <th scope="row">${nodeLink(peer)}<span class="sub">${shown(peerRole)}</span></th>
    <td class="num">${contacts}</td>
    <td>${oftenness(everyDays)}</td>
    <td class="rank2">${bytesInWords(bytesIn)}, ${bytesInWords(bytesOut)}</td>
    <td>${picture}</td>
  </tr>`;
}

/** From the first of these times to now, but no longer than a year; what a wrong clock put elsewhere is left out. */
function spanOf(times: readonly number[], now: number): Span {
  const today = Math.floor(now / dayMs);
  const known = times
    .map((at) => Math.floor(at / dayMs))
    .filter((day) => day <= today && day > today - maxDays);
  const fromDay = Math.min(today - minDays + 1, ...known);
  return { fromDay, days: today - fromDay + 1 };
}

/** A mark for each day. The picture repeats what stands beside it, so that nobody needs to see it. */
function strip(times: readonly number[], { fromDay, days }: Span, kind: 'met' | 'heard'): Markup {
  const marked = [...new Set(times.map((at) => Math.floor(at / dayMs) - fromDay))].filter(
    (day) => day >= 0 && day < days,
  );
  return html`<svg
    class="strip"
    width="300"
    height="20"
    viewBox="0 0 ${days} 10"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <rect class="ground" width="${days}" height="10" />
    ${marked.map((day) => html`<rect class="${kind}" x="${day}" width="${Math.max(1, days / 200)}" height="10" />`)}
  </svg>`;
}
