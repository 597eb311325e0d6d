import { defineConfig } from 'vite';

/** Old packages that a bundler of today takes only with small changes: what `edit` gives for the modules that `match`. */
const edits = [
  {
    name: 'old plug-ins expect a global jQuery',
    match:
      /(bootstrap\/dist\/js\/bootstrap|jquery-textcomplete|angular-ui-sortable|select2\/select2|jquery-ui)[^?]*\.js$/,
    edit: (code) =>
      `import jQuery from 'jquery';\nconst $ = jQuery;\nwindow.jQuery = window.$ = jQuery;\n${code}`,
  },
  {
    name: 'types that a Babel plug-in left behind are required before they are there',
    match: /react-virtualized/,
    edit: (code) =>
      code.replace(
        /require\(['"][^'"]+['"]\)\.babelPluginFlow\w+ \|\| require\(['"]prop-types['"]\)\.any/g,
        '(() => null)',
      ),
  },
  {
    name: 'libraries that Deck lends to its plug-ins, of which there are none here',
    match: /@spinnaker\/core\/dist\/index\.js$/,
    edit: (code) => code.replace(/\brequire\(/g, 'window.lend('),
  },
];

export default defineConfig({
  resolve: {
    dedupe: ['@uirouter/core', '@uirouter/react', 'react', 'react-dom'],
    mainFields: ['module', 'jsnext:main', 'main'],
    alias: { 'root/version.json': new URL('version.json', import.meta.url).pathname },
  },
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  build: { minify: false, chunkSizeWarningLimit: 20_000, commonjsOptions: { transformMixedEsModules: true } },
  plugins: edits.map(({ name, match, edit }) => ({
    name,
    enforce: 'pre',
    transform: (code, id) => (match.test(id) ? edit(code) : undefined),
  })),
});
