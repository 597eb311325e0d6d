import { randomUUID } from 'node:crypto';
import { type ExecutionState, isComplete, stagesOf } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { createPlatform, type Platform } from '@gennaker/platform';
import { catalogMigrations } from '@gennaker/catalog';
import { createTestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orcaConfigSchema } from './orca.config.js';
import { OrcaService } from './orca.service.js';
import { submit, untilExecution } from './testing/executions.js';

/** A front door and a worker as processes of their own: neither sees what the other remembers. */
let door: Platform;
let platform: Platform;
let orca: OrcaService;
let drop: () => Promise<void>;
const authentication = { user: 'ann', allowedAccounts: [] };

beforeAll(async () => {
  const database = await createTestDatabase();
  drop = () => database.drop();
  const config = {
    service: 'test',
    databaseUrl: database.url,
    redis: { url: process.env['REDIS_URL']!, tls: false },
    queuePrefix: `test-${randomUUID()}`,
  };
  door = await createPlatform(config, [catalogMigrations]);
  platform = await createPlatform(config, [catalogMigrations]);
  // Were something left to the end of a claim, the tests would be over before.
  orca = new OrcaService(platform, orcaConfigSchema.parse({ leaseMs: 60_000, relayIntervalMs: 50 }));
  orca.start();
});

afterAll(async () => {
  await orca.stop();
  await platform.close();
  await door.close();
  await drop();
});

const start = (stages: JsonObject[]) => submit(door, { stages });
const until = (id: string, wanted: (state: ExecutionState) => boolean) => untilExecution(door, id, wanted);

describe('what another process has opened', () => {
  it('is found by a worker that remembers an older state: the clean-up after a cancel', async () => {
    const id = await start([
      { refId: '1', type: 'lock', lockName: 'l' },
      { refId: '2', type: 'manualJudgment', requisiteStageRefIds: ['1'] },
    ]);
    await until(id, (state) => stagesOf(state)[1]?.status === 'RUNNING');
    const waiting = await start([{ refId: '1', type: 'lock', lockName: 'l' }]);
    await until(waiting, (state) => stagesOf(state)[0]?.context['lock'] !== undefined);
    await door.executionCommands.cancel(waiting, { authentication }, 'enough');
    await expect
      .poll(async () => (await door.items.openOf(`execution-${waiting}`)).length, { timeout: 20_000 })
      .toBe(0);
    await door.executionCommands.cancel(id, { authentication }, 'enough');
    await until(id, (state) => isComplete(state.status));
  });

  it('is found by a worker that remembers an older state: the task of a restarted stage', async () => {
    const id = await start([{ refId: '1', type: 'noop' }]);
    const done = await until(id, (state) => isComplete(state.status));
    await door.executionCommands.restartStage(id, stagesOf(done)[0]!.id, { authentication });
    await until(id, (state) => isComplete(state.status) && stagesOf(state)[0]?.attempt === 2);
  });
});
