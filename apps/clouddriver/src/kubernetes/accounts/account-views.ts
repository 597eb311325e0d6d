import type { AccountView } from '@gennaker/inventory';
import { builtInKinds, printKind, parseKind } from '@gennaker/manifest';
import type { AccountDefinition } from './account-definition.js';
import type { AccountEntry } from './account-registry.js';
import { kindAllowed } from './account-rules.js';

/** What is shown of an account whose definition cannot be read. */
const UNREADABLE: Omit<AccountDefinition, 'name' | 'type' | 'namingStrategy'> = {
  permissions: {},
  requiredGroupMembership: [],
  primaryAccount: false,
  challengeDestructiveActions: false,
  checkPermissionsOnStartup: true,
  metrics: true,
  serviceAccount: false,
  namespaces: [],
  omitNamespaces: [],
  kinds: [],
  omitKinds: [],
  customResources: [],
  cachingPolicies: [],
  onlySpinnakerManaged: false,
  rawResourcesEndpointConfig: { kindExpressions: [], omitKindExpressions: [] },
};

/** What everybody may see of an account. */
export function accountViewOf({ name, managed, definition, error }: AccountEntry): AccountView {
  const shown = definition ?? UNREADABLE;
  return {
    name,
    type: 'kubernetes',
    cloudProvider: 'kubernetes',
    accountType: shown.accountType ?? name,
    environment: shown.environment ?? name,
    permissions: shown.permissions,
    requiredGroupMembership: shown.requiredGroupMembership,
    primaryAccount: shown.primaryAccount,
    challengeDestructiveActions: shown.challengeDestructiveActions,
    namespaces: shown.namespaces,
    omitNamespaces: shown.omitNamespaces,
    kinds: shown.kinds,
    omitKinds: shown.omitKinds,
    onlySpinnakerManaged: shown.onlySpinnakerManaged,
    spinnakerKindMap: definition === undefined ? {} : spinnakerKindMap(definition),
    rawResourcesEndpointConfig: shown.rawResourcesEndpointConfig,
    managed,
    error: error ?? null,
  };
}

/** Kubernetes kind → Spinnaker kind, of all the account's kinds. */
function spinnakerKindMap(definition: AccountDefinition): Record<string, string> {
  const own = definition.customResources.map((c) => [
    printKind(parseKind(c.kubernetesKind)),
    c.spinnakerKind,
  ]);
  const builtIn = builtInKinds()
    .filter(({ kind }) => kindAllowed(definition, kind))
    .map(({ kind, spinnakerKind }) => [printKind(kind), spinnakerKind]);
  return Object.fromEntries([...builtIn, ...own]) as Record<string, string>;
}
