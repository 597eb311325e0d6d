import { artifactSchema } from '@gennaker/artifact';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import type { OperationDefinition } from '../operations/operation-definition.js';
import type { Artifacts } from './artifacts.js';

/** Stages get the content of an artifact through this: the cloud driver alone holds the credentials. */
export function fetchArtifactOperation(artifacts: Artifacts): OperationDefinition {
  return {
    cloudProvider: 'artifacts',
    kind: 'fetchArtifact',
    check: async (description) => {
      artifactOf(description);
    },
    run: async (description, context) => {
      const artifact = artifactOf(description);
      const bytes = await artifacts.fetch(artifact, context.waitSignal);
      context.log('FETCH_ARTIFACT', `${bytes.length} bytes of ${artifact.type ?? 'an artifact'}`);
      return { text: bytes.toString('utf8') };
    },
  };
}

function artifactOf({ artifact }: JsonObject) {
  const parsed = artifactSchema.safeParse(artifact);
  if (parsed.success && parsed.data.type) return parsed.data;
  throw new InvalidInputError('artifact.invalid', [{ path: 'artifact.type', message: 'is missing' }]);
}
