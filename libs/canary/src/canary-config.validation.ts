import { InvalidInputError } from '@gennaker/kernel';
import type { CanaryConfig, ScoreThresholds } from './canary-config.schema.js';
import type { CanaryExecutionRequest } from './execution-request.schema.js';

/** Kayenta's pattern means letters, digits, dash and underscore; as written it takes commas too, and stored names may have them. */
const NAME = /^[A-Za-z0-9,_-]+$/;

function refuse(message: string): never {
  throw new InvalidInputError('kayenta.invalid_canary_config', message);
}

/**
 * What a canary config must fulfil to be stored, in Kayenta's words.
 *
 * @throws InvalidInputError
 */
export function validateCanaryConfig(config: CanaryConfig): void {
  const { name, applications, metrics } = config;
  if (name == null || name === '') refuse('Canary config must specify a name.');
  if (applications == null || applications.length === 0) {
    refuse('Canary config must specify at least one application.');
  }
  if (!NAME.test(name)) {
    refuse(
      `Canary config cannot be named '${name}'. ` +
        'Names must contain only letters, numbers, dashes (-) and underscores (_).',
    );
  }
  const seen = new Set<string>();
  for (const metric of metrics ?? []) {
    if (metric.name == null || metric.name === '') refuse('Metric config must specify a name.');
    if (seen.has(metric.name)) refuse(`Metric config name must be unique. '${metric.name}' is duplicated.`);
    seen.add(metric.name);
  }
}

/** A request that can be run: everything that the run needs is there. */
export interface RunnableRequest extends CanaryExecutionRequest {
  scopes: NonNullable<CanaryExecutionRequest['scopes']>;
  thresholds: ScoreThresholds;
}

/**
 * What config and request must fulfil together before an analysis starts.
 *
 * @throws InvalidInputError in Kayenta's words
 */
export function validateExecutionRequest(
  config: CanaryConfig,
  request: CanaryExecutionRequest,
): asserts request is RunnableRequest {
  const metrics = config.metrics ?? [];
  if (metrics.length === 0) {
    refuse("The canary config must specify at least one metric. Otherwise we're not analyzing anything. :)");
  }
  if (request.scopes == null) {
    refuse('Canary metrics require scopes, but no scopes were provided in the execution request.');
  }
  const scopeless = metrics.find((metric) => metric.scopeName == null);
  if (scopeless !== undefined) {
    refuse(`Metric '${scopeless.name}' must have a scopeName, for example "default".`);
  }
  const { scopes } = request;
  const missing = [...new Set(metrics.map((metric) => metric.scopeName!))].filter(
    (name) => !Object.hasOwn(scopes, name),
  );
  if (missing.length > 0) {
    refuse(
      `Canary metrics require scopes which were not provided in the execution request: [${missing.join(', ')}]`,
    );
  }
  const { pass, marginal } = request.thresholds ?? {};
  if (pass == null || marginal == null) {
    refuse(
      'Execution request must specify the score thresholds `thresholds.pass` and `thresholds.marginal`.',
    );
  }
}

/** What an editor checks besides: the problem in words, or undefined. */
export function editorProblemOf(config: CanaryConfig): string | undefined {
  const types = new Set((config.metrics ?? []).map((metric) => metric.query?.type));
  if (types.size > 1) return 'All metrics must be from the same metric store.';
  const weights = Object.values(config.classifier?.groupWeights ?? {});
  if (weights.some((weight) => weight < 0)) return 'Metric group weights must be greater than or equal to 0.';
  if (weights.length > 0 && weights.reduce((sum, weight) => sum + weight, 0) !== 100) {
    return 'Metric group weights must sum to 100.';
  }
  return undefined;
}
