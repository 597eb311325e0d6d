import { ConflictError } from '@gennaker/kernel';
import {
  ANNOTATIONS,
  isKind,
  type Manifest,
  metadataOf,
  nameOf,
  objectAt,
  specOf,
  templateOf,
} from '@gennaker/manifest';
import { type z } from 'zod';
import { type KubernetesOperation, type KubernetesRun } from './kubernetes-operation.js';
import {
  changeObject,
  objectResult,
  readTarget,
  requireAbility,
  type Target,
  targetDescription,
  targetOf,
  targetRef,
  unsupported,
} from './target-object.js';

type Description = z.output<typeof targetDescription>;

function pausing(kind: string, paused: boolean): KubernetesOperation<Description> {
  const what = paused ? 'pause rollout' : 'resume rollout';
  return {
    kind,
    schema: targetDescription,
    targets: (description) => [targetOf(description)],
    check: (description) => {
      requireAbility(description, 'pauseRollout', what);
      // Stateful and daemon sets have nothing to pause by.
      if (!isKind({ kind: description.manifestName.split(' ')[0] ?? '' }, 'deployment'))
        throw unsupported(description, what);
    },
    run: async (target, run) => {
      const after = await changeObject(run, { id: kind, target }, async () => {
        const before = await readTarget(target, run);
        if ((specOf(before)['paused'] === true) === paused)
          return { outcome: 'unchanged', before, after: before };
        const patch = { spec: { paused: paused ? true : null } };
        return { outcome: 'patched', before, after: await patchTarget(target, patch, run) };
      });
      return objectResult(after);
    },
  };
}

export const pauseRolloutManifest = pausing('pauseRolloutManifest', true);
export const resumeRolloutManifest = pausing('resumeRolloutManifest', false);

/** Replaces every pod, as `kubectl rollout restart` does. The time is that of the request, so a repetition changes nothing. */
export const rollingRestartManifest: KubernetesOperation<Description> = {
  kind: 'rollingRestartManifest',
  schema: targetDescription,
  targets: (description) => [targetOf(description)],
  check: (description) => requireAbility(description, 'rollingRestart', 'rolling restart'),
  run: async (target, run) => {
    const restartedAt = new Date(run.context.requestedAt).toISOString().replace(/\.\d+Z$/, 'Z');
    const after = await changeObject(run, { id: 'restart', target }, async () => {
      const before = await readTarget(target, run);
      if (specOf(before)['paused'] === true) {
        throw new ConflictError(
          'kubernetes.paused',
          `can't restart paused ${target.manifestName}: resume it first`,
        );
      }
      if (restartedAtOf(before) === restartedAt) return { outcome: 'unchanged', before, after: before };
      const patch = {
        spec: { template: { metadata: { annotations: { [ANNOTATIONS.restartedAt]: restartedAt } } } },
      };
      return { outcome: 'patched', before, after: await patchTarget(target, patch, run) };
    });
    run.context.log('ROLLING_RESTART_KUBERNETES_MANIFEST', `Restarted ${nameOf(after)}`);
    return objectResult(after);
  },
};

function restartedAtOf(manifest: Manifest): unknown {
  const metadata = metadataOf(templateOf(manifest) ?? {});
  return objectAt(metadata, 'annotations')?.[ANNOTATIONS.restartedAt];
}

function patchTarget(target: Target, patch: unknown, { client, context }: KubernetesRun): Promise<Manifest> {
  return client.patch(targetRef(target), patch, {
    type: 'strategic',
    fieldManager: 'kubectl-rollout',
    signal: context.signal,
  });
}
