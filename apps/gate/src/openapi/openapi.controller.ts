import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Asks } from '@gennaker/access';
import type { RouteContract } from '@gennaker/contracts';
import { ROUTE } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { NotFoundError } from '@gennaker/kernel';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { VERSION } from '../misc/version.js';
import { openApiDocument } from './openapi-document.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Gennaker API</title>
    <link rel="stylesheet" href="/swagger-ui/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/swagger-ui/swagger-ui-bundle.js"></script>
    <script src="/swagger-ui/start.js"></script>
  </body>
</html>
`;
const START = `window.ui = SwaggerUIBundle({ url: '/v3/api-docs', dom_id: '#swagger-ui', deepLinking: true });\n`;

const TYPES: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** The API, described: as a document and as a page to browse. */
@Controller()
@Asks({ action: 'PUBLIC', resource: 'installation' })
export class OpenApiController {
  private document: JsonObject | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  @Get('v3/api-docs')
  describe(): JsonObject {
    this.document ??= openApiDocument(routesOf(this.modules), VERSION);
    return this.document;
  }

  @Get(['swagger-ui', 'swagger-ui/index.html', 'swagger-ui.html'])
  async page(@Res() reply: FastifyReply): Promise<void> {
    await reply.type('text/html; charset=utf-8').send(PAGE);
  }

  @Get('swagger-ui/start.js')
  async start(@Res() reply: FastifyReply): Promise<void> {
    await reply.type('text/javascript; charset=utf-8').send(START);
  }

  @Get('swagger-ui/:file')
  async file(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    const type = Object.hasOwn(TYPES, file) ? TYPES[file] : undefined;
    if (type === undefined) throw new NotFoundError('gate.no_such_file', 'There is no such file');
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
    await reply.type(type).send(await readFile(join(folder, file)));
  }
}

/** The contracts of all routes that are served. */
export function routesOf(modules: ModulesContainer): RouteContract[] {
  const routes: RouteContract[] = [];
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      const { prototype } = metatype as { prototype: object };
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const handler: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
        const route =
          typeof handler === 'function' ? (Reflect.getMetadata(ROUTE, handler) as RouteContract) : undefined;
        if (route !== undefined) routes.push(route);
      }
    }
  }
  return routes;
}
