import { isObject, type JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import type { Store } from '../store/store.js';

const RBAC = 'rbac.authorization.k8s.io';

interface Rule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

interface Binding extends KubeObject {
  roleRef?: { kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

/** Who asks for what: the spec of an access review. */
export interface AccessQuestion {
  user: string;
  groups: string[];
  resource: JsonObject | undefined;
  nonResource: JsonObject | undefined;
}

/** The rule that allows an access, in the API server's words; undefined when none does. */
export function allowedBy(store: Store, question: AccessQuestion): string | undefined {
  if (question.groups.includes('system:masters')) return 'RBAC: allowed by the group system:masters';
  const namespace = question.resource?.['namespace'];
  const bindings = [
    ...store.list<Binding>(`${RBAC}/clusterrolebindings`),
    ...(typeof namespace === 'string' && namespace !== ''
      ? store.list<Binding>(`${RBAC}/rolebindings`, namespace)
      : []),
  ];
  for (const binding of bindings) {
    if (!(binding.subjects ?? []).some((subject) => isSubject(subject, question))) continue;
    const rules = rulesOf(store, binding);
    if (!rules.some((rule) => covers(rule, question))) continue;
    const { kind, name } = binding.roleRef ?? { kind: '', name: '' };
    return `RBAC: allowed by ${binding.kind} "${binding.metadata.name}" of ${kind} "${name}"`;
  }
  return undefined;
}

function isSubject(
  subject: { kind: string; name: string; namespace?: string },
  question: AccessQuestion,
): boolean {
  if (subject.kind === 'Group') return question.groups.includes(subject.name);
  if (subject.kind === 'ServiceAccount') {
    return question.user === `system:serviceaccount:${subject.namespace}:${subject.name}`;
  }
  return subject.name === question.user;
}

function rulesOf(store: Store, binding: Binding): Rule[] {
  const { kind, name } = binding.roleRef ?? { kind: '', name: '' };
  const role =
    kind === 'Role'
      ? store.get(`${RBAC}/roles`, binding.metadata.namespace, name)
      : store.get(`${RBAC}/clusterroles`, undefined, name);
  return ((role?.['rules'] ?? []) as Rule[]).filter(isObject);
}

function covers(rule: Rule, { resource, nonResource }: AccessQuestion): boolean {
  const has = (list: string[] | undefined, value: unknown): boolean =>
    list !== undefined && (list.includes('*') || list.includes(String(value ?? '')));
  if (nonResource) {
    const path = String((nonResource['path'] as string | undefined) ?? '');
    const matches = (rule.nonResourceURLs ?? []).some(
      (url) => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
    );
    return matches && has(rule.verbs, nonResource['verb']);
  }
  if (!resource) return false;
  const { resource: plural, subresource, name } = resource;
  const wanted = subresource ? `${String(plural)}/${String(subresource)}` : plural;
  return (
    has(rule.verbs, resource['verb']) &&
    has(rule.apiGroups, resource['group']) &&
    has(rule.resources, wanted) &&
    ((rule.resourceNames ?? []).length === 0 || (rule.resourceNames ?? []).includes(String(name)))
  );
}
