import type { JsonObject } from '@gennaker/kernel';

export type Ending = 'SUCCEEDED' | 'TERMINAL' | 'CANCELED';
export type Kind = 'deploy' | 'child' | 'lock' | 'window' | 'webhook';

/** Which kind each of twenty executions is. */
const KINDS = 'DCDDLHDDWHDLDCHLWCHD';
const NAMES: Record<string, Kind> = { D: 'deploy', C: 'child', L: 'lock', W: 'window', H: 'webhook' };

export function kindOf(index: number): Kind {
  return NAMES[KINDS[index % KINDS.length]!]!;
}

/** What an execution of the drill must come to: most succeed, some fail by design, some are cancelled. */
export function endingOf(index: number): Ending {
  if (index % 10 === 3) return 'TERMINAL';
  return index % 10 === 7 ? 'CANCELED' : 'SUCCEEDED';
}

export function namesOf(index: number): { configMap: string; deployment: string } {
  return { configMap: `drill-config-${index}`, deployment: `drill-${index}` };
}

/** What the pipelines of a drill meet. */
export interface DrillWorld {
  /** A server that counts the requests it gets. */
  webhookUrl: string;
  /** When the execution windows open, in milliseconds since the Unix epoch; at a full minute. */
  windowOpens: number;
}

export const APPLICATION = 'drill';
/** The pipelines that others start: one that ends soon, one that has to be cancelled. */
export const CHILD = 'child';
export const LONG_CHILD = 'long child';

export function childPipelines({ webhookUrl }: DrillWorld): JsonObject[] {
  const child = (name: string, waitTime: number): JsonObject => ({
    application: APPLICATION,
    name,
    stages: [
      { refId: '1', requisiteStageRefIds: [], type: 'wait', name: 'Wait', waitTime },
      { refId: '2', requisiteStageRefIds: ['1'], type: 'webhook', name: 'Tell', url: `${webhookUrl}/child` },
    ],
  });
  return [child(CHILD, 0.3), child(LONG_CHILD, 3_600)];
}

/** Starts with a short wait, does what its kind is for, and ends as it must. */
export function drillPipeline(index: number, world: DrillWorld): JsonObject {
  const kind = kindOf(index);
  const stages = STAGES[kind](index, world);
  return {
    application: APPLICATION,
    name: `${kind} ${endingOf(index)}`,
    stages: [
      { refId: '1', type: 'wait', waitTime: 0.2, requisiteStageRefIds: [] },
      ...stages,
      ...ending(
        index,
        stages.map(({ refId }) => String(refId)),
      ),
    ],
  };
}

const STAGES: Record<Kind, (index: number, world: DrillWorld) => JsonObject[]> = {
  deploy: deployStages,
  child: (index) => [
    {
      refId: '2',
      requisiteStageRefIds: ['1'],
      type: 'pipeline',
      name: 'Child',
      application: APPLICATION,
      pipeline: endingOf(index) === 'CANCELED' ? LONG_CHILD : CHILD,
      waitForCompletion: true,
    },
  ],
  lock: () => [
    { refId: '2', requisiteStageRefIds: ['1'], type: 'lock', name: 'Lock', lockName: 'drill' },
    { refId: '3', requisiteStageRefIds: ['2'], type: 'wait', name: 'Hold', waitTime: 0.1 },
  ],
  window: (_index, { windowOpens }) => [
    {
      refId: '2',
      requisiteStageRefIds: ['1'],
      type: 'wait',
      name: 'In the window',
      waitTime: 0.1,
      restrictExecutionDuringTimeWindow: true,
      restrictedExecutionWindow: { timezone: 'UTC', whitelist: [windowFrom(windowOpens)] },
    },
  ],
  webhook: (index, { webhookUrl }) => [
    {
      refId: '2',
      requisiteStageRefIds: ['1'],
      type: 'webhook',
      name: 'Tell',
      url: `${webhookUrl}/execution`,
      method: 'POST',
      payload: { index },
    },
    { refId: '3', requisiteStageRefIds: ['2'], type: 'manualJudgment', name: 'Go on?' },
  ],
};

/** Open from a time on, for almost a day; shut for long enough before it that nothing is in time for the day before. */
function windowFrom(opens: number): JsonObject {
  const start = new Date(opens);
  const end = new Date(opens - 10 * 60_000);
  return {
    startHour: start.getUTCHours(),
    startMin: start.getUTCMinutes(),
    endHour: end.getUTCHours(),
    endMin: end.getUTCMinutes(),
  };
}

/** Two deploys side by side, and a judgment. */
function deployStages(index: number): JsonObject[] {
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
    moniker: { app: APPLICATION },
    manifests: [manifest],
  });
  return [
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
  ];
}

/** What makes an execution end as it must. */
function ending(index: number, after: string[]): JsonObject[] {
  const wanted = endingOf(index);
  return [
    {
      refId: '8',
      type: 'wait',
      waitTime: wanted === 'CANCELED' ? 3_600 : 0.1,
      requisiteStageRefIds: after,
    },
    {
      refId: '9',
      type: 'checkPreconditions',
      requisiteStageRefIds: ['8'],
      preconditions: [
        {
          type: 'stageStatus',
          context: { stageName: 'wait', stageStatus: wanted === 'TERMINAL' ? 'TERMINAL' : 'SUCCEEDED' },
        },
      ],
    },
  ];
}

/** Whether an execution that is to be cancelled has come to where that is worth something. */
export function isToBeCancelled(index: number, runningRefIds: string[]): boolean {
  if (endingOf(index) !== 'CANCELED') return false;
  return runningRefIds.includes(kindOf(index) === 'child' ? '2' : '8');
}
