import type { JsonObject } from '@gennaker/kernel';
import { describeResource } from '../describe-resource.js';
import type { ResourceRow } from '../resource-row.js';

let count = 0;

interface Draft {
  account?: string;
  application?: string | null;
  namespace?: string;
  uid?: string;
  owner?: ResourceRow;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Milliseconds since the epoch. */
  createdAt?: number;
}

/** The row of a made-up object, as the inventory would have written it. */
export function resource(kind: string, name: string, body: JsonObject = {}, draft: Draft = {}): ResourceRow {
  count += 1;
  const { account = 'prod', application = 'shop', namespace = 'web', owner } = draft;
  const annotations = {
    ...(application !== null && { 'moniker.spinnaker.io/application': application }),
    ...draft.annotations,
  };
  const [apiVersion, kindName] = KINDS[kind] ?? ['v1', kind];
  const row = describeResource(
    {
      apiVersion,
      kind: kindName,
      metadata: {
        name,
        namespace,
        uid: draft.uid ?? `uid-${count}`,
        resourceVersion: String(count),
        creationTimestamp: new Date(draft.createdAt ?? 1_700_000_000_000 + count * 1000).toISOString(),
        labels: draft.labels ?? {},
        annotations,
        ...(owner && {
          ownerReferences: [{ kind: owner.kind, name: owner.name, uid: owner.uid, controller: true }],
        }),
      },
      ...body,
    },
    { account, customResources: [], onlySpinnakerManaged: false, now: 1_800_000_000_000 },
  );
  if (row === undefined) throw new Error('the inventory would leave this out');
  return row;
}

const KINDS: Record<string, [string, string]> = {
  deployment: ['apps/v1', 'Deployment'],
  replicaSet: ['apps/v1', 'ReplicaSet'],
  statefulSet: ['apps/v1', 'StatefulSet'],
  ingress: ['networking.k8s.io/v1', 'Ingress'],
  networkPolicy: ['networking.k8s.io/v1', 'NetworkPolicy'],
  pod: ['v1', 'Pod'],
  service: ['v1', 'Service'],
  configMap: ['v1', 'ConfigMap'],
};

export function workload(replicas: number, labels: Record<string, string>, image: string): JsonObject {
  return {
    spec: { replicas, template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } } },
  };
}

export function running(ready: boolean, phase = 'Running'): JsonObject {
  return {
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'shop/front:2' }] },
    status: {
      phase,
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [{ name: 'main', ready, restartCount: 0 }],
    },
  };
}
