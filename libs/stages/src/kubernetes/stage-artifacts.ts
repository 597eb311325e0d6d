import {
  type Artifact,
  distinctArtifacts,
  type ExpectedArtifact,
  normaliseArtifact,
  normaliseExpectedArtifact,
  resolveExpectedArtifacts,
} from '@gennaker/artifact';
import type { StageContext } from '@gennaker/execution';
import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import type { TaskDefinition } from '../stage-definition.js';

/** The artifacts that stages before this one and the trigger have left, the nearest first. */
export function artifactsOf(context: StageContext): Artifact[] {
  return distinctArtifacts(objectsOf(context.getAll('artifacts')).map(normaliseArtifact));
}

/** What an expected artifact of the pipeline was bound to, or undefined. */
export function boundArtifact(context: StageContext, id: string): Artifact | undefined {
  const expected = objectsOf(context.getAll('resolvedExpectedArtifacts')).map(normaliseExpectedArtifact);
  return expected.find((one) => one.id === id && one.boundArtifact !== undefined)?.boundArtifact;
}

/** The artifacts that a stage must have: by the ids of expected artifacts, or given in place. */
export function requiredArtifacts(context: StageContext, config: JsonObject): Artifact[] {
  const byId = listOf(config['requiredArtifactIds']).map((id) =>
    boundOrFail(context, String(id), 'requiredArtifactIds'),
  );
  const inPlace = objectsOf([config['requiredArtifacts']]).map((required) => {
    if (typeof required['expectedArtifactId'] === 'string') {
      return boundOrFail(context, required['expectedArtifactId'], 'requiredArtifacts');
    }
    return normaliseArtifact(isObject(required['artifact']) ? required['artifact'] : required);
  });
  return distinctArtifacts([...byId, ...inPlace]);
}

function boundOrFail(context: StageContext, id: string, path: string): Artifact {
  const artifact = boundArtifact(context, id);
  if (artifact) return artifact;
  throw new InvalidInputError('stages.artifact_missing', [
    { path, message: `No artifact with id ${id} could be found in the pipeline context` },
  ]);
}

/** Matches what the stage has produced with what its configuration expects of it. None may be missing. */
export function bindProducedArtifacts<Config>(): TaskDefinition<Config> {
  return {
    name: 'bindProducedArtifacts',
    run: ({ stage, context }) => {
      const expected = objectsOf([stage.context['expectedArtifacts']]).map(normaliseExpectedArtifact);
      if (expected.length === 0) return { status: 'SUCCEEDED' };
      const produced = objectsOf([stage.context['artifacts'] ?? stage.outputs['artifacts']]).map(
        normaliseArtifact,
      );
      const received = produced.length > 0 ? produced : artifactsOf(context);
      const { resolvedArtifacts, resolvedExpectedArtifacts } = resolveExpectedArtifacts(expected, received, {
        requireUniqueMatches: false,
      });
      const bound: { artifacts: Artifact[]; resolvedExpectedArtifacts: ExpectedArtifact[] } = {
        artifacts: distinctArtifacts([...produced, ...resolvedArtifacts]),
        resolvedExpectedArtifacts,
      };
      return { status: 'SUCCEEDED', context: { ...bound }, outputs: { ...bound } };
    },
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectsOf(values: readonly unknown[]): JsonObject[] {
  return values.flatMap((value) => listOf(value)).filter(isObject);
}
