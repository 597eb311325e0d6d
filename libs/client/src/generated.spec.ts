import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');

it('is typed by docs/openapi/gate.json; `npm run generate:client` brings it up to date', async () => {
  const document = JSON.parse(await readFile(resolve(root, 'docs/openapi/gate.json'), 'utf8')) as OpenAPI3;
  const types = astToString(await openapiTS(document, { alphabetize: true }));
  await expect(types).toMatchFileSnapshot(resolve(import.meta.dirname, 'generated/gate.ts'));
}, 60_000);
