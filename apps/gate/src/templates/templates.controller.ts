import { Catalog, PipelineTemplates } from '@gennaker/catalog';
import {
  type RouteInput,
  createTemplate,
  deleteTemplate,
  getTemplate,
  listTemplateDependents,
  listTemplates,
  listTemplateVersions,
  planTemplateRoute,
  updateTemplate,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { changeBy } from '../caller.js';
import { FinishedTasks } from '../tasks/finished-tasks.js';

/** Pipeline templates. Writes answer with the task that Spinnaker would have waited for. */
@Controller()
export class TemplatesController {
  constructor(
    private readonly catalog: Catalog,
    private readonly templates: PipelineTemplates,
    private readonly finishedTasks: FinishedTasks,
  ) {}

  @Serves(listTemplates)
  list(@Input() { query }: RouteInput<typeof listTemplates>): Promise<JsonObject[]> {
    return this.catalog.templates.list(query.scopes);
  }

  @Serves(listTemplateVersions)
  versions(@Input() { query }: RouteInput<typeof listTemplateVersions>) {
    return this.catalog.templates.versions(query.scopes);
  }

  @Serves(getTemplate)
  get(@Input() { params, query }: RouteInput<typeof getTemplate>): Promise<JsonObject> {
    return this.catalog.templates.get(params.id, query);
  }

  @Serves(planTemplateRoute)
  plan(@Input() { body }: RouteInput<typeof planTemplateRoute>): Promise<JsonObject> {
    return this.templates.plan({ type: 'templatedPipeline', ...body });
  }

  @Serves(createTemplate)
  async create(
    @Input() { query, body }: RouteInput<typeof createTemplate>,
    @CalledBy() caller: Caller,
    @Headers('user-agent') client: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    requireSchema(body);
    await this.catalog.templates.save(body, changeBy(caller), { tag: tagOf(query, body), create: true });
    accept(reply, client);
    return this.task('Create', String(body.id), body, caller);
  }

  @Serves(updateTemplate)
  async update(
    @Input() { params, query, body }: RouteInput<typeof updateTemplate>,
    @CalledBy() caller: Caller,
    @Headers('user-agent') client: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    requireSchema(body);
    const template = { ...body, id: params.id };
    await this.catalog.templates.save(template, changeBy(caller), { tag: tagOf(query, body), create: false });
    accept(reply, client);
    return this.task('Update', params.id, body, caller);
  }

  @Serves(deleteTemplate)
  async delete(
    @Input() { params, query }: RouteInput<typeof deleteTemplate>,
    @CalledBy() caller: Caller,
    @Headers('user-agent') client: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    await this.catalog.templates.delete(params.id, query, changeBy(caller));
    accept(reply, client);
    return this.task('Delete', params.id, {}, caller);
  }

  @Serves(listTemplateDependents)
  async dependents(@Input() { params }: RouteInput<typeof listTemplateDependents>): Promise<JsonObject[]> {
    await this.catalog.templates.get(params.id);
    const users = await this.catalog.templates.dependents(params.id);
    return users.map(({ application, id, name }) => ({
      application,
      pipelineConfigId: id,
      pipelineName: name,
    }));
  }

  private task(verb: string, id: string, template: JsonObject, caller: Caller): JsonObject {
    return this.finishedTasks.of({
      application: onlyScope(template) ?? 'spinnaker',
      name: `${verb} pipeline template: ${id}`,
      caller,
      variables: { 'pipelineTemplate.id': id },
    });
  }
}

/** The `spin` CLI takes any other status than 202 for a failure, also where Spinnaker itself says 200. */
function accept(reply: FastifyReply, client: string | undefined): void {
  if (client?.startsWith('Spin-CLI/') === true) void reply.code(202);
}

/** The tag that the request names, or else the template itself: where the `spin` CLI looks it up. */
function tagOf(query: { tag?: string }, { tag }: JsonObject): string | undefined {
  return query.tag ?? (typeof tag === 'string' && tag !== '' ? tag : undefined);
}

/** A template that belongs to one application is a task of that application. */
function onlyScope({ metadata }: JsonObject): string | undefined {
  const scopes = isObject(metadata) && Array.isArray(metadata.scopes) ? metadata.scopes : [];
  return scopes.length === 1 && typeof scopes[0] === 'string' ? scopes[0] : undefined;
}

function requireSchema({ schema }: JsonObject): void {
  if (schema === undefined || schema === null || schema === 'v2') return;
  throw new InvalidInputError('gate.template_schema', [
    { path: 'schema', message: 'Pipeline template schema version is invalid: only "v2" is supported' },
  ]);
}
