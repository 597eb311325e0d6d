/**
 * `npm test`: prepares what is missing, then runs the tests of all tiers; the servers that they need are started and stopped
 * by the run. Arguments go to vitest: `npm test -- libs/embedded`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countTests } from './lib/count-tests.mjs';
import { ensureBuild, ensurePackages, forwardSignals, requireNode, root, run, say } from './lib/prepare.mjs';

requireNode();
forwardSignals();
await ensurePackages();
await ensureBuild();

say('running all tests');
const folder = mkdtempSync(join(tmpdir(), 'gennaker-test-'));
const report = join(folder, 'report.json');
const code = await run(process.execPath, [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const { passed, failed, skipped } = readReport();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(code || (failed > 0 ? 1 : 0));

/** What vitest fails for besides tests, such as an error that nobody caught, counts as one failure. */
function readReport() {
  try {
    const totals = countTests(JSON.parse(readFileSync(report, 'utf8')));
    return code === 0 ? totals : { ...totals, failed: Math.max(totals.failed, 1) };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
