/** The arrows of docs/architecture: apps → domain libs → kernel, and pure libs stay pure. */
const PURE = ['kernel', 'canary', 'contracts', 'execution', 'expression', 'manifest', 'artifact', 'moniker'];
const pureLibs = `^libs/(${PURE.join('|')})/src`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-never-import-apps',
      comment: 'Services talk over queues and libs. Only apps/standalone composes them.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'no-deep-imports-into-a-lib',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$|testing\\.ts$)', pathNot: '^$1/$2/' },
    },
    {
      name: 'pure-libs-import-only-pure-libs',
      severity: 'error',
      from: { path: pureLibs, pathNot: '\\.(spec|int-spec)\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: pureLibs },
    },
    {
      name: 'pure-libs-do-no-io',
      comment: 'No Nest, no clock, no random source, no environment, no I/O.',
      severity: 'error',
      from: { path: pureLibs, pathNot: '\\.(spec|int-spec)\\.ts$' },
      to: {
        path: '^(node:)?(fs|net|http|https|child_process|os|dns|worker_threads)$|node_modules/(@nestjs|typeorm|pg|bullmq|ioredis|@kubernetes|undici|pino)/',
      },
    },
    {
      name: 'tests-stay-out-of-the-product',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: '(\\.(spec|int-spec|e2e-spec|cluster-spec|suite)\\.ts$|^libs/testing/)',
      },
      to: { path: '\\.(spec|int-spec|e2e-spec)\\.ts$|^libs/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
