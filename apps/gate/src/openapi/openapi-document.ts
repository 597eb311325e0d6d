import { type RouteContract, errorBody, isPagedByServer, pagingQuery } from '@gennaker/contracts';
import type { JsonObject } from '@gennaker/kernel';
import { isObject } from '@gennaker/kernel';
import { z } from 'zod';

/** The OpenAPI 3.1 document of the given routes, with everything that is not the same in each run left out. */
export function openApiDocument(routes: readonly RouteContract[], version: string): JsonObject {
  const schemas: JsonObject = {};
  const paths: Record<string, JsonObject> = {};
  schemaOf(errorBody, 'output', schemas);
  for (const route of [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gennaker',
      version,
      description: 'The front door: the API of Spinnaker’s Gate, and what goes beyond it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    paths,
    components: { schemas: sortedKeys(schemas) },
  };
}

function operationOf(route: RouteContract, schemas: JsonObject): JsonObject {
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.deprecated === true ? { deprecated: true } : {}),
    'x-permission': route.permission.action,
    parameters: [
      ...parametersOf(route.params, 'path', schemas),
      ...parametersOf(route.query, 'query', schemas),
      ...(isPagedByServer(route) ? parametersOf(pagingQuery, 'query', schemas) : []),
    ],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.bodyOptional !== true,
            content: { 'application/json': { schema: schemaOf(route.body, 'input', schemas) } },
          },
        }),
    responses: {
      [String(route.status ?? 200)]: answerOf(route, schemas),
      default: {
        description: 'An error',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function answerOf({ answer, produces, status }: RouteContract, schemas: JsonObject): JsonObject {
  if (status === 302)
    return { description: 'Leads to another address', headers: { Location: { schema: { type: 'string' } } } };
  if (answer === undefined && produces === undefined) return { description: 'Done; the answer is empty' };
  const schema = answer === undefined ? { type: 'string' } : schemaOf(answer, 'output', schemas);
  return { description: 'Done', content: { [produces ?? 'application/json']: { schema } } };
}

function parametersOf(
  part: z.ZodType | undefined,
  where: 'path' | 'query',
  schemas: JsonObject,
): JsonObject[] {
  if (part === undefined) return [];
  const { properties, required } = schemaOf(part, 'input', schemas);
  if (!isObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || needed.has(name),
    schema: isObject(schema) ? schema : {},
  }));
}

/** JSON Schema of a zod schema; named parts go to the components. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: JsonObject): JsonObject {
  const {
    $schema: _dialect,
    $defs,
    ...whole
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  }) as JsonObject;
  for (const [name, definition] of Object.entries(isObject($defs) ? $defs : {})) {
    schemas[name] = withoutId(relocated(definition));
  }
  const { id } = whole;
  if (typeof id !== 'string') return relocated(whole) as JsonObject;
  schemas[id] = withoutId(relocated(whole));
  return { $ref: `#/components/schemas/${id}` };
}

function withoutId(definition: unknown): unknown {
  if (!isObject(definition)) return definition;
  const { id: _id, ...rest } = definition;
  return rest;
}

function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relocated(inner),
    ]),
  );
}

function sortedKeys(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
