import type { EvaluationEnvironment } from '@gennaker/expression';
import { InvalidInputError, type JsonObject, NotFoundError, isObject } from '@gennaker/kernel';
import { planTemplate } from './template-plan.js';
import { parseTemplateReference, type Templates } from './templates.js';

const MAX_ANCESTORS = 10;

/** Turns templated configurations into the pipelines they stand for. */
export class PipelineTemplates {
  /** @param environment time and chance for expressions */
  constructor(
    private readonly templates: Templates,
    private readonly environment: () => EvaluationEnvironment,
  ) {}

  /**
   * @throws InvalidInputError when the template is not there, or the configuration does not fit it
   */
  async plan(config: JsonObject): Promise<JsonObject> {
    if (config.schema !== 'v2') {
      throw new InvalidInputError('catalog.template_schema', [
        { path: 'schema', message: 'must be "v2": templates of other schemas are not supported' },
      ]);
    }
    const reference = isObject(config.template) ? config.template.reference : undefined;
    const { template: _template, ...pipeline } = planTemplate(
      config,
      await this.lineage(reference),
      this.environment(),
    );
    return { ...pipeline, ...sourceOf(reference) };
  }

  /** The template with its ancestors, the most distant one first. */
  private async lineage(reference: unknown): Promise<JsonObject[]> {
    const templates: JsonObject[] = [];
    const seen = new Set<unknown>();
    let next = reference;
    do {
      if (seen.has(next) || seen.size >= MAX_ANCESTORS) {
        throw new InvalidInputError('catalog.template_circle', [
          {
            path: 'template.reference',
            message: `The templates build on each other in a circle, or more than ${MAX_ANCESTORS} deep`,
          },
        ]);
      }
      seen.add(next);
      const template = await this.find(next);
      templates.unshift(template);
      next = template.source;
    } while (next !== undefined && next !== null);
    return templates;
  }

  private async find(reference: unknown): Promise<JsonObject> {
    const path = 'template.reference';
    const parsed = typeof reference === 'string' ? parseTemplateReference(reference) : undefined;
    if (parsed === undefined) {
      const message = 'must be spinnaker://id, spinnaker://id:tag or spinnaker://id@sha256:digest';
      throw new InvalidInputError('catalog.template_reference', [{ path, message }]);
    }
    const { id, ...version } = parsed;
    try {
      return await this.templates.get(id, version);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      throw new InvalidInputError('catalog.no_such_template', [{ path, message: error.message }]);
    }
  }
}

function sourceOf(reference: unknown): { source?: JsonObject } {
  return typeof reference === 'string' ? { source: { id: reference, type: 'template' } } : {};
}
