import type { JsonObject } from '@gennaker/kernel';
import { accountOf, stageFields } from '../kubernetes/operation-task.js';
import { ownManifests, sourceTask } from '../kubernetes/source-manifest.js';
import { artifactsOf, requiredArtifacts } from '../kubernetes/stage-artifacts.js';
import type { TaskInput } from '../stage-definition.js';
import type { DeployManifestConfig } from './deploy-manifest.schema.js';

/** Finds the manifests and the artifacts that go into them. */
export const resolveDeploySourceManifest = sourceTask<DeployManifestConfig>({
  name: 'resolveDeploySourceManifest',
  prefix: 'manifest',
  inPlace: ownManifests,
  run: ({ context, stage }, manifests) => {
    const resolved = {
      manifests,
      requiredArtifacts: requiredArtifacts(context, stage.context),
      optionalArtifacts: artifactsOf(context),
    };
    return { status: 'SUCCEEDED', context: resolved, outputs: resolved };
  },
});

/** What the cloud driver is asked to deploy. */
export function deployDescription({ stage, config, execution }: TaskInput<DeployManifestConfig>): JsonObject {
  return {
    moniker: { app: execution.application },
    ...stageFields(stage.context),
    account: accountOf(stage.context),
    source: 'text',
    ...trafficFields(config),
  };
}

/** Without traffic management, objects get traffic as their manifests say; with it, only what its options name. */
function trafficFields({ trafficManagement }: DeployManifestConfig): JsonObject {
  if (trafficManagement?.enabled !== true) return { enableTraffic: true, services: [], strategy: null };
  const { services = [], enableTraffic, strategy } = trafficManagement.options ?? {};
  return { services, enableTraffic: enableTraffic ?? false, strategy: strategy ?? null };
}

/** The strategy that is to follow the deploy, or undefined. */
export function strategyOf({ trafficManagement }: DeployManifestConfig): string | undefined {
  if (trafficManagement?.enabled !== true) return undefined;
  const strategy = (trafficManagement.options?.strategy ?? '').toLowerCase().replaceAll(/[_-]/g, '');
  return strategy === '' || strategy === 'none' ? undefined : strategy;
}
