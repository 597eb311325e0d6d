import type { Clock } from '@gennaker/kernel';
import type { Exchange } from '../api/request.js';
import type { MetricHistory } from './metric-history.js';
export class PrometheusApi {
  constructor(
    readonly history: MetricHistory,
    readonly clock: Clock,
    readonly seed: string,
  ) {}
  async handle(_exchange: Exchange): Promise<boolean> {
    return false;
  }
}
