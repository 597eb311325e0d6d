import type { JsonObject } from '@gennaker/kernel';

/** The account that stands for the playground cluster. */
export const EXAMPLE_ACCOUNT = 'playground';
export const EXAMPLE_APPLICATION = 'demo';
export const EXAMPLE_PIPELINE = 'Deploy demo';

export const exampleApplication: JsonObject = {
  name: EXAMPLE_APPLICATION,
  email: 'demo@example.com',
  description: 'A web service that is deployed to the playground cluster',
  cloudProviders: 'kubernetes',
};

function manifests(namespace: string, replicas: number): JsonObject[] {
  const labels = { app: 'demo' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'demo-config', namespace },
      data: { GREETING: `Hello from ${namespace}` },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'demo', namespace, labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'web',
                image: 'registry.example.com/demo:1.0.0',
                ports: [{ containerPort: 8080 }],
                envFrom: [{ configMapRef: { name: 'demo-config' } }],
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'demo', namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}

function deploy(refId: string, namespace: string, replicas: number, requisites: string[]): JsonObject {
  return {
    refId,
    requisiteStageRefIds: requisites,
    type: 'deployManifest',
    name: `Deploy to ${namespace}`,
    account: EXAMPLE_ACCOUNT,
    cloudProvider: 'kubernetes',
    source: 'text',
    moniker: { app: EXAMPLE_APPLICATION },
    manifests: manifests(namespace, replicas),
  };
}

/** Deploys to staging, asks a person, deploys to production. */
export const examplePipeline: JsonObject = {
  application: EXAMPLE_APPLICATION,
  name: EXAMPLE_PIPELINE,
  stages: [
    deploy('1', 'staging', 1, []),
    {
      refId: '2',
      requisiteStageRefIds: ['1'],
      type: 'manualJudgment',
      name: 'Promote to production?',
      instructions: 'Staging runs the new version. Shall it go to production?',
      judgmentInputs: [],
    },
    deploy('3', 'production', 3, ['2']),
  ],
};
