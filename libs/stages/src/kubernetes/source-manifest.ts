import { type Artifact, normaliseArtifact } from '@gennaker/artifact';
import { InvalidInputError, isObject } from '@gennaker/kernel';
import { parseAllDocuments } from 'yaml';
import type { TaskInput } from '../stage-definition.js';
import { boundArtifact } from './stage-artifacts.js';

/** A manifest that an artifact holds may be so big. */
const CONTENT_LIMIT_BYTES = 10 * 1024 * 1024;

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

/** The artifact that a stage takes its manifests from: given in place, or by the id of an expected artifact. */
export function sourceArtifact({ stage, context }: TaskInput, prefix: 'manifest' | 'patchBody'): Artifact {
  const inPlace = stage.context[`${prefix}Artifact`];
  if (isObject(inPlace)) return normaliseArtifact(inPlace);
  const id = stage.context[`${prefix}ArtifactId`];
  const bound = typeof id === 'string' ? boundArtifact(context, id) : undefined;
  if (bound) return bound;
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

/** The text that an artifact holds: in itself, or behind a plain web address. */
export async function artifactText(
  artifact: Artifact,
  { ports, signal }: Pick<TaskInput, 'ports' | 'signal'>,
): Promise<string> {
  const reference = artifact.reference ?? '';
  if (artifact.type === 'embedded/base64') return Buffer.from(reference, 'base64').toString('utf8');
  if (artifact.type === 'http/file') {
    const response = await ports.http.request({ method: 'GET', url: reference, signal });
    if (response.status >= 400) {
      throw new InvalidInputError(
        'stages.artifact_not_fetched',
        `${reference} answered with status ${response.status}`,
      );
    }
    if (response.body.length > CONTENT_LIMIT_BYTES) {
      throw new InvalidInputError(
        'stages.artifact_too_big',
        `${reference} holds more than ${CONTENT_LIMIT_BYTES} bytes`,
      );
    }
    return response.body;
  }
  throw new InvalidInputError(
    'stages.artifact_type',
    `artifacts of type ${artifact.type ?? 'unknown'} cannot be fetched here; use embedded/base64 or http/file`,
  );
}

/** The manifests of a deploy stage, wherever they come from. */
export async function sourceManifests(input: TaskInput): Promise<unknown[]> {
  const { context } = input.stage;
  if (context['source'] === 'artifact') {
    const artifact = sourceArtifact(input, 'manifest');
    return parseManifests(
      await artifactText(artifact, input),
      `artifact ${artifact.name ?? artifact.reference ?? ''}`,
    );
  }
  const { manifests, manifest } = context;
  const given =
    Array.isArray(manifests) && manifests.length > 0
      ? (manifests as unknown[])
      : manifest == null
        ? []
        : [manifest];
  return given.flat().flatMap((one) => (typeof one === 'string' ? parseManifests(one, 'manifests') : [one]));
}
