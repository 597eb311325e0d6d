import { expandTemplate } from '@gennaker/canary';
import { InvalidInputError } from '@gennaker/kernel';
import type { MetricRequest } from '../metric-store.js';
import { bindingsOf, filled } from '../scope-bindings.js';

const PROMQL = 'PromQL:';
const BOUND = ['project', 'resourceType', 'scope', 'location'];

function refuse(message: string): never {
  throw new InvalidInputError('kayenta.invalid_query', message);
}

/**
 * The PromQL of a metric, as Kayenta builds it: what follows `PromQL:` in the template as it stands; else the average of the
 * metric over the labels of the template, or of the resource type.
 *
 * @param scopeLabel label that holds a server group's name on gce_instance
 * @throws InvalidInputError in Kayenta's words
 */
export function prometheusQuery({ canaryConfig, metric, scope }: MetricRequest, scopeLabel: string): string {
  const query = metric.query ?? { type: 'prometheus' };
  const filter = expandTemplate(query, canaryConfig.templates, bindingsOf(BOUND, scope, query));
  if (filter?.startsWith(PROMQL) === true) return filter.slice(PROMQL.length);
  if (query.metricName == null || query.metricName === '') {
    refuse('Metric Name is required when query type is Default.');
  }
  const bindings = query.labelBindings ?? [];
  const labels =
    filter !== undefined && filter !== ''
      ? [...withoutTrailingCommas(filter), ...bindings]
      : [...bindings, ...resourceLabels({ canaryConfig, metric, scope }, scopeLabel)];
  const selector = labels.length === 0 ? '' : `{${labels.join(',')}}`;
  const groups = query.groupByFields ?? [];
  return `avg(${query.metricName}${selector})${groups.length === 0 ? '' : ` by (${groups.join(',')})`}`;
}

/** Splitting at commas and joining again changes nothing but drops empty pieces at the end. */
function withoutTrailingCommas(filter: string): string[] {
  const trimmed = filter.replace(/,+$/, '');
  return trimmed === '' ? [] : [trimmed];
}

function resourceLabels({ metric, scope }: MetricRequest, scopeLabel: string): string[] {
  const extended = scope.extendedScopeParams ?? {};
  const resourceType = filled(metric.query?.resourceType) ?? filled(extended['resourceType']);
  const named = filled(scope.scope);
  const location = () =>
    filled(scope.location) ??
    refuse(`Location (i.e. region) is required when resourceType is '${resourceType}'.`);
  switch (resourceType) {
    case 'gce_instance': {
      const project = filled(extended['project']);
      const path = `.+/${project === undefined ? '' : `projects/${project}/`}zones/${location()}-.{1}`;
      return [...(named === undefined ? [] : [`${scopeLabel}=~"${named}-.{4}"`]), `zone=~"${path}"`];
    }
    case 'aws_ec2_instance':
      return [...(named === undefined ? [] : [`asg_groupName="${named}"`]), `zone=~"${location()}.{1}"`];
    case undefined:
      return refuse('Either a resource type or a custom filter is required.');
    default:
      return refuse(
        `There is no explicit support for resourceType '${resourceType}'. ` +
          'Build the query with label bindings and a custom filter template instead.',
      );
  }
}
