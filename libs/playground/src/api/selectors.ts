import { isObject } from '@gennaker/kernel';
import type { KubeObject, LabelSelector } from '../model/objects.js';
import { badRequest } from './status-error.js';

export type LabelMatcher = (labels: Record<string, string>) => boolean;

interface Requirement {
  key: string;
  operator: string;
  values: string[];
}

const IDENTIFIER = /^[A-Za-z0-9./_-]+/;

/** Parses a `labelSelector` parameter: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. */
export function parseLabelSelector(text: string): LabelMatcher {
  const requirements = parseRequirements(text);
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

function parseRequirements(text: string): Requirement[] {
  const requirements: Requirement[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const parsed = parseOne(rest, text);
    requirements.push(parsed.requirement);
    rest = parsed.rest.trimStart();
    if (rest === '') break;
    if (!rest.startsWith(',')) throw unparsable(text, rest);
    rest = rest.slice(1).trimStart();
    if (rest === '') throw unparsable(text, 'end of string');
  }
  return requirements;
}

function parseOne(text: string, whole: string): { requirement: Requirement; rest: string } {
  if (text.startsWith('!')) {
    const { word, rest } = takeWord(text.slice(1).trimStart(), whole);
    return { requirement: { key: word, operator: '!', values: [] }, rest };
  }
  const { word: key, rest: after } = takeWord(text, whole);
  const rest = after.trimStart();
  const set = /^(in|notin)\s*\(([^)]*)\)/.exec(rest);
  if (set) {
    const values = (set[2] ?? '').split(',').map((value) => value.trim());
    return { requirement: { key, operator: set[1] ?? 'in', values }, rest: rest.slice(set[0].length) };
  }
  const comparison = /^(==|=|!=|>|<)\s*([A-Za-z0-9./_-]*)/.exec(rest);
  if (comparison) {
    const operator = comparison[1] === '==' ? '=' : (comparison[1] ?? '=');
    return {
      requirement: { key, operator, values: [comparison[2] ?? ''] },
      rest: rest.slice(comparison[0].length),
    };
  }
  return { requirement: { key, operator: 'exists', values: [] }, rest };
}

function takeWord(text: string, whole: string): { word: string; rest: string } {
  const word = IDENTIFIER.exec(text)?.[0];
  if (word === undefined) throw unparsable(whole, text);
  return { word, rest: text.slice(word.length) };
}

function unparsable(whole: string, at: string): Error {
  return badRequest(`unable to parse requirement: "${whole}": found '${at}', expected: identifier`);
}

function holds({ key, operator, values }: Requirement, labels: Record<string, string>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
      return value === values[0];
    case '!=':
      return value !== values[0];
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case '>':
      return value !== undefined && Number(value) > Number(values[0]);
    default:
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** A selector of a workload's spec. An empty one matches everything, an absent one nothing. */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  if (!selector) return () => false;
  const requirements: Requirement[] = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
      key,
      operator: '=',
      values: [value],
    })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }) => ({
      key,
      operator: { In: 'in', NotIn: 'notin', Exists: 'exists' }[operator] ?? '!',
      values: values ?? [],
    })),
  ];
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

/** The text form of a workload's selector, as the scale subresource shows it. */
export function selectorText(selector: LabelSelector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const list = `(${(values ?? []).join(',')})`;
    if (operator === 'In') parts.push(`${key} in ${list}`);
    else if (operator === 'NotIn') parts.push(`${key} notin ${list}`);
    else parts.push(operator === 'Exists' ? key : `!${key}`);
  }
  return parts.join(',');
}

const COMMON_FIELDS = ['metadata.name', 'metadata.namespace'];
const FIELDS_BY_KIND: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  Secret: ['type'],
  Service: ['spec.clusterIP', 'spec.type'],
  Job: ['status.successful'],
  ReplicaSet: ['status.replicas'],
  ReplicationController: ['status.replicas'],
  CertificateSigningRequest: ['spec.signerName'],
};

export type FieldMatcher = (object: KubeObject) => boolean;

/** Parses a `fieldSelector` parameter. Fields that the kind does not offer are refused, as by the API server. */
export function parseFieldSelector(text: string, kind: string): FieldMatcher {
  const supported = [...COMMON_FIELDS, ...(FIELDS_BY_KIND[kind] ?? [])];
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]+)(==|!=|=)(.*)$/.exec(term);
      if (!match) {
        throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      }
      const [, field = '', operator = '=', value = ''] = match;
      if (!supported.includes(field)) {
        throw badRequest(`field label not supported: ${field}`);
      }
      return { path: field.split('.'), value, negated: operator === '!=' };
    });
  return (object) =>
    terms.every(({ path, value, negated }) => (fieldText(object, path) === value) !== negated);
}

function fieldText(object: KubeObject, path: string[]): string {
  if (path[0] === 'source')
    return String((object['source'] as { component?: string } | undefined)?.component ?? '');
  let value: unknown = object;
  for (const part of path) value = isObject(value) ? value[part] : undefined;
  if (value === undefined || value === null) {
    return path.join('.') === 'spec.unschedulable' || path.join('.') === 'spec.hostNetwork' ? 'false' : '';
  }
  return String(value);
}
