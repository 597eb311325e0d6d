import { describe, expect, it } from 'vitest';
import { pipelineProblems } from './pipeline-validation.js';

const rules = { stageTypes: new Set(['wait', 'webhook']) };
const pipeline = (stages: unknown, more: object = {}) => ({ application: 'app', name: 'p', stages, ...more });
const wait = (refId: string, ...requisiteStageRefIds: string[]) => ({
  type: 'wait',
  refId,
  requisiteStageRefIds,
});
const problemsOf = (value: object) =>
  pipelineProblems(value as Record<string, unknown>, rules).errors.map(
    ({ path, message }) => `${path}: ${message}`,
  );

describe('pipelineProblems', () => {
  it('accepts a graph, a list without refIds, numbers as refIds, and no stages at all', () => {
    expect(problemsOf(pipeline([wait('1'), wait('2', '1'), wait('3', '1'), wait('4', '2', '3')]))).toEqual(
      [],
    );
    expect(problemsOf(pipeline([{ type: 'wait' }, { type: 'wait' }]))).toEqual([]);
    expect(
      problemsOf(
        pipeline([
          { type: 'wait', refId: 1 },
          { type: 'wait', refId: '2', requisiteStageRefIds: [1] },
        ]),
      ),
    ).toEqual([]);
    expect(problemsOf(pipeline(undefined))).toEqual([]);
    expect(problemsOf(pipeline([{ ...wait('1'), requisiteStageRefIds: null }]))).toEqual([]);
  });

  it.each([
    [{ stages: [] }, 'application: A pipeline requires an application'],
    [{ application: 'a', name: '  ' }, 'name: A pipeline requires a name'],
    [{ application: 'a', name: 'x\ny' }, 'name: must not hold control characters'],
    [pipeline('no'), 'stages: must be a list of stages'],
    [pipeline([7]), 'stages[0]: must be an object'],
    [pipeline([{}]), 'stages[0].type: is missing: every stage needs a type'],
    [
      pipeline([{ type: 'teleport' }]),
      'stages[0].type: there is no stage type "teleport"; GET /stages lists them',
    ],
    [pipeline([wait('1'), wait('1')]), 'stages[1].refId: refId "1" is already used by stages[0]'],
    [pipeline([wait('1'), { type: 'wait' }]), 'stages[1].refId: is required, because other stages have one'],
    [pipeline([wait('1', '9')]), 'stages[0].requisiteStageRefIds[0]: no stage has the refId "9"'],
    [
      pipeline([wait('1', '1')]),
      'stages[0].requisiteStageRefIds: the stages wait for each other in a circle: 1 → 1',
    ],
    [
      pipeline([wait('0'), wait('1', '0', '3'), wait('2', '1'), wait('3', '2')]),
      'stages[1].requisiteStageRefIds: the stages wait for each other in a circle: 1 → 3 → 2 → 1',
    ],
    [
      pipeline([{ ...wait('1'), requisiteStageRefIds: '2' }]),
      'stages[0].requisiteStageRefIds: must be a list of refIds',
    ],
    [pipeline([{ type: 'wait', name: 7 }]), 'stages[0].name: must be text'],
    [pipeline([], { expressions: 'loose' }), 'expressions: must be "strict" or "lenient"'],
    [pipeline([], { triggers: {} }), 'triggers: must be a list'],
    [pipeline([], { triggers: [{ enabled: true }] }), 'triggers[0].type: is required'],
    [pipeline([], { parameterConfig: [{}] }), 'parameterConfig[0].name: is required'],
    [pipeline([], { disabled: 'yes' }), 'disabled: must be true or false'],
    [
      pipeline([], { maxConcurrentExecutions: -1 }),
      'maxConcurrentExecutions: must be a whole number, 0 for no limit',
    ],
  ])('names what is wrong: case %#', (value, problem) => {
    expect(problemsOf(value)).toContain(problem);
  });

  it('asks nothing of the stages of a templated pipeline, but wants its template', () => {
    const templated = { application: 'a', name: 'p', type: 'templatedPipeline', schema: 'v2' };
    expect(
      problemsOf({ ...templated, template: { reference: 'spinnaker://t' }, stages: [{ type: 'other' }] }),
    ).toEqual([]);
    expect(problemsOf(templated)).toEqual([
      'template.reference: must name the template, as in spinnaker://my-template',
    ]);
  });

  it('finds its way through two thousand stages in a row', () => {
    const stages = Array.from({ length: 2_000 }, (_, index) =>
      index === 0 ? wait('0') : wait(`${index}`, `${index - 1}`),
    );
    expect(problemsOf(pipeline(stages))).toEqual([]);
    expect(problemsOf(pipeline([...stages, wait('x')]))).toEqual(['stages: at most 2000 stages']);
  });

  it('tells errors of expressions from warnings, and refuses nothing in a lenient pipeline', () => {
    const stages = [{ type: 'wait', waitTime: '${1 +}', comments: "${#stage('x').status}" }];
    const severe = pipelineProblems(pipeline(stages), rules);
    expect(severe.errors).toMatchObject([
      { path: 'stages[0].waitTime', code: 'expression.syntax', column: 6 },
    ]);
    expect(severe.warnings).toMatchObject([{ path: 'stages[0].comments', severity: 'warning' }]);
    expect(pipelineProblems(pipeline(stages, { expressions: 'lenient' }), rules).errors).toEqual([]);
    expect(pipelineProblems(pipeline(stages), { ...rules, lenientExpressions: true }).errors).toEqual([]);
  });
});
