import type { JudgeResult } from '@gennaker/canary';
import { metricConfigOf } from '../netflix/netflix-aca.judge.js';
import { defineJudge, type JudgeContext } from '../judge.js';
import { mergeHistory } from './align.js';
import { type Examined, examine } from './examine.js';
import { gennakerScore, groupsOf, normalisedWeights } from './gennaker-score.js';
import { type JudgeConfiguration, judgeConfiguration } from './judge-configuration.js';
import { lookAt, SINGLE_LOOK } from './sequential.js';
import { verdicts } from './verdict.js';

/**
 * The judge that is right more often: see docs/canary.md for what it does differently, from which sources, and with what
 * measured effect.
 */
export const gennakerJudge = defineJudge({
  name: 'GennakerJudge-v1',
  visible: true,
  open(context) {
    const { canaryConfig, history } = context;
    const configuration = judgeConfiguration(canaryConfig);
    return {
      examine(measured) {
        const pair = history === undefined ? measured : mergeHistory(measured, history.earlier);
        return examine(metricConfigOf(canaryConfig, pair.name), pair, configuration);
      },
      conclude: (examined: Examined[]) => conclude(examined, context, configuration),
    };
  },
});

function conclude(
  examined: Examined[],
  { canaryConfig, scoreThresholds, history }: JudgeContext,
  configuration: JudgeConfiguration,
): JudgeResult {
  const groups = [...new Set(examined.flatMap((e) => groupsOf(e.metric.groups ?? [])))];
  const groupWeights = canaryConfig.classifier?.groupWeights ?? {};
  const weights = normalisedWeights(groups, groupWeights);
  const members = (group: string) =>
    examined.filter((e) => groupsOf(e.metric.groups ?? []).includes(group)).length;
  const perMetric = new Map(groups.map((g) => [g, (weights.get(g) ?? 0) / members(g)]));
  const weightOf = (of: string[]) => groupsOf(of).reduce((sum, g) => sum + (perMetric.get(g) ?? 0), 0);

  const sequential = configuration.sequential && history !== undefined;
  const look = sequential
    ? lookAt(history.judgement, history.plannedJudgements, configuration.level)
    : SINGLE_LOOK;
  const found = verdicts(examined, weightOf, configuration.level, look);
  return {
    judgeName: gennakerJudge.name,
    results: found.map((v) => v.result),
    ...gennakerScore({
      verdicts: found,
      groupWeights,
      thresholds: scoreThresholds,
      inconclusive: configuration.inconclusive,
      moreFollow: history !== undefined && history.judgement < history.plannedJudgements,
    }),
  };
}
