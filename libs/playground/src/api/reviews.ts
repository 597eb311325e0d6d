import type { JsonObject } from '@gennaker/kernel';
import type { Exchange } from './request.js';
import type { ResourcePath } from './request-path.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import { methodNotAllowed } from './status-error.js';

const STATUSES: Readonly<Record<string, () => JsonObject>> = {
  SelfSubjectAccessReview: () => ({ allowed: true, reason: 'the playground allows everything' }),
  SubjectAccessReview: () => ({ allowed: true, reason: 'the playground allows everything' }),
  LocalSubjectAccessReview: () => ({ allowed: true, reason: 'the playground allows everything' }),
  SelfSubjectRulesReview: () => ({
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  }),
  SelfSubjectReview: () => ({ userInfo: USER }),
  TokenReview: () => ({ authenticated: true, user: USER }),
};

const USER = { username: 'playground', groups: ['system:masters', 'system:authenticated'] };

/** Kinds that are questions: a POST is answered and nothing is stored. */
export function isReview(info: ResourceInfo): boolean {
  return STATUSES[info.kind] !== undefined;
}

export async function handleReview(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
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
    status: STATUSES[info.kind]?.(),
  });
}
