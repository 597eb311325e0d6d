/**
 * The totals of vitest's JSON report. A file that could not even be loaded counts as one failure.
 * @returns {{passed: number, failed: number, skipped: number}}
 */
export function countTests({ testResults }) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    for (const test of assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') totals[test.status] += 1;
      else totals.skipped += 1;
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) totals.failed += 1;
  }
  return totals;
}
