/**
 * What stands in a file that comes to the office's desk: a request, or a draft, which is a request and the enrolment that some keys of
 * the office have signed already. Pure.
 *
 *   ferryman-request …⏎
 *   ferryman-enrolment …⏎        only in a draft
 *
 * A draft is for offices where several keys must sign and are not in one place: it travels from one to the next.
 */
import { FerrymanError } from '../errors.ts';
import { parseEnrolmentLine } from '../parcel/enrolment.ts';
import type { EnrolmentRequest } from '../parcel/enrolment-request.ts';
import { pack } from '../parcel/public-key.ts';
import { verifyRequest } from '../verify/enrolment-request.ts';

export interface Application {
  readonly request: EnrolmentRequest;
  /** The line, with its line feed. */
  readonly requestLine: string;
  /** The line of a draft, without a line feed; its signatures are not checked here. */
  readonly enrolment: string | undefined;
}

/** @throws FerrymanError `enrolment.*`, `key.weak`: the request was not made by who has the key, or the draft is of another node */
export function readApplication(text: string): Application {
  const [first = '', second, ...rest] = text.split('\n');
  const requestLine = `${first}\n`;
  const request = verifyRequest(requestLine);
  if (second === undefined || second === '') return { request, requestLine, enrolment: undefined };
  if (rest.join('') !== '')
    throw new FerrymanError(
      'enrolment.malformed',
      'expected a request, or a request and an enrolment; found more lines',
    );
  const { enrolment } = parseEnrolmentLine(second);
  if (enrolment.node !== request.node || !pack(enrolment.identity).equals(pack(request.identity)))
    throw new FerrymanError(
      'enrolment.other-node',
      `expected an enrolment of ${request.node} with the key of the request, found one of ${enrolment.node}`,
    );
  return { request, requestLine, enrolment: second };
}

export function formatDraft(requestLine: string, enrolment: string): string {
  return `${requestLine}${enrolment}\n`;
}
