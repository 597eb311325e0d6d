import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const { compilerOptions } = JSON.parse(readFileSync(resolve(root, 'tsconfig.json'), 'utf8')) as {
  compilerOptions: { paths: Record<string, [string]> };
};
const alias = Object.entries(compilerOptions.paths).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: resolve(root, file),
}));

/**
 * Three tiers, told apart by suffix: `.spec.ts` is pure, `.int-spec.ts` needs Postgres and Redis,
 * `.e2e-spec.ts` starts services. The servers are started once per run by `test/servers.setup.ts`.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['{apps,libs,tools,test}/**/*.spec.ts'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'int',
          sequence: { groupOrder: 1 },
          include: ['{apps,libs,test}/**/*.int-spec.ts'],
          pool: 'forks',
          maxWorkers: 2,
          globalSetup: ['test/servers.setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['{apps,libs,test}/**/*.e2e-spec.ts'],
          pool: 'forks',
          maxWorkers: 2,
          globalSetup: ['test/servers.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
