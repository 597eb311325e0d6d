/**
 * `node contender.mjs NAME`: one engine in a process of its own, started by run.mjs, which gives the settings as JSON in
 * `PEERS` and gets one message per load: `{inFlight, steps (a second), cpu (milliseconds a step, all processes)}`.
 */
import { chooseFreePort } from '../../dist/libs/embedded/src/index.js';
import { cpuMsOf } from '../../dist/bench/support/cpu.js';

const settings = JSON.parse(process.env.PEERS);
const { start } = await import(`./contenders/${process.argv[2]}.mjs`);
const contender = await start({ ...settings, freePort: chooseFreePort });

/** Keeps `inFlight` runs going until the time is up, and lets the last ones end. */
async function runFor(milliseconds, inFlight) {
  const until = performance.now() + milliseconds;
  let runs = 0;
  const one = async () => {
    while (performance.now() < until) {
      const answer = await contender.run();
      if (answer !== settings.steps) throw new Error(`a run of ${settings.steps} steps answered ${answer}`);
      runs += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return runs;
}

try {
  const pids = [process.pid, ...settings.storagePids, ...contender.pids];
  for (const inFlight of settings.loads) {
    await runFor(settings.warmUpMs, inFlight);
    const [cpu, began] = [cpuMsOf(pids), performance.now()];
    const steps = (await runFor(settings.measureMs, inFlight)) * settings.steps;
    const seconds = (performance.now() - began) / 1_000;
    process.send({ inFlight, steps: steps / seconds, cpu: (cpuMsOf(pids) - cpu) / steps });
  }
} finally {
  await contender.stop();
  process.disconnect();
}
process.exit(0);
