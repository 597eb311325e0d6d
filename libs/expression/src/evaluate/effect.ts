import { canonicalJson } from '@gennaker/kernel';

/** Something that an expression asked for and that only the world outside can answer. */
export interface EffectRequest {
  function: EffectName;
  args: unknown[];
}

/**
 * The effects that a caller performs. Functions build on them: `#jsonFromUrl` and `#yamlFromUrl` parse what
 * `fromUrl` gave.
 * - `fromUrl [url] → text`: GET under the address, size and time rules of webhooks
 * - `pipelineId [name, application] → id, or null when there is none`
 * - `applicationMetadata [application] → the application's attributes, or null`
 * - `canaryConfigNameToId [name, application] → id, or null`
 * - `fetchReference [ref://… link] → base64 text of the stored artifact`
 */
export type EffectName =
  'fromUrl' | 'pipelineId' | 'applicationMetadata' | 'canaryConfigNameToId' | 'fetchReference';

/** What came of an effect; recorded with the evaluation, so that repeating the evaluation calls nothing. */
export type EffectResult = { value: unknown } | { error: string };

/** Under which an effect's result is filed. */
export function effectKey(request: EffectRequest): string {
  return canonicalJson([request.function, request.args]);
}

/** Stops an evaluation that cannot go on without the answer to `request`. Never leaves this library. */
export class EffectNeeded extends Error {
  constructor(readonly request: EffectRequest) {
    super(`needs ${request.function}`);
  }
}
