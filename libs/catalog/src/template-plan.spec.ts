import { describe, expect, it } from 'vitest';
import { planTemplate } from './template-plan.js';

const template = {
  id: 't',
  variables: [
    { name: 'seconds', type: 'int', defaultValue: 5 },
    { name: 'names', type: 'list', defaultValue: ['a'] },
    { name: 'target', type: 'string', description: 'where to deploy' },
  ],
  pipeline: {
    limitConcurrent: true,
    triggers: [{ type: 'cron', name: 'nightly' }],
    parameterConfig: [{ name: 'p', default: '1' }],
    stages: [
      { refId: '1', type: 'wait', waitTime: '${ templateVariables.seconds }', requisiteStageRefIds: [] },
      {
        refId: '2',
        type: 'deployManifest',
        account: "${ templateVariables['target'] }",
        requisiteStageRefIds: ['1'],
      },
    ],
  },
};
const config = {
  application: 'app',
  name: 'p',
  type: 'templatedPipeline',
  schema: 'v2',
  template: { reference: 'spinnaker://t' },
};
const environment = { now: 0, random: () => 0, uuid: () => '' };
const plan = (more: object) =>
  planTemplate({ ...config, variables: { target: 'prod' }, ...more }, [template], environment);
const graph = (pipeline: Record<string, unknown>) =>
  Object.fromEntries(
    (pipeline.stages as { refId: string; requisiteStageRefIds: string[] }[]).map((stage) => [
      stage.refId,
      stage.requisiteStageRefIds,
    ]),
  );

describe('planTemplate', () => {
  it('puts variables in, keeping their types, and takes over what the template says', () => {
    expect(plan({ variables: { target: 'prod', seconds: 7 } })).toEqual({
      application: 'app',
      name: 'p',
      limitConcurrent: true,
      triggers: [{ type: 'cron', name: 'nightly' }],
      parameterConfig: [{ name: 'p', default: '1' }],
      stages: [
        { refId: '1', type: 'wait', waitTime: 7, requisiteStageRefIds: [] },
        { refId: '2', type: 'deployManifest', account: 'prod', requisiteStageRefIds: ['1'] },
      ],
      templateVariables: { target: 'prod', seconds: 7, names: ['a'] },
    });
  });

  it('names every variable that is missing or of the wrong type, and lets expressions pass for any type', () => {
    expect(() =>
      planTemplate({ ...config, variables: { seconds: 'soon' } }, [template], environment),
    ).toThrow(
      'variables.seconds: must be of type int, and is of type string; ' +
        'variables.target: has no value: the template needs one (where to deploy)',
    );
    expect(() => plan({ variables: { target: 'x', seconds: '${ trigger.parameters.s }' } })).not.toThrow();
  });

  it('leaves expressions that need the run for the run', () => {
    const pipeline = planTemplate(
      { ...config, variables: { target: 'x' } },
      [
        {
          ...template,
          pipeline: {
            stages: [
              {
                type: 'wait',
                comment: 'to ${ templateVariables.target } by ${ trigger.user }',
                sum: '${ templateVariables.seconds + 1 }',
              },
            ],
          },
        },
      ],
      environment,
    );
    expect(pipeline.stages).toEqual([
      { type: 'wait', refId: '0', requisiteStageRefIds: [], comment: 'to x by ${ trigger.user }', sum: 6 },
    ]);
  });

  const planned = (text: string, more: object = {}) => {
    const child = { id: 'c', pipeline: { stages: [{ refId: 'x', type: 'wait', text }] } };
    const given = { ...config, variables: { target: 'prod' }, ...more };
    const { stages } = planTemplate(given, [template, child], environment);
    return (stages as { refId: string; text: unknown }[]).find(({ refId }) => refId === 'x')?.text;
  };

  it.each([
    ['${ templateVariables.names[0] }', 'a'],
    ["${ templateVariables.target == 'prod' ? 3 : 1 } of ${ execution.id }", '3 of ${execution.id}'],
    ['${ templateVariables.names[trigger.index] }', '${ templateVariables.names[trigger.index] }'],
  ])('evaluates what variables alone decide: %s', (text, value) => {
    expect(planned(text)).toEqual(value);
  });

  it('does not look for expressions in the trigger, which comes from outside', () => {
    const trigger = { parameters: { p: '${ templateVariables.target } ${ templateVariables.names[0] }' } };
    expect(plan({ trigger }).trigger).toEqual(trigger);
  });

  it('names variables that the template uses and does not declare', () => {
    expect(() => planned('to ${ templateVariables.zone } and ${ templateVariables["area"] }')).toThrow(
      'stages[2].text: uses the variable "zone", which the template does not declare; ' +
        'stages[2].text: uses the variable "area"',
    );
    expect(planned('templateVariables.zone')).toBe('templateVariables.zone');
  });

  it('takes the types that Spinnaker knows, whatever stands for an object', () => {
    const typed = (type: string, value: unknown) =>
      planTemplate(
        { ...config, variables: { v: value } },
        [{ id: 't', variables: [{ name: 'v', type }] }],
        environment,
      );
    for (const [type, value] of [
      ['bool', true],
      ['integer', 3],
      ['int', 3.0],
      ['object', 'text'],
      ['Object', [1]],
      ['float', 1],
    ] as const)
      expect(() => typed(type, value)).not.toThrow();
    for (const [type, value] of [
      ['bool', 'true'],
      ['integer', 1.5],
      ['int', '3'],
      ['list', 'a,b'],
    ] as const)
      expect(() => typed(type, value)).toThrow('variables.v: must be of type');
  });

  it('inherits lists unless they are excluded, and lets the configuration replace entries', () => {
    expect(plan({ exclude: ['triggers', 'parameters'] })).not.toHaveProperty('triggers');
    expect(
      plan({ triggers: [{ type: 'cron', name: 'nightly', enabled: false }, { type: 'git' }] }).triggers,
    ).toEqual([{ type: 'cron', name: 'nightly', enabled: false }, { type: 'git' }]);
  });

  it.each([
    [{ first: true }, { x: [], '1': ['x'], '2': ['1'] }],
    [{ last: true }, { '1': [], '2': ['1'], x: ['2'] }],
    [{ before: ['2'] }, { '1': [], x: ['1'], '2': ['x'] }],
    [{ after: ['1'] }, { '1': [], x: ['1'], '2': ['x'] }],
  ])('injects a stage %j', (inject, expected) => {
    expect(graph(plan({ stages: [{ refId: 'x', type: 'wait', inject }] }))).toEqual(expected);
  });

  it('replaces a stage of the same refId and refuses to inject beside one that is not there', () => {
    expect(plan({ stages: [{ refId: '1', type: 'noop' }] }).stages).toContainEqual({
      refId: '1',
      type: 'noop',
      requisiteStageRefIds: [],
    });
    expect(() => plan({ stages: [{ type: 'wait', inject: { after: ['9'] } }] })).toThrow(
      'stages[0].inject: The template has no stage with refId 9',
    );
    expect(() => plan({ stages: [{ type: 'wait', inject: 'somewhere' }] })).toThrow(
      'stages[0].inject: must be',
    );
  });

  it('lets a template build on another', () => {
    const child = {
      id: 'c',
      variables: [{ name: 'seconds', type: 'int', defaultValue: 9 }],
      pipeline: { stages: [{ refId: 'x', type: 'noop', inject: { last: true } }] },
    };
    const pipeline = planTemplate(
      { ...config, variables: { target: 'prod' } },
      [template, child],
      environment,
    );
    expect(graph(pipeline)).toEqual({ '1': [], '2': ['1'], x: ['2'] });
    expect(pipeline.templateVariables).toEqual({ seconds: 9, names: ['a'], target: 'prod' });
  });

  it('plans a thousand pipelines of twenty stages without trouble', () => {
    const stages = Array.from({ length: 20 }, (_, index) => ({
      refId: `${index}`,
      type: 'wait',
      waitTime: '${ templateVariables.seconds }',
    }));
    const wide = { ...template, pipeline: { stages } };
    for (let count = 0; count < 1_000; count += 1)
      planTemplate({ ...config, variables: { target: `${count}` } }, [wide], environment);
  });
});
