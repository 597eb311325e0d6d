import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '../..');
const { compilerOptions } = JSON.parse(readFileSync(resolve(root, 'tsconfig.json'), 'utf8')) as {
  compilerOptions: { paths: Record<string, [string]> };
};
const alias = Object.entries(compilerOptions.paths).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: resolve(root, file),
}));
const servers = resolve(root, 'test/servers.setup.ts');

const shared = {
  root,
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

/**
 * What needs a cluster, whichever KUBECONFIG names: the contract itself, and the `.cluster-spec.ts` of the
 * product, which also get Postgres and Redis.
 */
export default defineConfig({
  root,
  resolve: { alias },
  test: {
    passWithNoTests: true,
    projects: [
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'contract',
          include: ['test/cluster-contract/*.suite.ts'],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'cluster',
          include: ['{apps,libs,test}/**/*.cluster-spec.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          globalSetup: existsSync(servers) ? [servers] : [],
        },
      },
    ],
  },
});
