import { isObject, type JsonObject } from '@gennaker/kernel';
import type { Store } from '../store/store.js';
import { allowedBy } from './rbac.js';
import type { Exchange } from './request.js';
import type { ResourcePath } from './request-path.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import { methodNotAllowed } from './status-error.js';

const STATUSES: Readonly<Record<string, (body: JsonObject, store: Store) => JsonObject>> = {
  SelfSubjectAccessReview: () => ({ allowed: true, reason: 'the playground allows everything' }),
  SubjectAccessReview: review,
  LocalSubjectAccessReview: review,
  SelfSubjectRulesReview: () => ({
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  }),
  SelfSubjectReview: () => ({ userInfo: USER }),
  TokenReview: () => ({ authenticated: true, user: USER }),
};

/** What the RBAC objects of the cluster say about somebody else; they do not bind the one who asks. */
function review(body: JsonObject, store: Store): JsonObject {
  const spec = isObject(body['spec']) ? body['spec'] : {};
  const reason = allowedBy(store, {
    user: String((spec['user'] as string | undefined) ?? ''),
    groups: Array.isArray(spec['groups']) ? spec['groups'].map(String) : [],
    resource: isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : undefined,
    nonResource: isObject(spec['nonResourceAttributes']) ? spec['nonResourceAttributes'] : undefined,
  });
  return reason === undefined ? { allowed: false } : { allowed: true, reason };
}

const USER = { username: 'playground', groups: ['system:masters', 'system:authenticated'] };

/** Kinds that are questions: a POST is answered and nothing is stored. */
export function isReview(info: ResourceInfo): boolean {
  return STATUSES[info.kind] !== undefined;
}

export async function handleReview(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
  store: Store,
): Promise<void> {
  if (exchange.method !== 'POST') {
    throw methodNotAllowed('the server does not allow this method on the requested resource');
  }
  const body = await exchange.object();
  exchange.json(201, {
    ...body,
    kind: info.kind,
    apiVersion: apiVersionOf(info),
    metadata: {
      creationTimestamp: null,
      ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
    },
    status: STATUSES[info.kind]?.(body, store),
  });
}
