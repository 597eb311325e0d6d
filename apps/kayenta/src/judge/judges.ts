import { InvalidInputError } from '@gennaker/kernel';
import { gennakerJudge } from './gennaker/gennaker.judge.js';
import type { CanaryJudge } from './judge.js';
import { netflixAcaJudge } from './netflix/netflix-aca.judge.js';

/** Every judge, the default first. */
export const JUDGES: readonly CanaryJudge[] = [netflixAcaJudge, gennakerJudge];

/**
 * The judge of that name; without a name the default.
 *
 * @throws InvalidInputError for a name that no judge has.
 */
export function judgeNamed(name: string | null | undefined): CanaryJudge {
  const judge = name == null || name === '' ? JUDGES[0] : JUDGES.find((j) => j.name === name);
  if (judge === undefined) {
    throw new InvalidInputError('kayenta.unknown_judge', `Unable to resolve canary judge '${name}'.`);
  }
  return judge;
}
