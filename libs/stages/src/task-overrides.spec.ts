import { describe, expect, it } from 'vitest';
import { STAGES } from './stages.js';
import { taskOverridesSchema, withTaskOverrides } from './task-overrides.js';

const overridden = (given: object) => withTaskOverrides(STAGES, taskOverridesSchema.parse(given));
const stage = (type: string, given: object) => overridden(given).find((one) => one.type === type)!;

describe('overrides of tasks', () => {
  it('leave every stage as it is when there are none', () => {
    expect(overridden({})).toEqual(STAGES);
  });

  it('skip a task everywhere, or in one type', () => {
    const ran = (type: string, given: object) =>
      stage(type, given)
        .tasks.find(({ name }) => name === 'bindProducedArtifacts')!
        .run(undefined as never);
    expect(ran('webhook', { disabled: ['bindProducedArtifacts'] })).toEqual({ status: 'SKIPPED' });
    expect(ran('pipeline', { disabled: ['pipeline.bindProducedArtifacts'] })).toEqual({ status: 'SKIPPED' });
    const others = stage('webhook', { disabled: ['pipeline.bindProducedArtifacts'] });
    expect(others).toBe(STAGES.find(({ type }) => type === 'webhook'));
  });

  it('replace the list of tasks of a type', () => {
    expect(stage('pipeline', { stages: { pipeline: ['startPipeline'] } }).plan?.(undefined as never)).toEqual(
      ['startPipeline'],
    );
  });

  it.each([
    [{ disabled: ['fly'] }, /no task "fly"/],
    [{ stages: { fly: ['x'] } }, /no stage type "fly"/],
    [{ stages: { wait: ['fly'] } }, /has no task "fly"/],
  ])('are refused when they name what does not exist: case %#', (given, message) => {
    expect(() => overridden(given)).toThrow(message);
  });
});
