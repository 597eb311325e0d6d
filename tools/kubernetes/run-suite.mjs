#!/usr/bin/env node
/**
 * Runs everything that needs a cluster (test/cluster-contract, and every `*.cluster-spec.ts`) on a real
 * Kubernetes first and then on the playground. The real one is built once, see build.mjs; where that cannot
 * be done its tests are counted as skipped, and that alone is no failure.
 *
 *   node tools/kubernetes/run-suite.mjs [--on real|playground] [arguments of vitest]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { countTests } from '../lib/count-tests.mjs';
import { ensureBuild, ensurePackages, forwardSignals, requireNode, root, run } from '../lib/prepare.mjs';
import { cachedBinaries, ensureBinaries, EXIT } from './build.mjs';
import { startCluster } from './cluster.mjs';
import { startPlayground } from './playground.mjs';

const CONFIG = 'test/cluster-contract/vitest.config.ts';
const NOTHING = { passed: 0, failed: 0, skipped: 0 };

const folder = mkdtempSync(join(tmpdir(), 'gennaker-clusters-'));
// Also when a signal ends us; the clusters themselves end with us, whatever happens.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function say(text) {
  process.stdout.write(`[clusters] ${text}\n`);
}

/** Runs the suites on one cluster and stops it; answers how the tests went. */
async function runOn(name, start, vitestArguments) {
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1000).toFixed(1);
  let cluster;
  try {
    cluster = await start();
  } catch (error) {
    say(`${name} did not start: ${error.message}`);
    return { ...NOTHING, failed: 1 };
  }
  say(`${name} is ready after ${seconds()} s, running the suites on it`);
  const report = join(folder, `${name}.json`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(
    process.execPath,
    [vitest, 'run', '--config', CONFIG, ...reporters, ...vitestArguments],
    { env: { ...process.env, KUBECONFIG: cluster.kubeconfig, PATH: pathWithKubectl() } },
  );
  await cluster.stop();
  const totals = existsSync(report) ? countTests(JSON.parse(readFileSync(report, 'utf8'))) : NOTHING;
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  say(`${name}: ${sentence(totals)} (${seconds()} s)`);
  return totals;
}

/** The kubectl that was built along comes first, so that every machine tests with the same. */
function pathWithKubectl() {
  return [cachedBinaries(), process.env.PATH].filter(Boolean).join(delimiter);
}

function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

async function onReal(vitestArguments) {
  const code = await ensureBinaries({ mayBuild: true });
  if (code === EXIT.unsupported) return undefined;
  if (code !== EXIT.built) return { ...NOTHING, failed: 1 };
  const start = () => startCluster({ data: join(folder, 'real'), bin: cachedBinaries() });
  return runOn('kubernetes', start, vitestArguments);
}

async function onPlayground(vitestArguments) {
  await ensureBuild();
  return runOn('playground', () => startPlayground({ data: join(folder, 'playground') }), vitestArguments);
}

async function main() {
  const on = process.argv.indexOf('--on');
  const only = on > 0 ? process.argv[on + 1] : undefined;
  const vitestArguments = process.argv.slice(2).filter((_, at) => on < 0 || (at !== on - 2 && at !== on - 1));
  requireNode();
  forwardSignals();
  await ensurePackages();
  const real = only === 'playground' ? NOTHING : await onReal(vitestArguments);
  const playground = only === 'real' ? NOTHING : await onPlayground(vitestArguments);
  const count = playground.passed + playground.failed + playground.skipped;
  if (!real) say(`without Debian's tools the ${count} tests on a real Kubernetes are skipped`);
  const all = [real ?? { ...NOTHING, skipped: count }, playground];
  const sum = (field) => all.reduce((total, totals) => total + totals[field], 0);
  const total = { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
  process.stdout.write(`${sentence(total)}\n`);
  process.exit(total.failed > 0 ? 1 : 0);
}

await main();
