import type { EffectResult } from '@gennaker/expression';

/** What expressions have asked of the world, by the key of what they asked. */
export type Effects = Readonly<Record<string, EffectResult>>;
