import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError } from '@gennaker/kernel';
import { parseAllDocuments } from 'yaml';
import { treeIn } from '../expressions/execution-expressions.js';
import { withEffects } from '../expressions/perform-effects.js';
import type { TaskDefinition, TaskInput, TaskResult } from '../stage-definition.js';
import { artifactText } from './artifact-text.js';

/** A manifest that an artifact holds may be so big. */
const CONTENT_LIMIT_BYTES = 10 * 1024 * 1024;

export interface SourceTask<Config> {
  name: string;
  /** Prefix of the fields that name the artifact. */
  prefix: 'manifest' | 'patchBody';
  /** What the stage's own fields hold, when its source is no artifact. */
  inPlace(input: TaskInput<Config>): unknown[];
  run(input: TaskInput<Config>, source: unknown[]): TaskResult;
}

/**
 * The task that finds what a stage is about. An artifact is fetched by the cloud driver, which has the credentials; the
 * expressions in it are evaluated, unless the stage says `skipExpressionEvaluation`.
 */
export function sourceTask<Config>({
  name,
  prefix,
  inPlace,
  run,
}: SourceTask<Config>): TaskDefinition<Config> {
  const fromArtifact = artifactText<Config>({
    name,
    prefix,
    run: async (input, text, artifact) => run(input, await manifestsIn(text, artifact, input)),
  });
  return {
    ...fromArtifact,
    run: (input) =>
      input.stage.context['source'] === 'artifact' ? fromArtifact.run(input) : run(input, inPlace(input)),
  };
}

/** Every document of a YAML or JSON text, lists opened by the cloud driver later. */
export function parseManifests(text: string, source: string): unknown[] {
  const documents = parseAllDocuments(text);
  const found: unknown[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error)
      throw new InvalidInputError('stages.invalid_yaml', `${source} is not valid YAML: ${error.message}`);
    const value: unknown = document.toJS({ maxAliasCount: 1_000 });
    if (Array.isArray(value)) found.push(...(value as unknown[]));
    else if (value !== null && value !== undefined) found.push(value);
  }
  return found;
}

/** The manifests that a stage has in its own fields. */
export function ownManifests({ stage }: Pick<TaskInput, 'stage'>): unknown[] {
  const { manifests, manifest } = stage.context;
  const given =
    Array.isArray(manifests) && manifests.length > 0
      ? (manifests as unknown[])
      : manifest == null
        ? []
        : [manifest];
  return given.flat().flatMap((one) => (typeof one === 'string' ? parseManifests(one, 'manifests') : [one]));
}

async function manifestsIn(
  text: string,
  { name, reference }: Artifact,
  input: TaskInput,
): Promise<unknown[]> {
  const source = `artifact ${name ?? reference ?? ''}`.slice(0, 200);
  if (Buffer.byteLength(text) > CONTENT_LIMIT_BYTES) {
    throw new InvalidInputError(
      'stages.artifact_too_big',
      `${source} holds more than ${CONTENT_LIMIT_BYTES} bytes`,
    );
  }
  const manifests = parseManifests(text, source);
  if (isTrue(input.stage.context['skipExpressionEvaluation']) || !text.includes('${')) return manifests;
  const { execution, stage, now, ports, signal } = input;
  const { allowInternalHosts } = ports.expressions;
  const { result } = await withEffects(
    ports,
    (effects) => treeIn(execution, stage.id, manifests, { now, effects, allowInternalHosts }),
    { application: execution.application, signal },
  );
  const [problem] = result.errors;
  if (problem === undefined) return JSON.parse(JSON.stringify(result.value)) as unknown[];
  throw new InvalidInputError(
    'stages.expression_failed',
    result.errors.map(({ path, expression, message }) => ({
      path: `${source}: ${path}`,
      message: `Failed to evaluate "${expression}": ${message}`,
    })),
  );
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
