import type { StageDraft, StageState } from '@gennaker/execution';
import { isObject, type JsonObject } from '@gennaker/kernel';
import { deployedManifests } from '../deployCanaryServerGroups/deploy-canary-server-groups.stage.js';

/** An object that a canary stage has deployed. */
export interface DeployedObject {
  account: string;
  location: string;
  /** Kind and name, as stages on one object take it: `deployment web-canary`. */
  manifestName: string;
  /** Whether it runs pods that can be scaled away at once. */
  scalable: boolean;
}

const SCALABLE = new Set(['Deployment', 'ReplicaSet', 'StatefulSet']);
const TOLERATED = { failPipeline: false, continuePipeline: true };

/** Everything that the deploy stages among these have made. */
export function deployedIn(stages: StageState[]): DeployedObject[] {
  return stages
    .filter(({ type, context }) => type === 'deployManifest' && context['canarySide'] !== undefined)
    .flatMap((deploy) => deployedManifests(deploy).map((manifest) => describe(deploy, manifest)));
}

function describe(deploy: StageState, manifest: JsonObject): DeployedObject {
  const metadata = isObject(manifest['metadata']) ? manifest['metadata'] : {};
  const kind = String(manifest['kind']);
  return {
    account: String(deploy.context['account']),
    location: String(metadata['namespace'] ?? ''),
    manifestName: `${kind.charAt(0).toLowerCase()}${kind.slice(1)} ${String(metadata['name'])}`,
    scalable: SCALABLE.has(kind),
  };
}

/**
 * Takes both sides away: their pods at once, so that all traffic is back with those that were there before, and after the
 * delay the objects. What fails is left behind and stops nothing.
 */
export function cleanupDrafts(objects: DeployedObject[], delaySeconds: number): StageDraft[] {
  const drafts: StageDraft[] = [];
  const contextOf = ({ account, location, manifestName }: DeployedObject): JsonObject => ({
    account,
    cloudProvider: 'kubernetes',
    location,
    manifestName,
    mode: 'static',
    ...TOLERATED,
  });
  let requires: number[] | undefined;
  if (delaySeconds > 0) {
    for (const object of objects.filter(({ scalable }) => scalable)) {
      drafts.push({
        type: 'scaleManifest',
        name: `Disable ${object.manifestName}`,
        context: { ...contextOf(object), replicas: 0 },
      });
    }
    const disabled = drafts.map((_, i) => i);
    requires = [
      drafts.push({
        type: 'wait',
        name: 'Wait before cleanup',
        context: { waitTime: delaySeconds },
        ...(disabled.length > 0 && { requires: disabled }),
      }) - 1,
    ];
  }
  for (const object of objects) {
    drafts.push({
      type: 'deleteManifest',
      name: `Delete ${object.manifestName}`,
      context: { ...contextOf(object), options: { cascading: true } },
      ...(requires !== undefined && { requires }),
    });
  }
  return drafts;
}
