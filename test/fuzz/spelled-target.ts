/** Targets of documents that have one spelling: what is accepted is written back the same, and says what plain JSON says. */
import type { ErrorCode } from '../../src/errors.ts';
import { holds, readOrRefuse, type Target } from './target.ts';

interface Spelled<Document extends object> extends Omit<Target, 'run'> {
  readonly read: (input: Buffer) => Document;
  /** The bytes that the document stands in. */
  readonly write: (document: Document) => Buffer | string;
  readonly codes: readonly ErrorCode[];
  /** Where the JSON stands in the input. */
  readonly json?: (input: Buffer) => string;
  /** What must hold besides. @param plain what JSON.parse makes of it */
  readonly check?: (document: Document, plain: Readonly<Record<string, unknown>>) => void;
}

export function spelledTarget<Document extends object>(spelled: Spelled<Document>): Target {
  const { read, write, codes, check, json, ...target } = spelled;
  return {
    ...target,
    run(input) {
      const document = readOrRefuse(() => read(input), codes);
      if (typeof document === 'string') return document;
      holds(Buffer.from(write(document)).equals(input), 'a document has one spelling');
      const plain = JSON.parse((json ?? String)(input)) as Record<string, unknown>;
      check?.(document, plain);
      return 'accepted';
    },
  };
}
