import { randomUUID } from 'node:crypto';
import { kayentaMigrations } from '@gennaker/canary-store';
import { Catalog, catalogMigrations } from '@gennaker/catalog';
import {
  type Authentication,
  type ExecutionState,
  isComplete,
  type StageState,
  stagesOf,
} from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { createPlatform, type Platform } from '@gennaker/platform';
import { createTestDatabase } from '@gennaker/testing';
import { orcaConfigSchema } from '../orca.config.js';
import { OrcaService } from '../orca.service.js';
import { submit, untilExecution } from './executions.js';

/** Orchestration on a database of its own, for one test file. */
export interface TestOrca {
  platform: Platform;
  catalog: Catalog;
  /** Submits a pipeline and gives the id of its execution. */
  start(pipeline: JsonObject, authentication?: Authentication): Promise<string>;
  /** Resolves with the execution as soon as the condition holds. */
  until(id: string, condition: (state: ExecutionState) => boolean): Promise<ExecutionState>;
  ended(id: string): Promise<ExecutionState>;
  /** Runs a pipeline of these stages to its end. */
  run(stages: JsonObject[], more?: JsonObject): Promise<ExecutionState>;
  close(): Promise<void>;
}

export async function startTestOrca(config: JsonObject = {}): Promise<TestOrca> {
  const database = await createTestDatabase();
  const platform = await createPlatform(
    {
      service: 'orca-test',
      databaseUrl: database.url,
      redis: { url: process.env['REDIS_URL']!, tls: false },
      queuePrefix: `test-${randomUUID()}`,
    },
    [catalogMigrations, kayentaMigrations],
  );
  const orca = new OrcaService(platform, orcaConfigSchema.parse({ relayIntervalMs: 50, ...config }));
  orca.start();
  const start: TestOrca['start'] = (pipeline, authentication) => submit(platform, pipeline, authentication);
  const until: TestOrca['until'] = (id, condition) => untilExecution(platform, id, condition);
  const ended = (id: string) => until(id, (state) => isComplete(state.status));
  return {
    platform,
    catalog: new Catalog(platform.database.pool, platform.journal.store, platform.clock),
    start,
    until,
    ended,
    run: async (stages, more = {}) => ended(await start({ ...more, stages })),
    close: async () => {
      await orca.stop();
      await platform.close();
      await database.drop();
    },
  };
}

/** The stage with this refId. */
export function stageAt(state: ExecutionState, refId: string): StageState {
  const stage = stagesOf(state).find((one) => one.refId === refId);
  if (stage === undefined) throw new Error(`execution ${state.id} has no stage ${refId}`);
  return stage;
}

/** Why a stage failed, as Spinnaker's clients show it. */
export function errorsOf({ context }: StageState): string[] {
  const exception = context['exception'] as { details?: { errors?: string[] } } | undefined;
  return exception?.details?.errors ?? [];
}
