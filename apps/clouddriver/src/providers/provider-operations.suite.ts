import { type JsonObject } from '@gennaker/kernel';
import { isEnded, type Operation } from '@gennaker/operation';
import { describe, expect, it } from 'vitest';

/** One cloud with workers that can be stopped dead; what a provider brings to be tested. */
export interface ProviderUnderTest {
  /** Asks for an operation; the same id asks once. */
  request(kind: string, description: JsonObject, id?: string): Promise<string>;
  ended(id: string): Promise<Operation>;
  /** A worker that stops dead at its `n`-th write to the cloud, counted from 1; `undefined` lives on. */
  startWorker(dies?: { atWrite: number; when: 'before' | 'after' }): Promise<{ died: Promise<void> }>;
  /** The claims of dead workers end. */
  expireLeases(): Promise<void>;
  /** Takes all workers but the newest off the queue. */
  retireOthers(): void;
}

export interface ProviderScenario {
  name: string;
  kind: string;
  /** A description that works; `round` keeps one run apart from the next. */
  description(round: number): JsonObject;
  /** Writes that the operation needs at most. */
  writes: number;
  /** How often the effect of this round is to be found in the cloud. */
  effects(round: number): Promise<number>;
  /** A description that must be refused, and the field that is at fault. */
  refused: { description: JsonObject; path: string };
}

/** What every provider owes for every operation. */
export function describeProviderOperations(
  provider: () => ProviderUnderTest,
  scenarios: readonly ProviderScenario[],
): void {
  describe.each(scenarios)('$name', ({ kind, description, writes, effects, refused }) => {
    let round = 0;

    it('has its effect once, wherever a worker dies', async () => {
      for (let atWrite = 1; atWrite <= writes; atWrite += 1) {
        for (const when of ['before', 'after'] as const) {
          round += 1;
          const cloud = provider();
          const { died } = await cloud.startWorker({ atWrite, when });
          cloud.retireOthers();
          const id = await cloud.request(kind, description(round));
          await died;
          await cloud.expireLeases();
          await cloud.startWorker();
          const operation = await cloud.ended(id);
          expect(operation.status, JSON.stringify(operation.error)).toBe('SUCCEEDED');
          expect(await effects(round)).toBe(1);
        }
      }
    });

    it('is carried out once, however often it is asked for under one id', async () => {
      round += 1;
      const cloud = provider();
      await cloud.startWorker();
      cloud.retireOthers();
      const id = await cloud.request(kind, description(round));
      await cloud.request(kind, description(round), id);
      const operation = await cloud.ended(id);
      await cloud.request(kind, description(round), id);
      expect((await cloud.ended(id)).version).toBe(operation.version);
      expect(await effects(round)).toBe(1);
    });

    it('is refused with the field that is at fault, before anything is done', async () => {
      const cloud = provider();
      await cloud.startWorker();
      cloud.retireOthers();
      const operation = await cloud.ended(await cloud.request(kind, refused.description));
      expect(isEnded(operation)).toBe(true);
      expect(operation).toMatchObject({ status: 'FAILED', steps: [] });
      expect(operation.error?.problems?.map(({ path }) => path)).toContain(refused.path);
    });
  });
}
