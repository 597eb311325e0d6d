import { jsonEquals } from '@gennaker/kernel';
import { immutable, invalidValue, required, unsupportedValue, forbiddenField } from '../api/field-errors.js';
import { matcherOf } from '../api/selectors.js';
import type { StatusCause } from '../api/status-error.js';
import type { KubeObject, LabelSelector } from '../model/objects.js';
import type { CronJob, Deployment, Job, Pod, StatefulSet } from '../model/workloads.js';
import { validateCrd, validateCrdUpdate } from './crd-validation.js';
import {
  validateConfigData,
  validateIngress,
  validateRoleBinding,
  validateService,
  validateServiceUpdate,
} from './config-validation.js';
import { validateCronSchedule } from './cron-schedule.js';
import { validatePodSpec, validateTemplate } from './pod-validation.js';

type Validator = (object: KubeObject) => StatusCause[];
type UpdateValidator = (object: KubeObject, old: KubeObject) => StatusCause[];

interface Selecting {
  selector?: LabelSelector;
  template?: { metadata?: { labels?: Record<string, string> } };
}

const MISMATCH = '`selector` does not match template `labels`';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function validateSelector(spec: Selecting): StatusCause[] {
  const { selector, template } = spec;
  const labels = template?.metadata?.labels;
  if (!selector) {
    return [
      required('spec.selector'),
      invalidValue('spec.template.metadata.labels', labels ?? null, MISMATCH),
    ];
  }
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const causes: StatusCause[] = [];
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) {
    causes.push(invalidValue('spec.selector', {}, 'empty selector is invalid for deployment'));
  }
  matchExpressions.forEach(({ operator }, index) => {
    if (OPERATORS.includes(operator)) return;
    const field = `spec.selector.matchExpressions[${index}].operator`;
    causes.push(invalidValue(field, operator, 'not a valid selector operator'));
  });
  if (template && !matcherOf(selector)(labels ?? {})) {
    causes.push(invalidValue('spec.template.metadata.labels', labels ?? {}, MISMATCH));
  }
  return causes;
}

function nonNegative(spec: object, ...fields: string[]): StatusCause[] {
  return fields.flatMap((field) => {
    const value = (spec as Record<string, unknown>)[field];
    return typeof value === 'number' && value < 0
      ? [invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0')]
      : [];
  });
}

function validateDeployment(object: KubeObject): StatusCause[] {
  const { spec } = object as Deployment;
  const causes = [
    ...nonNegative(spec, 'replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
    ...validateSelector(spec),
    ...validateTemplate(spec.template, 'spec.template', ['Always']),
    ...validateStrategy(spec),
  ];
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline !== undefined && deadline >= 0 && deadline <= minReadySeconds) {
    causes.push(
      invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'),
    );
  }
  return causes;
}

function validateStrategy(spec: Deployment['spec']): StatusCause[] {
  const { type, rollingUpdate } = spec.strategy ?? {};
  const path = 'spec.strategy';
  if (type !== 'RollingUpdate' && type !== 'Recreate') {
    return [unsupportedValue(path, { type }, ['Recreate', 'RollingUpdate'])];
  }
  if (type === 'Recreate') {
    return rollingUpdate
      ? [forbiddenField(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
      : [];
  }
  const { maxSurge, maxUnavailable } = rollingUpdate ?? {};
  const causes = [
    ...validateAmount(`${path}.rollingUpdate.maxSurge`, maxSurge),
    ...validateAmount(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
  ];
  const isZero = (value: unknown): boolean => value === 0 || /^0+%$/.test(String(value));
  if (isZero(maxSurge) && isZero(maxUnavailable)) {
    const detail = 'may not be 0 when `maxSurge` is 0';
    causes.push(invalidValue(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable, detail));
  }
  return causes;
}

/** A count, or a percentage. */
function validateAmount(field: string, value: number | string | undefined): StatusCause[] {
  if (typeof value === 'string' && !/^\d+%$/.test(value)) {
    const detail =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', " +
      "regex used for validation is '[0-9]+%')";
    return [invalidValue(field, value, detail)];
  }
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : [];
}

function validateWorkload(object: KubeObject): StatusCause[] {
  const { spec } = object as Deployment;
  return [
    ...nonNegative(spec, 'replicas', 'minReadySeconds', 'revisionHistoryLimit'),
    ...validateSelector(spec),
    ...validateTemplate(spec.template, 'spec.template', ['Always']),
  ];
}

function validateStatefulSet(object: KubeObject): StatusCause[] {
  const { spec } = object as StatefulSet;
  const type = spec.updateStrategy?.type ?? '';
  return [
    ...validateWorkload(object),
    ...(['RollingUpdate', 'OnDelete'].includes(type)
      ? []
      : [invalidValue('spec.updateStrategy', { type }, "must be 'RollingUpdate' or 'OnDelete'")]),
    ...(['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy ?? '')
      ? []
      : [
          invalidValue(
            'spec.podManagementPolicy',
            spec.podManagementPolicy,
            "must be 'OrderedReady' or 'Parallel'",
          ),
        ]),
  ];
}

const JOB_POLICIES = ['OnFailure', 'Never'];

function validateJob(object: KubeObject): StatusCause[] {
  const { spec } = object as Job;
  return [
    ...nonNegative(
      spec,
      'completions',
      'parallelism',
      'backoffLimit',
      'activeDeadlineSeconds',
      'ttlSecondsAfterFinished',
    ),
    ...validateTemplate(spec.template, 'spec.template', JOB_POLICIES),
    ...(spec.completionMode === 'Indexed' && spec.completions === undefined
      ? [required('spec.completions', 'when completion mode is Indexed')]
      : []),
  ];
}

function validateCronJob(object: KubeObject): StatusCause[] {
  const { spec } = object as CronJob;
  return [
    ...validateCronSchedule(spec.schedule, spec.timeZone),
    ...(spec.jobTemplate?.spec
      ? validateTemplate(spec.jobTemplate.spec.template, 'spec.jobTemplate.spec.template', JOB_POLICIES)
      : [required('spec.jobTemplate.spec.template')]),
    ...(['Allow', 'Forbid', 'Replace'].includes(spec.concurrencyPolicy ?? '')
      ? []
      : [unsupportedValue('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'])]),
  ];
}

function validateAutoscaler(object: KubeObject): StatusCause[] {
  const spec = object['spec'] as {
    minReplicas?: number;
    maxReplicas?: number;
    scaleTargetRef?: { name?: string; kind?: string };
  };
  const causes: StatusCause[] = [];
  if (!spec.scaleTargetRef?.kind) causes.push(required('spec.scaleTargetRef.kind'));
  if (!spec.scaleTargetRef?.name) causes.push(required('spec.scaleTargetRef.name'));
  if (spec.maxReplicas === undefined || spec.maxReplicas < 1) {
    causes.push(invalidValue('spec.maxReplicas', spec.maxReplicas ?? 0, 'must be greater than 0'));
  } else if (spec.maxReplicas < (spec.minReplicas ?? 1)) {
    causes.push(
      invalidValue('spec.maxReplicas', spec.maxReplicas, 'must be greater than or equal to `minReplicas`'),
    );
  }
  return causes;
}

const VALIDATORS: Readonly<Record<string, Validator>> = {
  '/pods': (object) => validatePodSpec((object as Pod).spec, 'spec'),
  '/services': validateService,
  '/configmaps': validateConfigData,
  '/secrets': validateConfigData,
  'apps/deployments': validateDeployment,
  'apps/replicasets': validateWorkload,
  'apps/statefulsets': validateStatefulSet,
  'apps/daemonsets': validateWorkload,
  'batch/jobs': validateJob,
  'batch/cronjobs': validateCronJob,
  'autoscaling/horizontalpodautoscalers': validateAutoscaler,
  'networking.k8s.io/ingresses': validateIngress,
  'rbac.authorization.k8s.io/rolebindings': validateRoleBinding,
  'rbac.authorization.k8s.io/clusterrolebindings': validateRoleBinding,
  'apiextensions.k8s.io/customresourcedefinitions': validateCrd,
};

const SPECLESS = new Set([
  '/configmaps',
  '/secrets',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterrolebindings',
]);

/** What the API server refuses with 422 when an object is created or replaced. */
export function validateObject(storage: string, object: KubeObject): StatusCause[] {
  const validator = VALIDATORS[storage];
  if (!validator) return [];
  if (!SPECLESS.has(storage) && !object['spec']) return [required('spec')];
  return validator(object);
}

const unchanged =
  (field: string): UpdateValidator =>
  (object, old) => {
    const value = (object['spec'] as Record<string, unknown>)[field];
    return jsonEquals(value, (old['spec'] as Record<string, unknown>)[field])
      ? []
      : [immutable(`spec.${field}`, value)];
  };

const STATEFUL_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
  'revisionHistoryLimit',
];

function validateStatefulSetUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  const fixed = (value: KubeObject): unknown =>
    Object.fromEntries(
      Object.entries(value['spec'] as object).filter(([field]) => !STATEFUL_MUTABLE.includes(field)),
    );
  if (jsonEquals(fixed(object), fixed(old))) return [];
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbiddenField('spec', detail)];
}

function validateJobUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  const wasSuspended = (old as Job).spec.suspend === true;
  return [
    ...unchanged('completions')(object, old),
    ...unchanged('selector')(object, old),
    ...unchanged('completionMode')(object, old),
    ...(wasSuspended ? [] : unchanged('template')(object, old)),
  ];
}

function validatePodUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  const fixed = (pod: Pod): unknown => {
    const { tolerations: _t, activeDeadlineSeconds: _a, schedulingGates: _s, ...spec } = pod.spec;
    const images = (list: Pod['spec']['containers'] = []): unknown => list.map((c) => ({ ...c, image: '' }));
    return { ...spec, containers: images(spec.containers), initContainers: images(spec.initContainers) };
  };
  if (jsonEquals(fixed(object as Pod), fixed(old as Pod))) return [];
  const detail =
    'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
    '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
    '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
  return [forbiddenField('spec', detail)];
}

function validateImmutableData(object: KubeObject, old: KubeObject): StatusCause[] {
  if (old['immutable'] !== true) return [];
  const same = jsonEquals(
    [object['data'], object['binaryData'], object['immutable']],
    [old['data'], old['binaryData'], old['immutable']],
  );
  return same ? [] : [forbiddenField('data', 'field is immutable when `immutable` is set')];
}

function validateSecretUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  return [
    ...(object['type'] === old['type'] ? [] : [immutable('type', object['type'])]),
    ...validateImmutableData(object, old),
  ];
}

function validateRoleRefUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  return jsonEquals(object['roleRef'], old['roleRef'])
    ? []
    : [invalidValue('roleRef', object['roleRef'], 'cannot change roleRef')];
}

const UPDATE_VALIDATORS: Readonly<Record<string, UpdateValidator>> = {
  'apps/deployments': unchanged('selector'),
  'apps/replicasets': unchanged('selector'),
  'apps/daemonsets': (object, old) => unchanged('selector')(object, old),
  'apps/statefulsets': validateStatefulSetUpdate,
  'batch/jobs': validateJobUpdate,
  '/pods': validatePodUpdate,
  '/configmaps': validateImmutableData,
  '/secrets': validateSecretUpdate,
  '/services': validateServiceUpdate,
  'rbac.authorization.k8s.io/rolebindings': validateRoleRefUpdate,
  'rbac.authorization.k8s.io/clusterrolebindings': validateRoleRefUpdate,
  'apiextensions.k8s.io/customresourcedefinitions': validateCrdUpdate,
};

/** What the API server refuses with 422 when an object changes: fields that are fixed once it exists. */
export function validateUpdate(storage: string, object: KubeObject, old: KubeObject): StatusCause[] {
  return UPDATE_VALIDATORS[storage]?.(object, old) ?? [];
}
