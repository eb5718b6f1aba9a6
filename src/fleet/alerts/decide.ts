/** Which incidents begin, last and end. Pure. */
import type { Finding, Incident } from './incident.ts';

export interface IncidentChanges {
  readonly opened: readonly Finding[];
  /** Those of which there is more to say, or less; nobody is told. */
  readonly changed: readonly { readonly incident: Incident; readonly finding: Finding }[];
  readonly closed: readonly Incident[];
}

/** An incident is known by its kind and subject. @param open those that last */
export function decideIncidents(findings: readonly Finding[], open: readonly Incident[]): IncidentChanges {
  const found = new Map<string, Finding>();
  for (const finding of findings) if (!found.has(nameOf(finding))) found.set(nameOf(finding), finding);
  const lasting = new Map(open.map((incident) => [nameOf(incident), incident]));
  return {
    opened: [...found.values()].filter((finding) => !finding.isCovered && !lasting.has(nameOf(finding))),
    changed: open.flatMap((incident) => {
      const finding = found.get(nameOf(incident));
      const isNews = finding && (finding.text !== incident.text || finding.count !== incident.count);
      return isNews ? [{ incident, finding }] : [];
    }),
    closed: open.filter((incident) => !found.has(nameOf(incident))),
  };
}

function nameOf({ kind, subject }: Pick<Finding, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}
