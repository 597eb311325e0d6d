import { JUDGE_NAMES, scoreThresholdsSchema, toCanaryJson } from '@gennaker/canary';
import * as routes from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import { InvalidInputError } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import type { JudgeAsk } from '../judge-service.js';
import { KayentaService } from '../kayenta.service.js';

type In<R> = routes.RouteInput<R>;

/** The judges, and judging at once. */
@Controller()
export class JudgesController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.listCanaryJudges)
  list() {
    return JUDGE_NAMES;
  }

  @Serves(routes.judgePairs)
  async judge(@Input() input: In<typeof routes.judgePairs>) {
    this.kayenta.accounts.requireKnown(input.query);
    return toCanaryJson(await this.kayenta.judging.judge(askOf(input)));
  }

  @Serves(routes.compareJudges)
  async compare(@Input() input: In<typeof routes.compareJudges>) {
    this.kayenta.accounts.requireKnown(input.query);
    const { overrideCanaryJudge1, overrideCanaryJudge2 } = input.query;
    return toCanaryJson(
      await this.kayenta.judging.compare(askOf(input), overrideCanaryJudge1, overrideCanaryJudge2),
    );
  }

  @Serves(routes.getJudgesComparison)
  getComparison(@Input() { params }: In<typeof routes.getJudgesComparison>) {
    return this.kayenta.documents.get('judgesComparison', params.id);
  }
}

function askOf({ query, body }: In<typeof routes.judgePairs>): JudgeAsk {
  const thresholds = scoreThresholdsSchema.safeParse({
    pass: query.passThreshold,
    marginal: query.marginalThreshold,
  });
  if (!thresholds.success) {
    throw new InvalidInputError(
      'kayenta.no_thresholds',
      'passThreshold and marginalThreshold are required numbers.',
    );
  }
  const { canaryConfigId, metricSetPairListId } = query;
  return { canaryConfigId, metricSetPairListId, ...body, thresholds: thresholds.data };
}
