import { type CanaryScope, expandTemplate, type MetricQuery } from '@gennaker/canary';
import { InvalidInputError } from '@gennaker/kernel';
import type { MetricRequest } from '../metric-store.js';
import { bindingsOf, filled } from '../scope-bindings.js';

const BOUND = ['project', 'resourceType', 'scope', 'location'];
const K8S_LABELS = ['location', 'node_name', 'cluster_name', 'pod_name', 'container_name', 'namespace_name'];
const GKE_LABELS = [
  'cluster_name',
  'namespace_id',
  'instance_id',
  'node_id',
  'pod_id',
  'container_name',
  'zone',
];
const USER_LABEL = 'user_labels.';

function refuse(message: string): never {
  throw new InvalidInputError('kayenta.invalid_query', message);
}

function resourceTypeOf(query: MetricQuery, scope: CanaryScope): string | undefined {
  return filled(query.resourceType) ?? filled(scope.extendedScopeParams?.['resourceType']);
}

/**
 * The filter of a Cloud Monitoring query, as Kayenta builds it: metric and resource type, then the template, or what the
 * resource type takes from the scope.
 *
 * @param accountProject project of the account, for scopes that name none
 * @throws InvalidInputError in Kayenta's words
 */
export function stackdriverFilter(
  { canaryConfig, metric, scope }: MetricRequest,
  accountProject: string,
): string {
  const query = metric.query ?? { type: 'stackdriver' };
  const resourceType = resourceTypeOf(query, scope) ?? refuse('A resource type is required for Stackdriver.');
  if (filled(query.metricType) === undefined) refuse('A metric type is required for Stackdriver.');
  const head = `metric.type="${query.metricType}" AND resource.type=${resourceType}`;
  const template = expandTemplate(query, canaryConfig.templates, bindingsOf(BOUND, scope, query));
  const parts =
    template !== undefined && template !== '' ? [template] : scopeParts(resourceType, scope, accountProject);
  return [head, ...parts].join(' AND ');
}

function scopeParts(resourceType: string, scope: CanaryScope, accountProject: string): string[] {
  const extended = scope.extendedScopeParams ?? {};
  const project = `project=${filled(extended['project']) ?? accountProject}`;
  const required = (value: unknown, what: string) =>
    filled(value) ?? refuse(`${what} is required when resourceType is '${resourceType}'.`);
  const location = () => required(scope.location, 'Location (i.e. region)');
  const named = () => required(scope.scope, 'Scope');
  switch (resourceType) {
    case 'gce_instance':
      return [
        project,
        `metadata.user_labels."spinnaker-region"=${location()}`,
        `metadata.user_labels."spinnaker-server-group"=${named()}`,
      ];
    case 'aws_ec2_instance':
      return [
        `resource.labels.region="aws:${location()}"`,
        `metadata.user_labels."aws:autoscaling:groupname"="${named()}"`,
      ];
    case 'gae_app': {
      const service = filled(extended['service']);
      const module = service === undefined ? [] : [`resource.labels.module_id=${service}`];
      return [project, `resource.labels.version_id=${named()}`, ...module];
    }
    case 'k8s_container':
    case 'k8s_pod':
    case 'k8s_node':
      return [project, ...labels(extended, K8S_LABELS)];
    case 'gke_container':
      return [project, ...labels(extended, GKE_LABELS)];
    case 'global':
      return [];
    default:
      return refuse(
        `Resource type '${resourceType}' not yet explicitly supported. ` +
          'If you employ a custom filter, you may use any resource type you like.',
      );
  }
}

function labels(extended: Record<string, string>, known: string[]): string[] {
  return [
    ...known.flatMap((key) =>
      filled(extended[key]) === undefined ? [] : [`resource.labels.${key}=${extended[key]}`],
    ),
    ...Object.entries(extended).flatMap(([key, value]) =>
      key.startsWith(USER_LABEL) ? [`metadata.user_labels."${key.slice(USER_LABEL.length)}"="${value}"`] : [],
    ),
  ];
}
