import type { KubeObject } from '../model/objects.js';
import type {
  ContainerStatus,
  DaemonSet,
  Deployment,
  Job,
  Pod,
  ReplicaSet,
  StatefulSet,
} from '../model/workloads.js';
import { selectorText } from './selectors.js';
import { age } from './age.js';

export interface Column {
  name: string;
  type?: string;
  format?: string;
  /** Above 0: only in wide output. */
  priority?: number;
  cell: (object: KubeObject, now: number) => unknown;
}

const column = (name: string, cell: Column['cell'], priority = 0): Column => ({ name, cell, priority });
const number = (name: string, cell: Column['cell']): Column => ({ name, type: 'integer', cell });
const name: Column = { name: 'Name', type: 'string', format: 'name', cell: (object) => object.metadata.name };
const ageColumn = column('Age', (object, now) => age(object.metadata.creationTimestamp, now));

type Loose = Record<string, Record<string, unknown> | undefined>;
const spec = (object: KubeObject): Record<string, unknown> => (object as unknown as Loose)['spec'] ?? {};
const status = (object: KubeObject): Record<string, unknown> => (object as unknown as Loose)['status'] ?? {};
const wideImages = [
  column(
    'Containers',
    (object) =>
      containers(object)
        .map((container) => container.name)
        .join(','),
    1,
  ),
  column(
    'Images',
    (object) =>
      containers(object)
        .map((container) => container.image)
        .join(','),
    1,
  ),
  column('Selector', (object) => selectorText((object as Deployment).spec.selector), 1),
];

function containers(object: KubeObject): { name: string; image?: string }[] {
  return (object as Deployment).spec.template?.spec.containers ?? [];
}

/** The word in kubectl's STATUS column: the waiting or terminated reason of a container beats the phase. */
function podStatusText(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  let text = pod.status?.reason ?? pod.status?.phase ?? 'Unknown';
  const initial = pod.status?.initContainerStatuses ?? [];
  const pending = initial.findIndex((container) => container.state.terminated?.exitCode !== 0);
  if (pending >= 0) {
    const reason = stateReason(initial[pending]);
    return reason && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${pending}/${initial.length}`;
  }
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    text = stateReason(container) ?? text;
  }
  return text;
}

function stateReason(container: ContainerStatus | undefined): string | undefined {
  return container?.state.waiting?.reason ?? container?.state.terminated?.reason;
}

function restarts(pod: Pod, now: number): string {
  const list = pod.status?.containerStatuses ?? [];
  const count = list.reduce((sum, container) => sum + container.restartCount, 0);
  const last = list
    .map((container) => container.lastState.terminated?.finishedAt)
    .filter((time) => time !== undefined);
  return count > 0 && last.length > 0 ? `${count} (${age(last.sort().at(-1), now)} ago)` : String(count);
}

function duration(job: Job, now: number): string {
  if (!job.status?.startTime) return '';
  const end = job.status.completionTime ? Date.parse(job.status.completionTime) : now;
  return age(job.status.startTime, end);
}

function jobStatus(job: Job): string {
  const done = (type: string): boolean =>
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ??
    false;
  if (done('Complete')) return 'Complete';
  if (done('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  return done('Suspended') ? 'Suspended' : 'Running';
}

function ports(object: KubeObject): string {
  const list =
    (spec(object)['ports'] as { port: number; nodePort?: number; protocol?: string }[] | undefined) ?? [];
  const texts = list.map(
    (port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`,
  );
  return texts.length === 0 ? '<none>' : texts.join(',');
}

function externalAddress(object: KubeObject): string {
  const { type, externalName } = spec(object);
  if (type === 'ExternalName') return String(externalName);
  if (type !== 'LoadBalancer') return '<none>';
  const balancer = status(object)['loadBalancer'] as
    { ingress?: { ip?: string; hostname?: string }[] } | undefined;
  const addresses = (balancer?.ingress ?? []).map((ingress) => ingress.ip ?? ingress.hostname);
  return addresses.length === 0 ? '<pending>' : addresses.join(',');
}

function endpointTexts(object: KubeObject): string {
  const subsets =
    (object['subsets'] as { addresses?: { ip: string }[]; ports?: { port: number }[] }[] | undefined) ?? [];
  const texts = subsets.flatMap((subset) =>
    (subset.addresses ?? []).flatMap(({ ip }) =>
      (subset.ports ?? [{ port: 0 }]).map(({ port }) => `${ip}:${port}`),
    ),
  );
  if (texts.length === 0) return '<none>';
  return texts.length > 3 ? `${texts.slice(0, 3).join(',')} + ${texts.length - 3} more...` : texts.join(',');
}

function nodeStatus(object: KubeObject): string {
  const conditions = (status(object)['conditions'] as { type: string; status: string }[] | undefined) ?? [];
  const ready =
    conditions.find((condition) => condition.type === 'Ready')?.status === 'True' ? 'Ready' : 'NotReady';
  return spec(object)['unschedulable'] === true ? `${ready},SchedulingDisabled` : ready;
}

const dataCount = number(
  'Data',
  (object) => Object.keys((object['data'] as object | undefined) ?? {}).length,
);

/** Columns of `kubectl get` per storage name; other kinds show name and age. */
export const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  '/pods': [
    name,
    column('Ready', (object) => {
      const list = (object as Pod).status?.containerStatuses ?? [];
      return `${list.filter((container) => container.ready).length}/${(object as Pod).spec.containers.length}`;
    }),
    column('Status', (object) => podStatusText(object as Pod)),
    column('Restarts', (object, now) => restarts(object as Pod, now)),
    ageColumn,
    column('IP', (object) => (object as Pod).status?.podIP ?? '<none>', 1),
    column('Node', (object) => (object as Pod).spec.nodeName ?? '<none>', 1),
    column('Nominated Node', () => '<none>', 1),
    column('Readiness Gates', () => '<none>', 1),
  ],
  'apps/deployments': [
    name,
    column(
      'Ready',
      (object) =>
        `${(object as Deployment).status?.readyReplicas ?? 0}/${(object as Deployment).spec.replicas}`,
    ),
    number('Up-to-date', (object) => (object as Deployment).status?.updatedReplicas ?? 0),
    number('Available', (object) => (object as Deployment).status?.availableReplicas ?? 0),
    ageColumn,
    ...wideImages,
  ],
  'apps/replicasets': [
    name,
    number('Desired', (object) => (object as ReplicaSet).spec.replicas ?? 0),
    number('Current', (object) => (object as ReplicaSet).status?.replicas ?? 0),
    number('Ready', (object) => (object as ReplicaSet).status?.readyReplicas ?? 0),
    ageColumn,
    ...wideImages,
  ],
  'apps/statefulsets': [
    name,
    column(
      'Ready',
      (object) =>
        `${(object as StatefulSet).status?.readyReplicas ?? 0}/${(object as StatefulSet).spec.replicas}`,
    ),
    ageColumn,
    ...wideImages.slice(0, 2),
  ],
  'apps/daemonsets': [
    name,
    number('Desired', (object) => (object as DaemonSet).status?.desiredNumberScheduled ?? 0),
    number('Current', (object) => (object as DaemonSet).status?.currentNumberScheduled ?? 0),
    number('Ready', (object) => (object as DaemonSet).status?.numberReady ?? 0),
    number('Up-to-date', (object) => (object as DaemonSet).status?.updatedNumberScheduled ?? 0),
    number('Available', (object) => (object as DaemonSet).status?.numberAvailable ?? 0),
    column('Node Selector', () => '<none>'),
    ageColumn,
    ...wideImages,
  ],
  'batch/jobs': [
    name,
    column('Status', (object) => jobStatus(object as Job)),
    column(
      'Completions',
      (object) => `${(object as Job).status?.succeeded ?? 0}/${(object as Job).spec.completions ?? 1}`,
    ),
    column('Duration', (object, now) => duration(object as Job, now)),
    ageColumn,
  ],
  'batch/cronjobs': [
    name,
    column('Schedule', (object) => spec(object)['schedule']),
    column('Timezone', (object) => spec(object)['timeZone'] ?? '<none>'),
    column('Suspend', (object) => (spec(object)['suspend'] === true ? 'True' : 'False')),
    number('Active', (object) => ((status(object)['active'] as unknown[] | undefined) ?? []).length),
    column('Last Schedule', (object, now) => {
      const last = status(object)['lastScheduleTime'];
      return typeof last === 'string' ? age(last, now) : '<none>';
    }),
    ageColumn,
  ],
  '/services': [
    name,
    column('Type', (object) => spec(object)['type']),
    column('Cluster-IP', (object) => spec(object)['clusterIP'] ?? '<none>'),
    column('External-IP', externalAddress),
    column('Port(s)', ports),
    ageColumn,
    column(
      'Selector',
      (object) =>
        selectorText({ matchLabels: (spec(object)['selector'] ?? {}) as Record<string, string> }) || '<none>',
      1,
    ),
  ],
  '/endpoints': [name, column('Endpoints', endpointTexts), ageColumn],
  '/configmaps': [name, dataCount, ageColumn],
  '/secrets': [name, column('Type', (object) => object['type']), dataCount, ageColumn],
  '/namespaces': [name, column('Status', (object) => status(object)['phase']), ageColumn],
  '/serviceaccounts': [
    name,
    number('Secrets', (object) => ((object['secrets'] as unknown[] | undefined) ?? []).length),
    ageColumn,
  ],
  '/nodes': [
    name,
    column('Status', nodeStatus),
    column('Roles', () => '<none>'),
    ageColumn,
    column(
      'Version',
      (object) => (status(object)['nodeInfo'] as { kubeletVersion?: string } | undefined)?.kubeletVersion,
    ),
  ],
  '/persistentvolumeclaims': [
    name,
    column('Status', (object) => status(object)['phase']),
    column('Volume', (object) => spec(object)['volumeName'] ?? ''),
    column(
      'Capacity',
      (object) => (status(object)['capacity'] as { storage?: string } | undefined)?.storage ?? '',
    ),
    column('Access Modes', (object) =>
      ((spec(object)['accessModes'] as string[] | undefined) ?? []).join(','),
    ),
    column('StorageClass', (object) => spec(object)['storageClassName'] ?? ''),
    ageColumn,
  ],
  '/events': [
    column('Last Seen', (object, now) =>
      age((object['lastTimestamp'] as string | undefined) ?? object.metadata.creationTimestamp, now),
    ),
    column('Type', (object) => object['type']),
    column('Reason', (object) => object['reason']),
    column('Object', (object) => {
      const { kind = '', name: of = '' } = (object['involvedObject'] ?? {}) as {
        kind?: string;
        name?: string;
      };
      return `${kind.toLowerCase()}/${of}`;
    }),
    column('Message', (object) => String((object['message'] as string | undefined) ?? '').trim()),
    { ...name, priority: 1 },
  ],
  'networking.k8s.io/ingresses': [
    name,
    column('Class', (object) => spec(object)['ingressClassName'] ?? '<none>'),
    column('Hosts', (object) => {
      const rules = (spec(object)['rules'] as { host?: string }[] | undefined) ?? [];
      return rules.map((rule) => rule.host ?? '*').join(',') || '*';
    }),
    column('Address', () => ''),
    column('Ports', (object) => (spec(object)['tls'] ? '80, 443' : '80')),
    ageColumn,
  ],
  'autoscaling/horizontalpodautoscalers': [
    name,
    column('Reference', (object) => {
      const target = spec(object)['scaleTargetRef'] as { kind?: string; name?: string } | undefined;
      return `${target?.kind}/${target?.name}`;
    }),
    column('Targets', () => '<unknown>'),
    column('MinPods', (object) => String(spec(object)['minReplicas'])),
    number('MaxPods', (object) => spec(object)['maxReplicas']),
    number('Replicas', (object) => status(object)['currentReplicas'] ?? 0),
    ageColumn,
  ],
  'policy/poddisruptionbudgets': [
    name,
    column('Min Available', (object) =>
      String((spec(object)['minAvailable'] as string | undefined) ?? 'N/A'),
    ),
    column('Max Unavailable', (object) =>
      String((spec(object)['maxUnavailable'] as string | undefined) ?? 'N/A'),
    ),
    number('Allowed Disruptions', (object) => status(object)['disruptionsAllowed'] ?? 0),
    ageColumn,
  ],
  'apiextensions.k8s.io/customresourcedefinitions': [
    name,
    column('Created At', (object) => object.metadata.creationTimestamp),
  ],
};
