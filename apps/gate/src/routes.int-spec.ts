import { PERMISSION, type ResourceRef, Access } from '@gennaker/access';
import type { RouteContract, RoutePermission } from '@gennaker/contracts';
import { ROUTE } from '@gennaker/http';
import { ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from './testing/gate.suite.js';

interface Handler {
  name: string;
  permission: RoutePermission | undefined;
  route: RouteContract | undefined;
}

describe('the routes', () => {
  let gate: TestGate;
  let handlers: Handler[];

  beforeAll(async () => {
    gate = await startTestGate();
    handlers = handlersOf(gate);
  });
  afterAll(() => gate.close());

  it('all ask the permission question', () => {
    expect(handlers.length).toBeGreaterThan(150);
    expect(handlers.filter(({ permission }) => permission === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('are public only where nobody can have signed in yet, or where there is nothing to hide', () => {
    const open = handlers
      .filter(({ permission }) => permission?.action === 'PUBLIC')
      .map(({ name }) => name.split('.')[0]);
    expect(new Set(open)).toEqual(
      new Set([
        'AuthController',
        'HealthController',
        'MiscController',
        'OpenApiController',
        'WebhooksController',
      ]),
    );
  });

  it('name what they ask about, by a parameter that they have', () => {
    for (const { permission, route, name } of handlers) {
      if (permission?.from === undefined || route === undefined) continue;
      const [part, key = ''] = permission.from.split('.');
      if (part === 'params') expect([name, route.path]).toEqual([name, expect.stringContaining(`:${key}`)]);
    }
  });

  it('have names and method-path pairs of their own', () => {
    const routes = handlers.flatMap(({ route }) => (route === undefined ? [] : [route]));
    const twice = (values: string[]) => values.filter((value, index) => values.indexOf(value) !== index);
    expect(twice(routes.map(({ id }) => id))).toEqual([]);
    expect(twice(routes.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`))).toEqual([]);
  });

  it('are refused by a policy that says no, before anything else is looked at', async () => {
    const asked: ResourceRef[] = [];
    const access = gate.app.get(Access);
    const { may } = access;
    access.may = (_user, _action, resource) => {
      asked.push(resource);
      return false;
    };
    try {
      for (const [method, url, body] of [
        ['GET', '/applications/shop/pipelines?limit=wrong', undefined],
        ['POST', '/pipelines', { application: 'shop' }],
        ['DELETE', '/pipelines/01ABC', undefined],
        ['POST', '/tasks', {}],
      ] as const) {
        const reply = await gate.call(method, url, body);
        expect(reply.json).toMatchObject({ status: 403, message: 'Access is denied' });
      }
    } finally {
      access.may = may;
    }
    expect(asked).toEqual([
      { type: 'application', name: 'shop' },
      { type: 'application', name: 'shop' },
      { type: 'execution', name: '01ABC' },
      { type: 'application' },
    ]);
  });
});

function handlersOf(gate: TestGate): Handler[] {
  const handlers: Handler[] = [];
  for (const module of gate.app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      const prototype = (metatype as { prototype: object }).prototype;
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as object | undefined;
        if (name === 'constructor' || typeof handler !== 'function') continue;
        if (Reflect.getMetadata('path', handler) === undefined) continue;
        handlers.push({
          name: `${(metatype as { name: string }).name}.${name}`,
          permission: (Reflect.getMetadata(PERMISSION, handler) ??
            Reflect.getMetadata(PERMISSION, metatype as object)) as RoutePermission | undefined,
          route: Reflect.getMetadata(ROUTE, handler) as RouteContract | undefined,
        });
      }
    }
  }
  return handlers;
}
