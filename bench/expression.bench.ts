import {
  compile,
  evaluateTemplate,
  evaluateTree,
  evaluatorFor,
  ObjectSource,
  type EvaluationOptions,
} from '@gennaker/expression';
import { SpelExpressionEvaluator } from 'spel2js';

const EVALUATIONS = 100_000;
const ROUNDS = 5;
const options: EvaluationOptions = {
  now: 1_700_000_000_000,
  random: () => 0.5,
  uuid: () => '123e4567-e89b-42d3-a456-426614174000',
};

/** About one megabyte: what a pipeline of many deploys carries. */
const context = {
  trigger: {
    type: 'docker',
    user: 'alice@example.com',
    tag: 'v1.2.3',
    buildNumber: 42,
    parameters: { env: 'prod', region: 'eu-west-1', replicas: 3 },
    artifacts: Array.from({ length: 50 }, (_, i) => ({
      type: 'docker/image',
      name: `app-${i}`,
      version: `${i}`,
    })),
  },
  parameters: { env: 'prod', region: 'eu-west-1', replicas: 3 },
  outputs: Array.from({ length: 400 }, (_, i) => ({
    name: `stage-${i}`,
    status: i % 7 === 0 ? 'TERMINAL' : 'SUCCEEDED',
    log: `${i}`.padEnd(2_300, 'x'),
  })),
};

/** Short expressions of every kind, each also in spel2js's subset where it has one. */
const short = [
  '${parameters.env}',
  "${parameters['region']}",
  '${trigger.buildNumber + 1}',
  "${trigger.tag == 'v1.2.3'}",
  'image:${trigger.tag}-${parameters.env}',
  "${parameters.env == 'prod' ? 'production' : 'test'}",
  "${parameters.missing ?: 'default'}",
  '${trigger.user.toUpperCase()}',
  '${trigger.artifacts[0].name}',
  '${parameters.replicas * 2 > 5 and trigger.buildNumber > 40}',
];

function time(name: string, run: () => void): number {
  run();
  const times = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  }).sort((a, b) => a - b);
  const median = times[Math.floor(ROUNDS / 2)] ?? 0;
  console.log(`${name.padEnd(78)} ${median.toFixed(1).padStart(9)} ms`);
  return median;
}

function report(name: string, milliseconds: number, budget: number): void {
  const verdict = milliseconds <= budget ? 'within' : 'ABOVE';
  console.log(`  ${verdict} the budget of ${budget} ms for ${name}`);
  if (milliseconds > budget) process.exitCode = 1;
}

console.log(
  `context: ${(JSON.stringify(context).length / 1e6).toFixed(2)} MB; median of ${ROUNDS} rounds, one core\n`,
);

const source = new ObjectSource(context);
const hot = time(`${EVALUATIONS} short expressions`, () => {
  for (let i = 0; i < EVALUATIONS; i += 1) evaluateTemplate(short[i % short.length] ?? '', source, options);
});
report('100,000 short expressions', hot, 1_000);

let salt = 0;
time(`${EVALUATIONS / 10} expressions that are new, parsing included`, () => {
  salt += 1;
  for (let i = 0; i < EVALUATIONS / 10; i += 1) {
    evaluateTemplate(`\${trigger.buildNumber + ${i} + ${salt} > 5 ? parameters.env : 'x'}`, source, options);
  }
});

/** Five megabytes of manifests with 200 expressions in them. */
const manifests = Array.from({ length: 200 }, (_, i) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `app-${i}`, labels: { env: '${parameters.env}', i: `${i}` } },
  spec: {
    replicas: i,
    template: {
      spec: {
        containers: Array.from({ length: 26 }, (__, c) => ({
          name: `c${c}`,
          image: `registry.example.com/app-${i}:1.${c}`,
          env: Array.from({ length: 12 }, (___, e) => ({
            name: `VARIABLE_${e}`,
            value: `value-${i}-${c}-${e}`.padEnd(40, '.'),
          })),
        })),
      },
    },
  },
}));
const size = (JSON.stringify(manifests).length / 1e6).toFixed(2);
const stage = { type: 'deployManifest', account: 'prod', manifests };
let evaluated = 0;
const manifest = time(`a stage of ${size} MB of manifests with 200 expressions`, () => {
  evaluated = evaluateTree(stage, source, options).evaluated;
});
if (evaluated !== 200) throw new Error(`evaluated ${evaluated} expressions`);
report('a 5 MB manifest stage', manifest, 100);

time('the same after JSON.parse of its text (what loading it costs anyway)', () => {
  evaluateTree(JSON.parse(JSON.stringify(stage)), source, options);
});

console.log('\nagainst spel2js on what both can do (expressions only, both compiled before):');
const common = [
  'parameters.env',
  "parameters['region']",
  'trigger.buildNumber + 1',
  "trigger.tag == 'v1.2.3'",
  "parameters.env == 'prod' ? 'production' : 'test'",
  'trigger.artifacts[0].name',
  'trigger.user.toUpperCase()',
  'parameters.replicas * 2 > 5 and trigger.buildNumber > 40',
  "outputs.?[status == 'TERMINAL'].![name]",
];
const evaluate = evaluatorFor(source, options);
for (const expression of common) {
  const theirs = SpelExpressionEvaluator.compile(expression);
  const ours = compile(expression);
  if (JSON.stringify(theirs.eval(context)) !== JSON.stringify(evaluate(ours))) {
    throw new Error(`${expression} differs`);
  }
  const count = expression.startsWith('outputs') ? 500 : EVALUATIONS;
  const own = time(`gennaker  ${count} x ${expression}`, () => {
    for (let i = 0; i < count; i += 1) evaluate(ours);
  });
  const other = time(`spel2js   ${count} x ${expression}`, () => {
    for (let i = 0; i < count; i += 1) theirs.eval(context);
  });
  console.log(`  ${(other / own).toFixed(1)} times as fast`);
}
