import { createHash } from 'node:crypto';
import {
  type FieldProblem,
  InvalidInputError,
  type JsonObject,
  canonicalJson,
  isObject,
} from '@gennaker/kernel';
import { notFound } from './catalog-errors.js';
import type { CatalogItem, Change } from './catalog-item.js';
import type { CatalogStore, SaveRequest } from './catalog-store.js';

export const TEMPLATE_TAGS = ['latest', 'stable', 'unstable', 'experimental', 'test', 'canary'];

/** Which version of a template is meant. With neither tag nor digest: the latest. */
export interface TemplateVersionRef {
  tag?: string;
  digest?: string;
}

const DIGEST = /^(?:sha256:)?([0-9a-f]{64})$/i;
const SERVER_FIELDS = ['tag', 'digest', 'createTs', 'updateTs', 'lastModified', 'lastModifiedBy'];

/**
 * Pipeline templates. Every save keeps the content under its digest for ever, and moves a tag (and always `latest`) to
 * it.
 */
export class Templates {
  constructor(private readonly store: CatalogStore) {}

  /** Latest versions, filtered by scope when any are given. */
  async list(scopes: readonly string[] = []): Promise<JsonObject[]> {
    const items = await this.store.list('template');
    return items
      .filter((item) => item.body.tag === 'latest')
      .filter((item) => scopes.length === 0 || scopesOf(item.body).some((scope) => scopes.includes(scope)))
      .map(toTemplate);
  }

  /** Template id to all its stored versions. */
  async versions(scopes: readonly string[] = []): Promise<Record<string, JsonObject[]>> {
    const byId: Record<string, JsonObject[]> = {};
    for (const item of await this.store.list('template')) {
      if (scopes.length > 0 && !scopesOf(item.body).some((scope) => scopes.includes(scope))) continue;
      (byId[String(item.body.id)] ??= []).push(toTemplate(item));
    }
    return byId;
  }

  async find(id: string, ref: TemplateVersionRef = {}): Promise<JsonObject | undefined> {
    const item = await this.store.find('template', keyOf(id, ref));
    return item && toTemplate(item);
  }

  async get(id: string, ref: TemplateVersionRef = {}): Promise<JsonObject> {
    const key = keyOf(id, ref);
    const item = await this.store.find('template', key);
    if (item === undefined)
      throw notFound('template', ref.tag === undefined && ref.digest === undefined ? id : key);
    return toTemplate(item);
  }

  /** @throws InvalidInputError also when `id` (with that tag) exists already and `create` is asked for */
  async save(
    template: JsonObject,
    change: Change,
    options: { tag?: string; create: boolean },
  ): Promise<JsonObject> {
    const problems = templateProblems(template, options.tag);
    if (problems.length > 0) throw new InvalidInputError('catalog.invalid_template', problems);
    const id = String(template.id);
    const { tag = 'latest', create } = options;
    if (create && (await this.store.find('template', keyOf(id, { tag }))) !== undefined) {
      throw new InvalidInputError(
        'catalog.duplicate_template',
        `A pipeline template with id ${id}:${tag} already exists`,
      );
    }
    if (!create) await this.get(id);

    const { body, digest } = contentOf(template);
    const refs: TemplateVersionRef[] = [...new Set([tag, 'latest'])].map((name) => ({ tag: name }));
    await this.store.together(async (connection) => {
      for (const ref of [...refs, { digest }]) {
        const key = keyOf(id, ref);
        const current = await this.store.find('template', key, connection);
        if (current !== undefined && ref.digest !== undefined) continue;
        await this.store.save(
          {
            kind: 'template',
            id: key,
            application: '',
            name: key,
            body: { ...body, digest, ...ref },
            change,
          },
          connection,
        );
      }
    });
    return this.get(id, { tag });
  }

  /**
   * The writes that put one stored version of a template back as it was listed: under its tag (`latest` without one),
   * and under its digest. One that is listed under its digest alone moves no tag.
   *
   * @throws InvalidInputError
   */
  requestsFor(template: JsonObject, change: Change): SaveRequest[] {
    const given = typeof template.tag === 'string' && template.tag !== '' ? template.tag : undefined;
    const problems = templateProblems(template, given);
    if (template.schema !== undefined && template.schema !== null && template.schema !== 'v2')
      problems.push({ path: 'schema', message: 'must be "v2": other schemas are not supported' });
    const { body, digest } = contentOf(template);
    const onlyDigest = given === undefined && typeof template.digest === 'string';
    if (problems.length > 0) throw new InvalidInputError('catalog.invalid_template', problems);
    const id = String(template.id);
    const refs: TemplateVersionRef[] = [...(onlyDigest ? [] : [{ tag: given ?? 'latest' }]), { digest }];
    return refs.map((ref) => {
      const key = keyOf(id, ref);
      return {
        kind: 'template',
        id: key,
        application: '',
        name: key,
        body: { ...body, digest, ...ref },
        change,
      };
    });
  }

  /**
   * Removes the version that a tag or digest names; without either, the template with all its versions.
   *
   * @throws InvalidInputError while pipelines still use it
   */
  async delete(id: string, ref: TemplateVersionRef, change: Change): Promise<void> {
    const whole = ref.tag === undefined && ref.digest === undefined;
    const users = await this.dependents(id);
    if (whole && users.length > 0) {
      throw new InvalidInputError(
        'catalog.template_in_use',
        `Template ${id} cannot be deleted: it is used by ${users
          .map((user) => `"${user.name}" of ${user.application}`)
          .slice(0, 10)
          .join(', ')}`,
      );
    }
    const keys = whole
      ? (await this.store.list('template')).filter((item) => item.body.id === id).map((item) => item.id)
      : [keyOf(id, ref)];
    if (keys.length === 0) throw notFound('template', id);
    await this.store.together(async (connection) => {
      for (const key of keys) await this.store.delete({ kind: 'template', id: key, change }, connection);
    });
  }

  /** Pipelines that take their stages from the template, whichever version. */
  async dependents(id: string): Promise<CatalogItem[]> {
    const templated = await this.store.listContaining('pipeline', { type: 'templatedPipeline' });
    return templated.filter((item) => {
      const reference = isObject(item.body.template) ? item.body.template.reference : undefined;
      return typeof reference === 'string' && parseTemplateReference(reference)?.id === id;
    });
  }
}

export interface TemplateReference extends TemplateVersionRef {
  id: string;
}

/** Reads `spinnaker://id`, `spinnaker://id:tag` and `spinnaker://id@sha256:…`. Undefined for anything else. */
export function parseTemplateReference(reference: string): TemplateReference | undefined {
  const match = /^spinnaker:\/\/([^:@\s]+)(?::([^:@\s]+)|@(sha256:[0-9a-f]{64}|[0-9a-f]{64}))?$/i.exec(
    reference.trim(),
  );
  if (match?.[1] === undefined) return undefined;
  return {
    id: match[1],
    ...(match[2] === undefined ? {} : { tag: match[2] }),
    ...(match[3] === undefined ? {} : { digest: match[3] }),
  };
}

/** @throws InvalidInputError */
function keyOf(id: string, { tag, digest }: TemplateVersionRef): string {
  if (tag !== undefined && digest !== undefined) {
    throw new InvalidInputError('catalog.tag_and_digest', 'Give either a tag or a digest, not both');
  }
  if (digest === undefined) return `${id}:${tag ?? 'latest'}`;
  const hex = DIGEST.exec(digest)?.[1];
  if (hex === undefined)
    throw new InvalidInputError('catalog.bad_digest', [{ path: 'digest', message: 'must be a SHA-256' }]);
  return `${id}@sha256:${hex.toLowerCase()}`;
}

/** What a template says, and the name of that. */
function contentOf(template: JsonObject): { body: JsonObject; digest: string } {
  const body: JsonObject = { ...template };
  for (const field of SERVER_FIELDS) delete body[field];
  return { body, digest: `sha256:${createHash('sha256').update(canonicalJson(body)).digest('hex')}` };
}

/** A template in Spinnaker's form. */
export function toTemplate(item: CatalogItem): JsonObject {
  return { ...item.body, updateTs: String(item.updatedAt), lastModifiedBy: item.updatedBy };
}

function scopesOf(template: JsonObject): string[] {
  const scopes = isObject(template.metadata) ? template.metadata.scopes : undefined;
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [];
}

function templateProblems(template: JsonObject, tag: string | undefined): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { id, metadata, pipeline, variables } = template;
  if (typeof id !== 'string' || !/^[A-Za-z0-9][\w.-]{0,249}$/.test(id)) {
    problems.push({ path: 'id', message: 'must be letters, digits, ".", "_" and "-", and not empty' });
  }
  if (tag !== undefined && !TEMPLATE_TAGS.includes(tag)) {
    problems.push({ path: 'tag', message: `must be one of ${TEMPLATE_TAGS.join(', ')}` });
  }
  if (!isObject(metadata))
    problems.push({ path: 'metadata', message: 'is required: {name, description, owner, scopes}' });
  if (pipeline !== undefined && pipeline !== null && !isObject(pipeline)) {
    problems.push({ path: 'pipeline', message: 'must be an object' });
  }
  if (variables === undefined || variables === null) return problems;
  if (!Array.isArray(variables)) return [...problems, { path: 'variables', message: 'must be a list' }];
  variables.forEach((variable: unknown, index) => {
    const named = isObject(variable) && typeof variable.name === 'string' && variable.name !== '';
    if (!named) problems.push({ path: `variables[${index}].name`, message: 'is required' });
  });
  return problems;
}
