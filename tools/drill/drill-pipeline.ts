import type { JsonObject } from '@gennaker/kernel';

export type Ending = 'SUCCEEDED' | 'TERMINAL' | 'CANCELED';

/** What an execution of the drill must come to: most succeed, some fail by design, some are cancelled. */
export function endingOf(index: number): Ending {
  if (index % 10 === 3) return 'TERMINAL';
  return index % 10 === 7 ? 'CANCELED' : 'SUCCEEDED';
}

export function namesOf(index: number): { configMap: string; deployment: string } {
  return { configMap: `drill-config-${index}`, deployment: `drill-${index}` };
}

/** Two deploys side by side, a wait, a judgment, and what makes it end as it must. */
export function drillPipeline(index: number): JsonObject {
  const { configMap, deployment } = namesOf(index);
  const labels = { app: deployment };
  const deploy = (refId: string, manifest: JsonObject): JsonObject => ({
    refId,
    requisiteStageRefIds: ['1'],
    type: 'deployManifest',
    name: `Deploy ${refId}`,
    account: 'playground',
    cloudProvider: 'kubernetes',
    source: 'text',
    moniker: { app: 'drill' },
    manifests: [manifest],
  });
  return {
    application: 'drill',
    name: `drill ${endingOf(index)}`,
    stages: [
      { refId: '1', type: 'wait', waitTime: 0.2, requisiteStageRefIds: [] },
      deploy('2', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: configMap,
          namespace: 'default',
          annotations: { 'strategy.spinnaker.io/versioned': 'false' },
        },
        data: { index: String(index) },
      }),
      deploy('3', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: deployment, namespace: 'default' },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] },
          },
        },
      }),
      { refId: '4', type: 'manualJudgment', requisiteStageRefIds: ['2', '3'], name: 'Go on?' },
      {
        refId: '5',
        type: 'wait',
        waitTime: endingOf(index) === 'CANCELED' ? 3_600 : 0.1,
        requisiteStageRefIds: ['4'],
      },
      {
        refId: '6',
        type: 'checkPreconditions',
        requisiteStageRefIds: ['5'],
        preconditions: [
          {
            type: 'stageStatus',
            context: {
              stageName: 'Deploy 2',
              stageStatus: endingOf(index) === 'TERMINAL' ? 'TERMINAL' : 'SUCCEEDED',
            },
          },
        ],
      },
    ],
  };
}
