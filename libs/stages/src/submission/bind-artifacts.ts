import {
  type Artifact,
  distinctArtifacts,
  type ExpectedArtifact,
  matchesExpected,
  normaliseArtifact,
  normaliseExpectedArtifact,
  resolveExpectedArtifacts,
} from '@gennaker/artifact';
import { type FieldProblem, InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';

/** Gives the artifacts of the newest execution of a pipeline. Asked only when an expectation allows them. */
export type PriorArtifacts = (pipelineConfigId: string) => Promise<JsonObject[]>;

/**
 * Binds what a pipeline expects to what its trigger brings, else to what its last run had, else to the default. The
 * expectations that the trigger names must be met, and those with a prior or default artifact; others are bound when
 * something fits.
 * @returns the trigger with `artifacts` and `resolvedExpectedArtifacts`
 * @throws InvalidInputError naming every expectation that nothing fits, or too much
 */
export async function bindArtifacts(
  pipeline: JsonObject,
  priorArtifacts: PriorArtifacts,
): Promise<JsonObject> {
  const trigger = isObject(pipeline['trigger']) ? pipeline['trigger'] : {};
  const expected = objects(pipeline['expectedArtifacts']).map(normaliseExpectedArtifact);
  if (expected.length === 0) return trigger;
  const received = distinctArtifacts(
    [...objects(pipeline['receivedArtifacts']), ...objects(trigger['artifacts'])].map(normaliseArtifact),
  );
  const named = new Set(Array.isArray(trigger['expectedArtifactIds']) ? trigger['expectedArtifactIds'] : []);
  const mustBeMet = (one: ExpectedArtifact) =>
    named.has(one.id) || one.useDefaultArtifact || one.usePriorArtifact;
  const prior = await priorOf(pipeline, expected, priorArtifacts);
  const problems: FieldProblem[] = [];
  const resolved = expected.flatMap((one, index) => {
    if (!mustBeMet(one) && !received.some((artifact) => matchesExpected(one, artifact))) return [];
    try {
      return resolveExpectedArtifacts([one], received, { priorArtifacts: () => prior })
        .resolvedExpectedArtifacts;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      problems.push({ path: `expectedArtifacts[${index}]`, message: error.message });
      return [];
    }
  });
  if (problems.length > 0) throw new InvalidInputError('artifact.unmatched', problems);
  const bound = resolved.map(({ boundArtifact }) => boundArtifact).filter((one) => one !== undefined);
  return {
    ...trigger,
    artifacts: distinctArtifacts([...received, ...bound]),
    resolvedExpectedArtifacts: resolved,
  };
}

async function priorOf(
  { id }: JsonObject,
  expected: ExpectedArtifact[],
  priorArtifacts: PriorArtifacts,
): Promise<Artifact[]> {
  if (typeof id !== 'string' || !expected.some(({ usePriorArtifact }) => usePriorArtifact)) return [];
  return distinctArtifacts((await priorArtifacts(id)).map(normaliseArtifact));
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
