import { isObject } from '@gennaker/kernel';
import { type Moniker, parseName } from './moniker.js';

export const MONIKER_ANNOTATIONS = {
  cluster: 'moniker.spinnaker.io/cluster',
  application: 'moniker.spinnaker.io/application',
  stack: 'moniker.spinnaker.io/stack',
  detail: 'moniker.spinnaker.io/detail',
  sequence: 'moniker.spinnaker.io/sequence',
} as const;

const DEPLOYMENT_REVISION = 'deployment.kubernetes.io/revision';

/**
 * The moniker of a Kubernetes object: its annotations, else what its name says. A ReplicaSet of a Deployment takes the
 * Deployment's revision as its sequence. Stack and detail are never read from names, which users choose freely.
 */
export function kubernetesMoniker(manifest: unknown): Moniker {
  const metadata = isObject(manifest) && isObject(manifest['metadata']) ? manifest['metadata'] : {};
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : null;
  const kind = isObject(manifest) ? String(manifest['kind'] ?? '').toLowerCase() : '';
  const named = monikerOfName(name);
  const revision = kind === 'replicaset' ? integerOf(textOf(annotations[DEPLOYMENT_REVISION])) : null;
  return {
    app: textOf(annotations[MONIKER_ANNOTATIONS.application]) ?? named.app,
    cluster: textOf(annotations[MONIKER_ANNOTATIONS.cluster]) ?? named.cluster,
    stack: textOf(annotations[MONIKER_ANNOTATIONS.stack]),
    detail: textOf(annotations[MONIKER_ANNOTATIONS.detail]),
    sequence: integerOf(textOf(annotations[MONIKER_ANNOTATIONS.sequence])) ?? revision ?? named.sequence,
  };
}

function monikerOfName(name: string | null): Pick<Moniker, 'app' | 'cluster' | 'sequence'> {
  // RBAC objects that Kubernetes brings along are named `system:…`, which the grammar does not allow.
  if (name?.startsWith('system:')) {
    return { app: 'system', cluster: name.replace(/-v[0-9]{3,6}$/, ''), sequence: null };
  }
  return parseName(name);
}

/** Objects written by old versions of Spinnaker hold JSON strings, quotes included. */
function textOf(value: unknown): string | null {
  if (value == null) return null;
  const text = String(value);
  if (!/^".*"$/s.test(text)) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function integerOf(text: string | null): number | null {
  return text !== null && /^-?\d+$/.test(text.trim()) ? Number(text) : null;
}
