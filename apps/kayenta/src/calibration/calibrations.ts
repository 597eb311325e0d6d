import { setImmediate as pause } from 'node:timers/promises';
import type { CalibrationRequest, CanaryExecutionRequest } from '@gennaker/canary';
import type { CanaryConfigStore } from '@gennaker/canary-store';
import { type Clock, InvalidInputError } from '@gennaker/kernel';
import type { Accounts } from '../accounts/accounts.js';
import { measure } from '../analysis/measure.js';
import { judgeNamed } from '../judge/judges.js';
import { againstEarlier, calibrate, type Calibration, windowsOf } from './calibrate.js';

const MINUTE = 60_000;

/** Runs configs on the past of a baseline, to say how far their verdicts can be trusted. */
export class Calibrations {
  constructor(
    private readonly accounts: Accounts,
    private readonly configs: CanaryConfigStore,
    private readonly clock: Clock,
  ) {}

  async run(
    configId: string,
    request: CalibrationRequest,
    metricsAccountName: string | undefined,
    signal: AbortSignal,
  ): Promise<Calibration> {
    const { config } = await this.configs.get(configId);
    const judge = judgeNamed(config.judge?.name);
    const steps = new Set(Object.values(request.scopes).map(({ controlScope }) => controlScope.step ?? 60));
    const [step = 60] = steps;
    const points = Math.floor((request.windowMins * 60) / step);
    if (steps.size > 1 || points < 2) {
      throw new InvalidInputError('kayenta.invalid_calibration', [
        { path: 'scopes', message: 'must all have the same step, of at most half a window' },
      ]);
    }
    const paired = Object.values(request.scopes).every(({ experimentScope }) => experimentScope != null);
    const account = this.accounts.metricStore(metricsAccountName, config.metrics?.[0]?.query?.type);
    const asked = this.requestFor(request, paired ? request.windows : request.windows + 1);
    const measured = await measure(config, asked, { store: account.store, signal, take: (pairs) => pairs });
    const pairs = measured.flat();
    const windows = paired
      ? windowsOf(pairs, points, request.windows)
      : againstEarlier(pairs, points, request.windows);
    const breathe = async () => {
      signal.throwIfAborted();
      await pause();
    };
    return calibrate({ canaryConfig: config, scoreThresholds: request.thresholds, judge, windows, breathe });
  }

  /** One query a metric and side over the whole past; it is cut afterwards. */
  private requestFor(
    { scopes, windowMins, end, thresholds }: CalibrationRequest,
    windows: number,
  ): CanaryExecutionRequest {
    const until = end == null ? Math.floor(this.clock.now() / MINUTE) * MINUTE : Date.parse(end);
    const range = {
      start: new Date(until - windows * windowMins * MINUTE).toISOString(),
      end: new Date(until).toISOString(),
    };
    return {
      thresholds,
      scopes: Object.fromEntries(
        Object.entries(scopes).map(([name, { controlScope, experimentScope }]) => [
          name,
          {
            controlScope: { ...controlScope, ...range },
            experimentScope: { ...(experimentScope ?? controlScope), ...range },
          },
        ]),
      ),
    };
  }
}
