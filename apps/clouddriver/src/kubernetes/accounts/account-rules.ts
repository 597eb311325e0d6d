import { type KubernetesKind, kindKey, kindProperties, parseKind, printKind } from '@gennaker/manifest';
import { AccessDeniedError } from '@gennaker/kernel';
import type { AccountDefinition } from './account-definition.js';

export type AccountLimits = Pick<
  AccountDefinition,
  'name' | 'namespaces' | 'omitNamespaces' | 'kinds' | 'omitKinds' | 'customResources'
>;

/** What a write wants to touch. */
export interface WriteTarget {
  kind: KubernetesKind;
  /** Empty for cluster-wide objects. For a namespaced object without a namespace: the default one of the context. */
  namespace: string;
  /** As discovery or a CRD says; when absent, Spinnaker's table decides. */
  namespaced?: boolean;
}

export type WriteVerdict =
  | { allowed: true }
  | {
      allowed: false;
      code: 'wrongNamespace' | 'omittedNamespace' | 'wrongKind' | 'omittedKind';
      message: string;
    };

/** Whether the account's lists let a kind through, for reading and for writing. */
export function kindAllowed(limits: AccountLimits, kind: KubernetesKind): boolean {
  const key = kindKey(kind);
  const listed = (kinds: string[]): boolean => kinds.some((text) => kindKey(parseKind(text)) === key);
  if (limits.kinds.length > 0) return listed(limits.kinds);
  return !listed(limits.omitKinds);
}

/** Whether the account's lists let a namespace through. Cluster-wide objects have none, and are no namespace's business. */
export function namespaceAllowed(limits: AccountLimits, namespace: string): boolean {
  if (limits.namespaces.length > 0) return limits.namespaces.includes(namespace);
  return !limits.omitNamespaces.includes(namespace);
}

/**
 * The one rule for writes: the namespaces and kinds that an account is limited to, on every operation.
 *
 * Spinnaker skips the check for an empty namespace and for cluster-wide kinds, and never looks at kinds. Here an empty
 * namespace counts as the namespace the object will land in (give that as `namespace`), an account that is limited to
 * namespaces may write a cluster-wide kind only if its `kinds` name it, and a Namespace object counts as itself.
 */
export function mayWrite(limits: AccountLimits, target: WriteTarget & { name?: string }): WriteVerdict {
  const kind = printKind(target.kind);
  if (!kindAllowed(limits, target.kind)) {
    const limited = limits.kinds.length > 0;
    return {
      allowed: false,
      code: limited ? 'wrongKind' : 'omittedKind',
      message: limited
        ? `account ${limits.name} is limited to the kinds ${limits.kinds.join(', ')}, which do not include ${kind}`
        : `account ${limits.name} leaves out the kind ${kind}`,
    };
  }
  const namespaced =
    target.namespaced ?? kindProperties(target.kind, limits.customResources).namespaced ?? true;
  if (namespaced) return namespaceVerdict(limits, target.namespace);
  if (target.kind.name === 'namespace' && target.kind.group === '' && target.name !== undefined) {
    return namespaceVerdict(limits, target.name);
  }
  if (limits.namespaces.length === 0 || limits.kinds.length > 0) return { allowed: true };
  return {
    allowed: false,
    code: 'wrongNamespace',
    message:
      `account ${limits.name} is limited to the namespaces ${limits.namespaces.join(', ')}, and ${kind} is ` +
      `cluster-wide; list it in the account's kinds to allow it`,
  };
}

function namespaceVerdict(limits: AccountLimits, namespace: string): WriteVerdict {
  if (namespaceAllowed(limits, namespace)) return { allowed: true };
  const shown = namespace === '' ? 'the empty namespace' : `namespace ${namespace}`;
  if (limits.namespaces.length === 0) {
    const message = `account ${limits.name} leaves out ${shown}`;
    return { allowed: false, code: 'omittedNamespace', message };
  }
  const message = `account ${limits.name} is limited to the namespaces ${limits.namespaces.join(', ')}, not ${shown}`;
  return { allowed: false, code: 'wrongNamespace', message };
}

/** @throws AccessDeniedError when {@link mayWrite} says no. */
export function assertMayWrite(limits: AccountLimits, target: WriteTarget & { name?: string }): void {
  const verdict = mayWrite(limits, target);
  if (!verdict.allowed) throw new AccessDeniedError(`account.${verdict.code}`, verdict.message);
}
