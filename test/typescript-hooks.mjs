import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';

const root = new URL('../', import.meta.url);
const swcrc = JSON.parse(await readFile(new URL('.swcrc', root), 'utf8'));
delete swcrc.exclude;

export async function resolve(specifier, context, next) {
  const lib = /^@gennaker\/([a-z-]+)$/.exec(specifier);
  if (lib !== null) return next(new URL(`libs/${lib[1]}/src/index.ts`, root).href, context);
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    ...swcrc,
    swcrc: false,
    filename,
    sourceFileName: pathToFileURL(filename).href,
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}
