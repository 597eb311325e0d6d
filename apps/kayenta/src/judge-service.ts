import {
  type CanaryConfig,
  type JudgeResult,
  metricSetPairSchema,
  type MetricSetPair,
  type ScoreThresholds,
} from '@gennaker/canary';
import type { CanaryConfigStore, DocumentStore } from '@gennaker/canary-store';
import { InvalidInputError } from '@gennaker/kernel';
import { judgeNamed } from './judge/judges.js';

/** Measurements to judge: stored ones by their ids, or given as they are. */
export interface JudgeAsk {
  canaryConfigId?: string;
  metricSetPairListId?: string;
  canaryConfig?: CanaryConfig | null;
  metricSetPairList?: MetricSetPair[] | null;
  thresholds: ScoreThresholds;
}

export interface Comparison {
  comparisonResult: { judge1Result?: JudgeResult; judge2Result?: JudgeResult };
  exceptions?: string[];
}

/** Judges at once, without asking a metric store. */
export class JudgeService {
  constructor(
    private readonly configs: CanaryConfigStore,
    private readonly documents: DocumentStore,
  ) {}

  async judge(ask: JudgeAsk, judgeName?: string): Promise<JudgeResult> {
    const canaryConfig = await this.configOf(ask);
    const metricSetPairList = await this.pairsOf(ask);
    return judgeNamed(judgeName ?? canaryConfig.judge?.name).judge({
      canaryConfig,
      metricSetPairList,
      scoreThresholds: ask.thresholds,
    });
  }

  /** Lets two judges look at the same data; what one cannot judge is an exception in words. Gives the id too. */
  async compare(ask: JudgeAsk, judge1?: string, judge2?: string): Promise<Comparison & { id: string }> {
    const canaryConfig = await this.configOf(ask);
    const metricSetPairList = await this.pairsOf(ask);
    const exceptions: string[] = [];
    const run = (name: string | undefined): JudgeResult | undefined => {
      try {
        const judge = judgeNamed(name ?? canaryConfig.judge?.name);
        return judge.judge({ canaryConfig, metricSetPairList, scoreThresholds: ask.thresholds });
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        exceptions.push(error.message);
        return undefined;
      }
    };
    const comparison: Comparison = {
      comparisonResult: { judge1Result: run(judge1), judge2Result: run(judge2) },
      ...(exceptions.length === 0 ? {} : { exceptions }),
    };
    const id = await this.documents.put('judgesComparison', comparison);
    return { id, ...comparison };
  }

  private async configOf({ canaryConfig, canaryConfigId }: JudgeAsk): Promise<CanaryConfig> {
    if (canaryConfig != null) return canaryConfig;
    if (canaryConfigId !== undefined) return (await this.configs.get(canaryConfigId)).config;
    throw new InvalidInputError(
      'kayenta.no_config',
      'canaryConfigId, or canaryConfig in the body, is required.',
    );
  }

  private async pairsOf({ metricSetPairList, metricSetPairListId }: JudgeAsk): Promise<MetricSetPair[]> {
    if (metricSetPairList != null) return metricSetPairList;
    if (metricSetPairListId === undefined) {
      throw new InvalidInputError(
        'kayenta.no_pairs',
        'metricSetPairListId, or metricSetPairList in the body, is required.',
      );
    }
    return metricSetPairSchema
      .array()
      .parse(await this.documents.get('metricSetPairList', metricSetPairListId));
  }
}
