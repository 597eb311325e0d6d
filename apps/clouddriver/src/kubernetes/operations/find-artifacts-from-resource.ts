import { findArtifacts } from '@gennaker/artifact';
import { kindOfManifest, kindProperties, replacersOf } from '@gennaker/manifest';
import { type z } from 'zod';
import { shown } from './shown-manifests.js';
import { type KubernetesOperation } from './kubernetes-operation.js';
import { readTarget, targetDescription } from './target-object.js';

/** Reads one object, and the artifacts that it refers to. */
export const findArtifactsFromResource: KubernetesOperation<z.output<typeof targetDescription>> = {
  kind: 'findArtifactsFromResource',
  schema: targetDescription,
  targets: () => [],
  run: async (target, run) => {
    const manifest = shown(await readTarget(target, run));
    const replacers = replacersOf(
      kindProperties(kindOfManifest(manifest), run.account.definition.customResources),
    );
    return { manifest, artifacts: findArtifacts(manifest, replacers) };
  },
};
