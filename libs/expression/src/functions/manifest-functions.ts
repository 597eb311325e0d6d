import type { StageAccess } from '../evaluate/execution-access.js';
import { ExpressionError } from '../expression-error.js';
import { isPlainObject, type PlainObject, type Value } from '../values/value.js';
import { resultObjects } from './deployed-server-groups.js';

const LABELLED_KINDS = ['Deployment', 'ReplicaSet'];

function failed(message: string): ExpressionError {
  return new ExpressionError('expression.function_failed', message);
}

/** A label of the pod template in the manifests that a succeeded deployManifest stage has deployed. */
export function manifestLabelValue(
  stages: StageAccess[],
  wanted: { stageName: string; kind: string; labelKey: string },
): Value {
  const { stageName, kind, labelKey } = wanted;
  if (!LABELLED_KINDS.includes(kind)) throw failed(`the kind must be Deployment or ReplicaSet, not ${kind}`);
  const stage = stages.find(
    (candidate) =>
      candidate.name === stageName && candidate.type === 'deployManifest' && candidate.status === 'SUCCEEDED',
  );
  if (!stage) throw failed(`there is no succeeded deployManifest stage \`${stageName}\``);
  const manifest = manifestsOf(stage).find((candidate) => candidate['kind'] === kind);
  if (!manifest) throw failed(`the stage \`${stageName}\` has deployed no ${kind}`);
  const labels = at(manifest, ['spec', 'template', 'metadata', 'labels']);
  const value = labels && Object.hasOwn(labels, labelKey) ? labels[labelKey] : undefined;
  if (value === undefined || value === null) {
    throw failed(`the ${kind} of the stage \`${stageName}\` has no label ${labelKey}`);
  }
  return value;
}

function manifestsOf(stage: StageAccess): PlainObject[] {
  const manifests = stage.outputs['manifests'] ?? stage.context['manifests'];
  return Array.isArray(manifests) ? manifests.filter(isPlainObject) : [];
}

function at(object: PlainObject, path: readonly string[]): PlainObject | undefined {
  let current: Value | undefined = object;
  for (const key of path) {
    if (current === undefined || !isPlainObject(current)) return undefined;
    current = Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return current !== undefined && isPlainObject(current) ? current : undefined;
}

/** The service key among the results of a succeeded createServiceKey stage, or an empty map. */
export function cfServiceKey(stages: StageAccess[], stageName: string): PlainObject {
  const keys = stages
    .filter(
      (stage) =>
        stage.name === stageName && stage.type === 'createServiceKey' && stage.status === 'SUCCEEDED',
    )
    .flatMap((stage) => resultObjects(stage.context))
    .map((result) => result['serviceKey'])
    .filter((key) => key !== undefined)
    .filter(isPlainObject);
  return keys[0] ?? {};
}
