/**
 * Counts a vitest run the way a person would: what fails outside any test counts as well.
 *
 * `failed` is the number of failed tests, of tests that were to run and never finished, of groups whose hook threw, of
 * files that failed with nothing in them to blame (they do not load, or hold no test), and of errors that vitest could
 * lay at no test's door. Skipped are the tests marked `skip` or `todo`, those that a failed hook or a filter kept from
 * running, and those left over when the run was broken off on purpose (`--bail`).
 */

/** `{ passed, failed, skipped }` of vitest's test modules; `reason` is how vitest says that the run ended. */
export function tally(testModules, unhandledErrors, reason) {
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of testModules) {
    const failedBefore = counts.failed;
    for (const test of module.children.allTests()) counts[outcome(test, reason)] += 1;
    counts.failed += [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
    if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed += 1;
  }
  return counts;
}

/** Tests that failed and then passed: each one is a defect, of the product or of the test. */
export function unsteady(testModules) {
  return testModules.flatMap((module) =>
    [...module.children.allTests()]
      .filter((test) => test.diagnostic()?.flaky)
      .map((test) => `${module.relativeModuleId}: ${test.fullName}`),
  );
}

function outcome(test, reason) {
  const { state } = test.result();
  if (state !== 'pending') return state;
  return reason === 'interrupted' ? 'skipped' : 'failed';
}

/** The last line of a run, and the only one that a machine reads. */
export function lastLine({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
