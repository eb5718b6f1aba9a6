/** Every page, API call and export of the office, as people and programs ask for them; of lists the ends that cost most. */
import { digestOf, guidOf } from '../../test/fleet/questions/made-fleet.ts';

export interface Route {
  readonly path: string;
  /** `page`: its weight counts, with what it loads. `stream`: its first byte counts, and whether others wait meanwhile. */
  readonly kind: 'page' | 'call' | 'stream';
}

/** @param updates the newest of them is the one that is under way */
export function routes(updates: number): readonly Route[] {
  const [ferry, kiosk] = [guidOf(0), guidOf(34)];
  const old = digestOf(3).slice(0, 16);
  const pages = [
    '/login',
    '/',
    '/?size=200',
    '/?size=200&page=25',
    '/?sort=name&size=200',
    '/?text=place+7',
    '/?state=late&state=silent&group=north&mark=gaps&sort=heard&order=reverse',
    `/?update=${updates}&result=unseen`,
    '/?update=100&size=200&page=20',
    '/needs',
    '/updates',
    '/updates?size=200',
    `/updates/${updates}`,
    `/updates/${old}`,
    `/nodes/${ferry}`,
    `/nodes/${kiosk}`,
    `/nodes/${kiosk}/logs?grep=x`,
    '/roads',
    '/roads?size=200&sort=bytes&page=50',
    `/roads?node=${ferry}&size=200`,
    '/alerts',
    '/users',
  ];
  const calls = [
    '/api/v1/overview',
    '/api/v1/needs',
    '/api/v1/nodes',
    '/api/v1/nodes?text=place+7',
    `/api/v1/nodes?update=${updates}&size=200`,
    `/api/v1/nodes/${ferry}`,
    `/api/v1/nodes/${kiosk}`,
    `/api/v1/nodes/${kiosk}/history`,
    `/api/v1/nodes/${kiosk}/key`,
    `/api/v1/nodes/${kiosk}/logs?grep=x`,
    '/api/v1/updates?size=200',
    `/api/v1/updates/${updates}`,
    '/api/v1/roads?size=200',
    '/api/v1/alerts',
    '/api/v1/needs.csv',
    '/api/v1/alerts.csv',
    '/api/v1/updates.csv',
    `/api/v1/nodes/${kiosk}/history.csv`,
    '/healthz',
  ];
  const streams = [
    '/api/v1/nodes?size=5000',
    '/api/v1/nodes.csv',
    `/api/v1/nodes.csv?update=${updates}`,
    '/api/v1/roads?size=5000',
    '/api/v1/roads.csv',
    '/metrics',
  ];
  return [
    ...pages.map((path) => ({ path, kind: 'page' as const })),
    ...calls.map((path) => ({ path, kind: 'call' as const })),
    ...streams.map((path) => ({ path, kind: 'stream' as const })),
  ];
}
