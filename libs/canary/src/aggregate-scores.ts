/** A double as Java writes it, so that messages equal Kayenta's: 85.0, 60.5. */
function javaDouble(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

export interface RunVerdict {
  passed: boolean;
  message: string;
}

/**
 * What the judgements of a run come to: the last score decides, since every earlier one had to exceed the marginal threshold
 * for the run to go on.
 *
 * @param finalScore of the last judgement; undefined when none succeeded
 */
export function aggregateScores(
  finalScore: number | null | undefined,
  { pass, marginal }: { pass?: number | null; marginal?: number | null },
): RunVerdict {
  if (finalScore == null) {
    return { passed: false, message: 'There were no successful canary judgements to aggregate' };
  }
  const score = `Final canary score ${javaDouble(finalScore)}`;
  if (pass == null && marginal == null)
    return { passed: true, message: 'No score thresholds were specified.' };
  if (marginal != null && finalScore <= marginal) {
    return { passed: false, message: `${score} is not above the marginal score threshold.` };
  }
  if (pass == null) return { passed: true, message: 'No pass score threshold was specified.' };
  return finalScore < pass
    ? { passed: false, message: `${score} is below the pass score threshold.` }
    : { passed: true, message: `${score} met or exceeded the pass score threshold.` };
}
