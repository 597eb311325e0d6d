import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from '../testing/gate.suite.js';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
}

describe('the OpenAPI document', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await startTestGate();
  });
  afterAll(() => gate.close());

  it('is the one in docs/openapi/gate.json; `vitest run --project int apps/gate/src/openapi -u` brings it up to date', async () => {
    const document = (await gate.call('GET', '/v3/api-docs')).json as object;
    const text = `${JSON.stringify({ ...document, info: { ...(document as { info: object }).info, version: '' } }, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(
      resolve(import.meta.dirname, '../../../../docs/openapi/gate.json'),
    );
  });

  it('names every path parameter, and every reference leads somewhere', async () => {
    const text = (await gate.call('GET', '/v3/api-docs')).text;
    const { paths, components } = JSON.parse(text) as {
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: object };
    };
    for (const [path, operations] of Object.entries(paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(operations)) {
        const given = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name);
        expect([operation.operationId, new Set(given)]).toEqual([operation.operationId, new Set(names)]);
      }
    }
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(components.schemas).toHaveProperty(name ?? '');
    expect(text).not.toContain('#/$defs/');
  });

  it('can be browsed', async () => {
    const page = await gate.call('GET', '/swagger-ui');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    for (const [, url] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect([url, (await gate.call('GET', url ?? '')).status]).toEqual([url, 200]);
    }
    expect((await gate.call('GET', '/swagger-ui/..%2f..%2fpackage.json')).status).toBe(404);
  });
});
