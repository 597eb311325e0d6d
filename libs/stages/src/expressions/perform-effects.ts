import { effectKey, type EffectRequest, type EffectResult } from '@gennaker/expression';
import { messageOf } from '@gennaker/kernel';
import type { StagePorts } from '../ports.js';

const MOST_ROUNDS = 20;
const MOST_EFFECTS = 50;

/**
 * Evaluates, performs the effects that the evaluation asks for, and evaluates again with their results, until it asks
 * for no more. An effect that fails gives its expression the error.
 */
export async function withEffects<T extends { needs?: EffectRequest[] | undefined }>(
  ports: StagePorts,
  evaluate: (effects: Record<string, EffectResult>) => T,
  options: { application: string; signal: AbortSignal },
): Promise<{ result: T; effects: Record<string, EffectResult> }> {
  const effects: Record<string, EffectResult> = {};
  for (let round = 0; ; round += 1) {
    const result = evaluate(effects);
    const needs = result.needs ?? [];
    if (needs.length === 0) return { result, effects };
    const exhausted = round >= MOST_ROUNDS || Object.keys(effects).length >= MOST_EFFECTS;
    for (const need of needs) {
      effects[effectKey(need)] = exhausted
        ? { error: `a stage's expressions may ask for at most ${MOST_EFFECTS} things` }
        : await perform(ports, need, options);
    }
  }
}

async function perform(
  ports: StagePorts,
  need: EffectRequest,
  options: { application: string; signal: AbortSignal },
): Promise<EffectResult> {
  try {
    return { value: await ports.expressions.perform(need, options) };
  } catch (error) {
    if (options.signal.aborted) throw error;
    return { error: messageOf(error) };
  }
}
