/** `npm run replay -- <file | postgres://…>`: prepares what is missing, then runs tools/replay.ts with the arguments. */
import { join } from 'node:path';
import { ensureBuild, ensurePackages, forwardSignals, requireNode, root, run } from './lib/prepare.mjs';

requireNode();
forwardSignals();
await ensurePackages();
await ensureBuild();
process.exitCode = await run(process.execPath, [
  join(root, 'dist/tools/replay.js'),
  ...process.argv.slice(2),
]);
