import { simulate } from '@gennaker/simulation';

/**
 * `npm run bench -- bench/graph.bench.ts` (or `node tools/run-built.mjs bench/graph.bench.ts`): layered graphs in which every
 * stage requires every stage of all earlier layers, run to their end by the engine alone.
 */

const WIDTH = 10;

function layered(layers: number): object[] {
  const stages: { refId: string; type: string; requisiteStageRefIds: string[] }[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const earlier = stages.map(({ refId }) => refId);
    for (let n = 0; n < WIDTH; n += 1) {
      stages.push({ refId: `${layer}-${n}`, type: 'noop', requisiteStageRefIds: earlier });
    }
  }
  return stages;
}

for (const layers of [10, 25, 50]) {
  const stages = layered(layers);
  const started = performance.now();
  const { execution, events } = await simulate({ pipeline: { application: 'bench', stages } }, { now: 0 });
  const ms = performance.now() - started;
  const edges = ((layers * (layers - 1)) / 2) * WIDTH * WIDTH;
  process.stdout.write(
    `${stages.length} stages, ${edges} edges: ${execution['status'] as string}, ${events.length} events in ${ms.toFixed(0)} ms ` +
      `(${(ms / stages.length).toFixed(2)} ms a stage)\n`,
  );
}
