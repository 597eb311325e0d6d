import { childrenOf, type StageDraft, type StageState } from '@gennaker/execution';
import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { canaryDeploymentsSchema, type CanaryServerGroup } from '../kayentaCanary/kayenta-canary.schema.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';

const schema = z.looseObject({ deployments: canaryDeploymentsSchema });
type Config = z.infer<typeof schema>;

const SIDES = ['control', 'experiment'] as const;
type Side = (typeof SIDES)[number];

/** Kinds that run pods, whose name is what metrics are told apart by. */
const WORKLOADS = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Pod']);

export const deployCanaryServerGroupsStage = defineStage<Config>({
  type: 'deployCanaryServerGroups',
  label: 'Deploy canary server groups',
  description: 'Deploys baseline and canary side by side. Part of "Canary analysis".',
  schema,
  tasks: [{ name: 'createDeployedServerGroups', run: createDeployedServerGroups }],
  before: ({ config }) =>
    config.deployments.serverGroupPairs.flatMap((pair, i) =>
      SIDES.map((side) => deployDraft(pair[side], side, i)),
    ),
});

function deployDraft(group: CanaryServerGroup, side: Side, pair: number): StageDraft {
  const path = `deployments.serverGroupPairs[${pair}].${side}`;
  const provider = group.cloudProvider ?? 'kubernetes';
  if (provider !== 'kubernetes') {
    throw new InvalidInputError('stages.unknown_provider', [
      { path: `${path}.cloudProvider`, message: `'${provider}' cannot be deployed to: kubernetes can` },
    ]);
  }
  if (
    group.manifests === undefined &&
    group['manifestArtifactId'] === undefined &&
    group['manifestArtifact'] === undefined
  ) {
    throw new InvalidInputError('stages.no_manifests', [
      {
        path: `${path}.manifests`,
        message: 'is required: the Kubernetes objects to deploy, or an artifact with them',
      },
    ]);
  }
  const { manifests } = group;
  return {
    type: 'deployManifest',
    name: `Deploy ${side} server groups${pair === 0 ? '' : ` #${pair + 1}`}`,
    context: {
      source: manifests === undefined ? 'artifact' : 'text',
      ...group,
      account: group.account ?? group.credentials,
      cloudProvider: provider,
      canaryPair: pair,
      canarySide: side,
    },
  };
}

/** Says under which names and where both sides run now, for the judgements to measure. */
function createDeployedServerGroups({ execution, stage, config }: TaskInput<Config>): TaskResult {
  const deploys = childrenOf(execution, stage.id).filter(({ type }) => type === 'deployManifest');
  const deployedServerGroups = config.deployments.serverGroupPairs.map(
    (_, pair) => Object.assign({}, ...SIDES.map((side) => describeSide(deploys, side, pair))) as JsonObject,
  );
  return { status: 'SUCCEEDED', outputs: { deployedServerGroups }, context: { deployedServerGroups } };
}

function describeSide(deploys: StageState[], side: Side, pair: number): JsonObject {
  const deploy = deploys.find(
    ({ context }) => context['canarySide'] === side && context['canaryPair'] === pair,
  );
  const manifests = deployedManifests(deploy);
  const workload = manifests.find(({ kind }) => WORKLOADS.has(String(kind))) ?? manifests[0];
  const metadata = isObject(workload?.['metadata']) ? workload['metadata'] : {};
  return {
    [`${side}Scope`]: String(metadata['name'] ?? ''),
    [`${side}Location`]: String(metadata['namespace'] ?? 'default'),
    [`${side}AccountId`]: String(deploy?.context['account'] ?? ''),
  };
}

/** The objects that a deploy stage has made, under the names that they got. */
export function deployedManifests(deploy: StageState | undefined): JsonObject[] {
  const manifests = deploy?.context['outputs.manifests'] ?? deploy?.outputs['manifests'];
  return Array.isArray(manifests) ? manifests.filter(isObject) : [];
}
