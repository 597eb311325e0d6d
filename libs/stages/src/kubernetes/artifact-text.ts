import { type Artifact, normaliseArtifact } from '@gennaker/artifact';
import { InvalidInputError, isObject } from '@gennaker/kernel';
import type { TaskDefinition, TaskInput, TaskResult } from '../stage-definition.js';
import { failureOf, lastResults, operationTask } from './operation-task.js';
import { boundArtifact } from './stage-artifacts.js';

export interface ArtifactTask<Config> {
  name: string;
  /** Of the fields that name the artifact: `manifest` stands for `manifestArtifactId`, `manifestArtifact` … */
  prefix: 'manifest' | 'patchBody' | 'pipelines';
  run(input: TaskInput<Config>, text: string, artifact: Artifact): TaskResult | Promise<TaskResult>;
}

/** A task that is about what an artifact holds. The cloud driver fetches it, which has the credentials. */
export function artifactText<Config>({ name, prefix, run }: ArtifactTask<Config>): TaskDefinition<Config> {
  const fetch = operationTask<Config>({
    name,
    kind: 'fetchArtifact',
    describe: (input) => ({ cloudProvider: 'artifacts', artifact: sourceArtifact(input, prefix) }),
  });
  return {
    ...fetch,
    run: async (input) => {
      const artifact = sourceArtifact(input, prefix);
      const held = textOf(artifact);
      if (held !== undefined) return run(input, held, artifact);
      const fetched = await fetch.run(input);
      if (fetched.status !== 'SUCCEEDED') return fetched;
      const { stage } = input;
      const after = { ...input, stage: { ...stage, context: { ...stage.context, ...fetched.context } } };
      const failure = failureOf(after, 'fetchArtifact');
      if (failure !== undefined) return { ...fetched, ...failure };
      const [result] = await lastResults(after);
      const done = await run(after, String(result?.['text'] ?? ''), artifact);
      return { ...done, context: { ...fetched.context, ...done.context } };
    },
  };
}

/** The artifact that a stage is about: given in place, or by the id of an expected artifact. */
function sourceArtifact({ stage, context }: TaskInput, prefix: ArtifactTask<unknown>['prefix']): Artifact {
  const account = stage.context[`${prefix}ArtifactAccount`];
  const withAccount = (artifact: Artifact): Artifact =>
    typeof account === 'string' && account !== '' ? { ...artifact, artifactAccount: account } : artifact;
  const inPlace = stage.context[`${prefix}Artifact`];
  if (isObject(inPlace)) return withAccount(normaliseArtifact(inPlace));
  const id = stage.context[`${prefix}ArtifactId`];
  const bound = typeof id === 'string' ? boundArtifact(context, id) : undefined;
  if (bound) return withAccount(bound);
  throw new InvalidInputError('stages.artifact_missing', [
    {
      path: `${prefix}ArtifactId`,
      message:
        typeof id === 'string'
          ? `No artifact with id ${id} could be found in the pipeline context`
          : `is missing: the source is an artifact, so name one or give ${prefix}Artifact`,
    },
  ]);
}

/** The text of an artifact that holds it itself. */
function textOf({ type, reference = '' }: Artifact): string | undefined {
  if (type !== 'embedded/base64' && type !== 'remote/base64') return undefined;
  return Buffer.from(reference, 'base64').toString('utf8');
}
