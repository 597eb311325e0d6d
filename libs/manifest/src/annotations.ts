import { annotationsOf, type Manifest } from './manifest.js';

export const ANNOTATIONS = {
  versioned: 'strategy.spinnaker.io/versioned',
  recreate: 'strategy.spinnaker.io/recreate',
  replace: 'strategy.spinnaker.io/replace',
  serverSideApply: 'strategy.spinnaker.io/server-side-apply',
  maxVersionHistory: 'strategy.spinnaker.io/max-version-history',
  useSourceCapacity: 'strategy.spinnaker.io/use-source-capacity',
  loadBalancers: 'traffic.spinnaker.io/load-balancers',
  artifactType: 'artifact.spinnaker.io/type',
  artifactName: 'artifact.spinnaker.io/name',
  artifactLocation: 'artifact.spinnaker.io/location',
  artifactVersion: 'artifact.spinnaker.io/version',
  cachingIgnore: 'caching.spinnaker.io/ignore',
  jobLogs: 'job.spinnaker.io/logs',
  revision: 'deployment.kubernetes.io/revision',
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
  restartedAt: 'kubectl.kubernetes.io/restartedAt',
  changeCause: 'kubernetes.io/change-cause',
  /** Ours: which operation's step made the object. Written where the cluster could not tell a repetition otherwise. */
  operation: 'operation.spinnaker.io/id',
} as const;

export const LABELS = {
  name: 'app.kubernetes.io/name',
  managedBy: 'app.kubernetes.io/managed-by',
  sequence: 'moniker.spinnaker.io/sequence',
} as const;

export type DeployStrategy = 'APPLY' | 'RECREATE' | 'REPLACE' | 'SERVER_SIDE_APPLY';

/** What an object's own annotations ask of its deploy. */
export interface ManifestStrategy {
  deployStrategy: DeployStrategy;
  /** Take fields over from their present owners; only with server-side apply. */
  forceConflicts: boolean;
  /** Undefined: what the stage says, else what the kind does. */
  versioned: boolean | undefined;
  maxVersionHistory: number | undefined;
  useSourceCapacity: boolean;
}

export function strategyOf(manifest: Manifest): ManifestStrategy {
  const annotations = annotationsOf(manifest);
  const versioned = annotations[ANNOTATIONS.versioned];
  const history = annotations[ANNOTATIONS.maxVersionHistory];
  return {
    deployStrategy: deployStrategyOf(annotations),
    forceConflicts: annotations[ANNOTATIONS.serverSideApply]?.toLowerCase() === 'force-conflicts',
    versioned: versioned === undefined ? undefined : isTrue(versioned),
    maxVersionHistory: history !== undefined && /^-?\d+$/.test(history) ? Number(history) : undefined,
    useSourceCapacity: isTrue(annotations[ANNOTATIONS.useSourceCapacity]),
  };
}

function deployStrategyOf(annotations: Record<string, string>): DeployStrategy {
  if (isTrue(annotations[ANNOTATIONS.recreate])) return 'RECREATE';
  if (isTrue(annotations[ANNOTATIONS.replace])) return 'REPLACE';
  const apply = annotations[ANNOTATIONS.serverSideApply]?.toLowerCase();
  return apply === 'true' || apply === 'force-conflicts' ? 'SERVER_SIDE_APPLY' : 'APPLY';
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
