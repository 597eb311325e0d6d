/**
 * `node tools/run-built.mjs FILE…`: prepares what is missing, then runs each compiled program, one after another, until one
 * fails. What begins with `--` goes to the programs. FILE is the source's path, such as `bench/engine.bench.ts`, or a folder: then all of its `*.bench.ts`.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild, ensurePackages, forwardSignals, requireNode, root, run, say } from './lib/prepare.mjs';

requireNode();
forwardSignals();
await ensurePackages();
await ensureBuild();

const flags = ['--max-semi-space-size=16', '--expose-gc'];
const given = process.argv.slice(2);
const firstOption = given.findIndex((name) => name.startsWith('--'));
const options = firstOption === -1 ? [] : given.slice(firstOption);
const names = firstOption === -1 ? given : given.slice(0, firstOption);
const files = names.flatMap((name) =>
  statSync(join(root, name)).isDirectory()
    ? readdirSync(join(root, name))
        .filter((file) => file.endsWith('.bench.ts'))
        .map((file) => `${name}/${file}`)
    : [name],
);
for (const file of files) {
  if (files.length > 1) say(file);
  const code = await run(process.execPath, [
    ...flags,
    join(root, 'dist', file.replace(/\.ts$/, '.js')),
    ...options,
  ]);
  if (code !== 0) process.exit(code);
}
