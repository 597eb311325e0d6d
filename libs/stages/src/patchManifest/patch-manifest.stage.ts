import { isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import {
  accountOf,
  cancelOperations,
  monitorTask,
  operationTask,
  stageFields,
} from '../kubernetes/operation-task.js';
import { promoteOutputs } from '../kubernetes/promote-outputs.js';
import { resolveTargetManifest, targetStageSchema } from '../kubernetes/resolve-target-manifest.js';
import { parseManifests, sourceTask } from '../kubernetes/source-manifest.js';
import { artifactsOf, bindProducedArtifacts, requiredArtifacts } from '../kubernetes/stage-artifacts.js';
import { waitForManifestToStabilize } from '../kubernetes/wait-for-manifest-to-stabilize.js';
import { defineStage, type TaskInput } from '../stage-definition.js';

const schema = targetStageSchema.extend({
  source: z.enum(['text', 'artifact']).nullish(),
  options: z
    .looseObject({
      mergeStrategy: z.enum(['strategic', 'json', 'merge'], 'must be strategic, json or merge').nullish(),
    })
    .nullish(),
});

type Config = z.infer<typeof schema>;

export const patchManifestStage = defineStage<Config>({
  type: 'patchManifest',
  label: 'Patch (Manifest)',
  description: 'Patches a Kubernetes object and waits until it is stable.',
  schema,
  tasks: [
    resolveTargetManifest(),
    resolvePatchSource(),
    operationTask({ name: 'patchManifest', kind: 'patchManifest', describe: patchDescription }),
    monitorTask('monitorPatch'),
    promoteOutputs(),
    waitForManifestToStabilize(),
    bindProducedArtifacts(),
  ],
  cleanUp: cancelOperations,
});

/** Finds the patch and the artifacts that may go into it. */
function resolvePatchSource() {
  return sourceTask<Config>({
    name: 'resolvePatchSourceManifest',
    prefix: 'patchBody',
    inPlace: ({ stage }) => fromText(stage.context['patchBody']),
    run: ({ stage, context, config }, body) => {
      const isList = config.options?.mergeStrategy === 'json';
      const required = requiredArtifacts(context, stage.context);
      const resolved = {
        patchBody: isList ? body : (body[0] ?? {}),
        requiredArtifacts: required,
        allArtifacts: [...required, ...artifactsOf(context)],
      };
      return { status: 'SUCCEEDED', context: resolved };
    },
  });
}

function fromText(body: unknown): unknown[] {
  if (typeof body === 'string') return parseManifests(body, 'patchBody');
  if (Array.isArray(body)) return body as unknown[];
  return isObject(body) ? [body] : [];
}

function patchDescription({ stage }: TaskInput<Config>): JsonObject {
  const options = isObject(stage.context['options']) ? stage.context['options'] : {};
  return {
    ...stageFields(stage.context),
    account: accountOf(stage.context),
    source: 'text',
    options: { mergeStrategy: 'strategic', record: true, ...options },
  };
}
