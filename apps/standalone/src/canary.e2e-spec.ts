import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canaryConfigSchema } from '@gennaker/canary';
import { CanaryConfigStore } from '@gennaker/canary-store';
import { isComplete, stagesOf, submitExecution, type ExecutionState } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { createTestDatabase, findPrometheus, startPrometheus } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from './stack.js';

const ACCOUNT = 'playground';
const MINUTE = 60_000;
const PREFIX = 'playground.gennaker.io/';
const programs = await findPrometheus();
if ('missing' in programs)
  process.stderr.write(`The canary on a real Prometheus is skipped: ${programs.missing}\n`);

/** A deployment whose pods answer with this latency and these errors, also for the two hours before they were there. */
function deployment(name: string, latency: number, errors: number, image = 'web:1'): JsonObject {
  const annotations = {
    [`${PREFIX}metrics-history`]: '2h',
    [`${PREFIX}metric.latency_ms`]: `mean=${latency} sd=8`,
    [`${PREFIX}metric.errors_per_second`]: `mean=${errors} sd=${errors / 5}`,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web', track: name } },
      template: {
        metadata: { labels: { app: 'web', track: name }, annotations },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  };
}

const metric = (name: string, query: string, canary: object = {}) => ({
  name,
  query: { type: 'prometheus', customInlineTemplate: `PromQL:${query}` },
  groups: [name],
  analysisConfigurations: { canary: { direction: 'increase', ...canary } },
  scopeName: 'default',
});

describe('a canary in a pipeline', () => {
  let stack: Stack;
  let dataDir: string;
  let drop: () => Promise<void>;

  async function start(environment: Record<string, string> = {}): Promise<void> {
    const database = await createTestDatabase();
    drop = () => database.drop();
    dataDir = await mkdtemp(join(tmpdir(), 'gennaker-canary-'));
    stack = await startStack({
      databaseUrl: database.url,
      redisUrl: process.env['REDIS_URL'],
      dataDir,
      environment: { GATE_PORT: '0', QUEUE_PREFIX: `test-${randomUUID()}`, ...environment },
      playgroundPort: 0,
      print: () => undefined,
    });
  }

  async function stop(): Promise<void> {
    await stack.close();
    await drop();
    await rm(dataDir, { recursive: true });
  }

  beforeAll(() => start());
  afterAll(stop);

  /** The config of that judge, which is there already when another test has run before. */
  async function configure(judge: string, selector: string): Promise<string> {
    const { pool } = stack.platform.database;
    const store = new CanaryConfigStore(pool, stack.platform.clock);
    const name = `web-${judge.slice(0, 7)}`;
    const [known] = (await store.list(['web'])).filter((config) => config.name === name);
    if (known !== undefined) return known.id;
    const metrics = [
      metric('latency', `avg(latency_ms{${selector}})`),
      metric('errors', `avg(errors_per_second{${selector}})`, { critical: true }),
    ];
    const config = {
      name,
      applications: ['web'],
      judge: { name: judge },
      metrics,
      classifier: { groupWeights: {} },
    };
    return store.create(canaryConfigSchema.parse(config), { author: 'test' });
  }

  function pipeline(canaryConfigId: string, canary: JsonObject, changes: JsonObject = {}): JsonObject {
    const end = Math.floor(Date.now() / MINUTE) * MINUTE;
    const times = {
      startTimeIso: new Date(end - 60 * MINUTE).toISOString(),
      endTimeIso: new Date(end).toISOString(),
    };
    const side = (manifest: JsonObject) => ({
      cloudProvider: 'kubernetes',
      account: ACCOUNT,
      manifests: [manifest],
    });
    return {
      application: 'web',
      name: 'release',
      stages: [
        {
          refId: '1',
          type: 'kayentaCanary',
          name: 'Canary',
          canaryConfig: {
            canaryConfigId,
            scopes: [{ scopeName: 'default', step: 60, ...times }],
            scoreThresholds: { pass: '95', marginal: '75' },
            canaryAnalysisIntervalMins: '15',
            ...changes,
          },
          deployments: {
            baseline: { cloudProvider: 'kubernetes', account: ACCOUNT, application: 'web' },
            serverGroupPairs: [
              { control: side(deployment('web-baseline', 100, 0.5)), experiment: side(canary) },
            ],
            delayBeforeCleanup: 'PT0S',
          },
        },
        {
          refId: '2',
          requisiteStageRefIds: ['1'],
          type: 'deployManifest',
          name: 'Promote',
          account: ACCOUNT,
          cloudProvider: 'kubernetes',
          source: 'text',
          manifests: [deployment('web', 100, 0.5, 'web:2')],
        },
      ],
    };
  }

  async function run(definition: JsonObject): Promise<ExecutionState> {
    const { platform } = stack;
    const event = submitExecution(definition, {
      type: 'PIPELINE',
      now: Date.now(),
      ids: platform.ids,
      authentication: { user: 'ann', allowedAccounts: [] },
      origin: 'api',
    });
    const { id } = await platform.executions.submit(event, { actor: 'ann' });
    return new Promise((resolve, reject) => {
      const look = async () => {
        const state = await platform.executions.load(id);
        if (isComplete(state.status)) {
          unsubscribe();
          resolve(state);
        }
      };
      const unsubscribe = platform.live.subscribe(({ stream }) => {
        if (stream === `execution-${id}`) look().catch(reject);
      });
      look().catch(reject);
    });
  }

  const named = (state: ExecutionState, name: string) => stagesOf(state).find((stage) => stage.name === name);
  const judgements = (state: ExecutionState) =>
    stagesOf(state).filter(({ type, status }) => type === 'runCanary' && status !== 'NOT_STARTED');
  const deployments = async () => {
    const { rows } = await stack.platform.database.pool.query<{ name: string }>(
      `select name from clouddriver.resource where kind ilike 'deployment' and namespace = 'default' and name like 'web%'`,
    );
    return rows.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1));
  };
  const selector = 'pod=~"${scope}-.*"';

  it.each(['NetflixACAJudge-v1.0', 'GennakerJudge-v1'])(
    'is promoted when it is good, and both sides of the comparison are taken away (%s)',
    async (judge) => {
      const state = await run(
        pipeline(
          await configure(judge, selector),
          deployment(`web-good-${judge.slice(0, 1).toLowerCase()}`, 100, 0.5),
        ),
      );
      expect(
        state.status,
        JSON.stringify(
          stagesOf(state).map(({ name, status, context }) => [name, status, context['exception']]),
        ),
      ).toBe('SUCCEEDED');
      expect(named(state, 'Canary')?.outputs).toMatchObject({
        canaryScores: [100, 100, 100, 100],
        canaryScoreMessage: 'Final canary score 100.0 met or exceeded the pass score threshold.',
      });
      expect(named(state, 'Promote')?.status).toBe('SUCCEEDED');
      await expect.poll(deployments, { timeout: 10_000 }).toEqual(['web']);
    },
  );

  it.each(['NetflixACAJudge-v1.0', 'GennakerJudge-v1'])(
    'is stopped early when it is bad, and taken away (%s)',
    async (judge) => {
      const id = await configure(judge, selector);
      const state = await run(pipeline(id, deployment(`web-bad-${judge.slice(0, 1).toLowerCase()}`, 130, 3)));
      expect(state.status).toBe('TERMINAL');
      expect(judgements(state).length).toBeLessThan(4);
      expect(judgements(state).at(-1)?.outputs).toMatchObject({
        canaryScore: 0,
        // The run stops at the first sure evidence; one of the metrics may need some more minutes than that.
        judgeResult: {
          score: { classification: 'Fail' },
          results: [{ name: 'latency' }, { name: 'errors' }],
        },
      });
      expect(named(state, 'Promote')?.status).toBe('NOT_STARTED');
      await expect.poll(deployments, { timeout: 10_000 }).toEqual(['web']);
    },
  );

  it.skipIf('missing' in programs)('is judged the same way by the metrics of a real Prometheus', async () => {
    if ('missing' in programs) return;
    const end = Math.floor(Date.now() / MINUTE) * MINUTE;
    const lines = ['# TYPE latency_ms gauge'];
    for (const [pod, level] of [
      ['web-baseline-1', 100],
      ['web-canary-1', 130],
    ] as const) {
      for (let i = 0; i <= 61; i++) {
        const value = level + ((i * 7_919 + level) % 17) - 8;
        lines.push(`latency_ms{pod="${pod}"} ${value} ${(end - (61 - i) * MINUTE) / 1_000}`);
      }
    }
    lines.push('# TYPE errors_per_second gauge');
    for (const [pod, level] of [
      ['web-baseline-1', 0.5],
      ['web-canary-1', 3],
    ] as const) {
      for (let i = 0; i <= 61; i++) {
        lines.push(
          `errors_per_second{pod="${pod}"} ${level + ((i * 31) % 7) / 20} ${(end - (61 - i) * MINUTE) / 1_000}`,
        );
      }
    }
    const prometheus = await startPrometheus(programs, { past: [...lines, '# EOF', ''].join('\n') });
    await stop();
    await start({ KAYENTA_PROMETHEUS_URL: prometheus.url });
    try {
      const id = await configure('GennakerJudge-v1', selector);
      const state = await run(
        pipeline(id, deployment('web-canary', 100, 0.5), { metricsAccountName: 'prometheus' }),
      );
      expect(state.status).toBe('TERMINAL');
      expect(judgements(state).at(-1)?.outputs).toMatchObject({ canaryScore: 0 });
    } finally {
      await prometheus.stop();
    }
  });
});
