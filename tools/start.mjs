/** `npm start`: prepares what is missing, then runs the whole stack in one process until Ctrl-C. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuild, ensurePackages, forwardSignals, requireNode, root, run } from './lib/prepare.mjs';

/** Megabytes. Short-lived objects of many stages in flight die young in this much room, and an idle stack stays small. */
const SEMI_SPACE = 16;

requireNode();
forwardSignals();
await ensurePackages();
await ensureBuild();

const node = [
  process.execPath,
  `--max-semi-space-size=${SEMI_SPACE}`,
  join(root, 'dist/apps/standalone/src/main.js'),
  ...process.argv.slice(2),
];
// The kernel tells the stack to stop should this process be killed outright.
const hasSetpriv = spawnSync('setpriv', ['--version']).status === 0;
const [program, ...args] = hasSetpriv ? ['setpriv', '--pdeathsig', 'TERM', '--', ...node] : node;
process.exit(await run(program, args));
