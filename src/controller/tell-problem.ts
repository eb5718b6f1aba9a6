/** A node must not give up on a full disk or on a problem that a person can mend: it says so and goes on. */
import { FerrymanError, isSystemError } from '../errors.ts';
import type { Context } from './context.ts';

/** Milliseconds before work that a problem stopped is tried again: its own traces may be news, and wake it at once. */
export const afterProblemMs = 5000;

/** Tells what stopped the work for now; a defect is thrown on. */
export function tellProblem(tell: Context['tell'], error: unknown): void {
  if (error instanceof FerrymanError)
    tell({
      level: 'error',
      subject: 'controller',
      text: `${error.message} [${error.code}]\n  hint: ${error.hint}`,
    });
  else if (isSystemError(error)) tell({ level: 'error', subject: 'controller', text: error.message });
  else throw error;
}
