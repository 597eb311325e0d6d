import { isActive, isComplete, type StageState, topLevelStages } from '@gennaker/execution';
import { isObject } from '@gennaker/kernel';
import type { Platform } from '@gennaker/platform';
import {
  EXAMPLE_APPLICATION,
  EXAMPLE_PIPELINE,
  exampleApplication,
  examplePipeline,
} from './example-pipeline.js';
import { request, type GateClient } from './gate-client.js';

export interface ExampleOptions {
  gate: GateClient;
  platform: Platform;
  print: (line: string) => void;
  /** Asks the person at the terminal; undefined where there is none. */
  ask?: (question: string) => Promise<boolean>;
  signal: AbortSignal;
}

/** Whether the example application is there already: then this is not the first start. */
export async function exampleExists({ gate }: ExampleOptions): Promise<boolean> {
  return (await request(gate, 'GET', `/applications/${EXAMPLE_APPLICATION}`)).status === 200;
}

/** Saves the example application and its pipeline through the front door, as any client would. */
export async function seedExample({ gate, print }: ExampleOptions): Promise<void> {
  print(`Example: saving application "${EXAMPLE_APPLICATION}" and pipeline "${EXAMPLE_PIPELINE}"`);
  await expectOk(
    request(gate, 'POST', '/tasks', {
      application: EXAMPLE_APPLICATION,
      description: `Create Application: ${EXAMPLE_APPLICATION}`,
      job: [{ type: 'createApplication', application: exampleApplication }],
    }),
  );
  await expectOk(request(gate, 'POST', '/pipelines', examplePipeline));
}

/** Runs the example pipeline and shows each stage as it goes. Resolves when it has ended. */
export async function runExample(options: ExampleOptions): Promise<string> {
  const { gate, print } = options;
  const path = `/pipelines/${EXAMPLE_APPLICATION}/${encodeURIComponent(EXAMPLE_PIPELINE)}`;
  const started = await expectOk(request(gate, 'POST', path, { type: 'manual', user: 'example' }));
  const ref = isObject(started) ? String(started['ref']) : '';
  const id = ref.slice(ref.lastIndexOf('/') + 1);
  print(`Example: started ${EXAMPLE_PIPELINE}, ${gate.url}/pipelines/${id}`);
  return follow(id, options);
}

/** Woken by the execution's own events. */
function follow(id: string, options: ExampleOptions): Promise<string> {
  const { platform, signal } = options;
  const view = new StageLines(options);
  return new Promise((resolve, reject) => {
    const look = async (): Promise<void> => {
      const state = await platform.executions.load(id);
      for (const stage of topLevelStages(state)) view.show(id, stage);
      if (!isComplete(state.status)) return;
      stop();
      resolve(state.status);
    };
    const onChange = (): void => void look().catch(reject);
    const unsubscribe = platform.live.subscribe(({ stream }) => {
      if (stream === `execution-${id}`) onChange();
    });
    // Without Redis the bus is this process's own; a look now and then makes up for what another process does.
    const timer = setInterval(onChange, 2_000);
    const stop = (): void => {
      unsubscribe();
      clearInterval(timer);
    };
    signal.addEventListener('abort', () => {
      stop();
      resolve('interrupted');
    });
    onChange();
  });
}

/** Prints a line whenever a stage has another status, and puts its questions to the person at the terminal. */
class StageLines {
  private readonly shown = new Map<string, string>();

  constructor(private readonly options: ExampleOptions) {}

  show(executionId: string, stage: StageState): void {
    if (stage.status === 'NOT_STARTED' || this.shown.get(stage.id) === stage.status) return;
    const { print } = this.options;
    this.shown.set(stage.id, stage.status);
    const took =
      stage.endTime === undefined || stage.startTime === undefined
        ? ''
        : `  ${((stage.endTime - stage.startTime) / 1_000).toFixed(1)} s`;
    print(`  ${stage.status.padEnd(10)} ${stage.name}${took}`);
    const problem = errorOf(stage.context['exception']);
    if (isComplete(stage.status) && problem !== undefined) print(`             ${problem}`);
    if (stage.type === 'manualJudgment' && isActive(stage.status)) void this.judge(executionId, stage);
  }

  private async judge(executionId: string, stage: StageState): Promise<void> {
    const { ask, gate, print } = this.options;
    const path = `/pipelines/${executionId}/stages/${stage.id}`;
    if (ask === undefined)
      print('             nobody is at this terminal: answered with "continue", this once');
    const go = ask === undefined || (await ask(`             ${stage.name} [y/n] `));
    await request(gate, 'PATCH', path, { judgmentStatus: go ? 'continue' : 'stop' });
  }
}

function errorOf(exception: unknown): string | undefined {
  const details = isObject(exception) ? exception['details'] : undefined;
  const errors = isObject(details) ? details['errors'] : undefined;
  return Array.isArray(errors) && errors.length > 0 ? String(errors[0]) : undefined;
}

async function expectOk(answer: Promise<{ status: number; body: unknown }>): Promise<unknown> {
  const { status, body } = await answer;
  if (status < 300) return body;
  const message = isObject(body) ? String(body['message']) : '';
  throw new Error(`the example could not be set up: ${status} ${message}`);
}
