import type { KubeObject } from '../model/objects.js';
import type { Container, Pod, Volume } from '../model/workloads.js';
import type { Store } from '../store/store.js';

interface Reference {
  storage: '/configmaps' | '/secrets';
  name: string;
  key?: string | undefined;
}

const WORDS = { '/configmaps': 'configmap', '/secrets': 'secret' } as const;

/** The volume that keeps a pod from starting, in the kubelet's words; undefined when all are there. */
export function missingVolume(pod: Pod, store: Store): string | undefined {
  const { namespace } = pod.metadata;
  for (const volume of pod.spec.volumes ?? []) {
    const missing = volumeReferences(volume).find(
      ({ storage, name }) => !store.get(storage, namespace, name),
    );
    if (missing) {
      return `MountVolume.SetUp failed for volume "${volume.name}" : ${WORDS[missing.storage]} "${missing.name}" not found`;
    }
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim && !store.get('/persistentvolumeclaims', namespace, claim)) {
      return `persistentvolumeclaim "${claim}" not found`;
    }
  }
  return undefined;
}

interface Source {
  name?: string;
  secretName?: string;
  optional?: boolean;
}

function volumeReferences(volume: Volume): Reference[] {
  const sources: Record<string, Source | undefined>[] = [
    { configMap: volume.configMap, secret: volume.secret },
    ...(volume.projected?.sources ?? []),
  ];
  return sources.flatMap((source) => [
    ...reference('/configmaps', source['configMap']),
    ...reference('/secrets', source['secret']),
  ]);
}

function reference(storage: Reference['storage'], source: Source | undefined): Reference[] {
  const name = source?.secretName ?? source?.name;
  return name && !source?.optional ? [{ storage, name }] : [];
}

/** The ConfigMap or Secret that a container's environment needs and does not find. */
export function missingReference(
  pod: Pod,
  container: Container,
  store: Store,
): { reason: string; message: string } | undefined {
  for (const { storage, name, key } of environment(container)) {
    const object = store.get<KubeObject & { data?: Record<string, string> }>(
      storage,
      pod.metadata.namespace,
      name,
    );
    const word = WORDS[storage];
    if (!object) return { reason: 'CreateContainerConfigError', message: `${word} "${name}" not found` };
    if (key !== undefined && object.data?.[key] === undefined) {
      const kind = storage === '/secrets' ? 'Secret' : 'ConfigMap';
      const message = `couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${name}`;
      return { reason: 'CreateContainerConfigError', message };
    }
  }
  return undefined;
}

function environment(container: Container): Reference[] {
  const references: Reference[] = [];
  for (const { valueFrom = {} } of container.env ?? []) {
    for (const [field, storage] of [
      ['configMapKeyRef', '/configmaps'],
      ['secretKeyRef', '/secrets'],
    ] as const) {
      const entry = valueFrom[field];
      if (entry?.name && !entry.optional) references.push({ storage, name: entry.name, key: entry.key });
    }
  }
  for (const source of container.envFrom ?? []) {
    for (const [field, storage] of [
      ['configMapRef', '/configmaps'],
      ['secretRef', '/secrets'],
    ] as const) {
      const entry = source[field];
      if (entry?.name && !entry.optional) references.push({ storage, name: entry.name });
    }
  }
  return references;
}
