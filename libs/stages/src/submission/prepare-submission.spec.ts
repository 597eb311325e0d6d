import type { JsonObject } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import { prepareSubmission } from './prepare-submission.js';

const environment = { now: 1_700_000_000_000, random: () => 0.5, uuid: () => 'u' };
const prepare = (pipeline: JsonObject, prior: JsonObject[] = []) =>
  prepareSubmission(pipeline, { environment, priorArtifacts: async () => prior });
const image = (reference: string) => ({ type: 'docker/image', name: 'nginx', reference });
const expected = (id: string, more: object = {}) => ({
  id,
  displayName: id,
  matchArtifact: { type: 'docker/image', name: 'nginx' },
  ...more,
});
const bound = ({ trigger }: JsonObject) =>
  (
    trigger as { resolvedExpectedArtifacts: { id: string; boundArtifact: JsonObject }[] }
  ).resolvedExpectedArtifacts.map(({ id, boundArtifact }) => [id, boundArtifact['reference']]);

describe('a pipeline that is submitted', () => {
  it('has its expressions outside of the stages evaluated, and the names of the stages', async () => {
    const prepared = await prepare({
      name: 'p ${parameters.env}',
      description: "${trigger['tag']}",
      notifications: [{ message: "${#stage('x').status} of ${parameters.env}" }],
      trigger: { tag: 'v1', parameters: { env: 'prod' } },
      stages: [
        { name: 'Deploy ${parameters.env}', type: 'wait', waitTime: '${1 + 1}' },
        { name: '${no.such}' },
      ],
    });
    expect(prepared).toMatchObject({
      name: 'p prod',
      description: 'v1',
      notifications: [{ message: "${#stage('x').status} of ${parameters.env}" }],
      stages: [{ name: 'Deploy prod', waitTime: '${1 + 1}' }, { name: '${no.such}' }],
    });
  });

  it('has what the variables of its template decide together with the trigger put into its stages', async () => {
    const prepared = await prepare({
      templateVariables: { replicas: { prod: 6, staging: 1 } },
      trigger: { parameters: { env: 'prod' } },
      stages: [
        { replicas: '${ templateVariables.replicas[parameters.env] }', waitTime: '${1 + 1}' },
        { text: "${ templateVariables.replicas.staging } after ${ #stage('x').status }" },
      ],
    });
    expect(prepared['stages']).toEqual([
      { replicas: 6, waitTime: '${1 + 1}' },
      { text: "1 after ${#stage('x').status}" },
    ]);
  });

  it('evaluates defaults of parameters, but never what is given from outside', async () => {
    const { trigger } = await prepare({
      parameterConfig: [
        { name: 'tag', default: "${trigger.tag + '-x'}" },
        { name: 'given', default: 'd' },
        { name: 'none' },
      ],
      trigger: { tag: 'v1', note: '${1 + 1}', parameters: { given: '${2 + 2}' } },
    });
    expect(trigger).toMatchObject({ note: '${1 + 1}', parameters: { given: '${2 + 2}', tag: 'v1-x' } });
    expect((trigger as { parameters: object }).parameters).not.toHaveProperty('none');
  });

  it('binds what it expects: received, else prior, else default', async () => {
    const artifacts = [image('nginx:2')];
    const given = { trigger: { artifacts, expectedArtifactIds: ['a'] }, expectedArtifacts: [expected('a')] };
    expect(bound(await prepare(given))).toEqual([['a', 'nginx:2']]);

    const fallbacks = { usePriorArtifact: true, useDefaultArtifact: true, defaultArtifact: image('nginx:0') };
    const falling = { id: 'config', expectedArtifacts: [expected('a', fallbacks)] };
    expect(bound(await prepare(falling, [image('nginx:1')]))).toEqual([['a', 'nginx:1']]);
    const byDefault = await prepare(falling);
    expect(bound(byDefault)).toEqual([['a', 'nginx:0']]);
    expect(byDefault['trigger']).toMatchObject({ artifacts: [image('nginx:0')] });
  });

  it('takes a version that an expression gives', async () => {
    const prepared = await prepare({
      expectedArtifacts: [{ id: 'a', matchArtifact: { type: 'docker/image', version: '${parameters.tag}' } }],
      trigger: {
        parameters: { tag: '2' },
        artifacts: [
          { ...image('nginx:1'), version: '1' },
          { ...image('nginx:2'), version: '2' },
        ],
      },
    });
    expect(bound(prepared)).toEqual([['a', 'nginx:2']]);
  });

  it('is refused when something is missing that the trigger names, with every expectation', async () => {
    const pipeline = {
      expectedArtifacts: [expected('a'), expected('b'), expected('c')],
      trigger: { expectedArtifactIds: ['a', 'c'] },
    };
    await expect(prepare(pipeline)).rejects.toMatchObject({
      status: 400,
      problems: [
        { path: 'expectedArtifacts[0]', message: expect.stringContaining("'a'") },
        { path: 'expectedArtifacts[2]', message: expect.stringContaining("'c'") },
      ],
    });
    expect(bound(await prepare({ expectedArtifacts: [expected('b')] }))).toEqual([]);
  });

  it('is refused when two different artifacts fit one expectation', async () => {
    const artifacts = [image('nginx:1'), image('nginx:2')];
    await expect(prepare({ expectedArtifacts: [expected('a')], trigger: { artifacts } })).rejects.toThrow(
      /multiple/,
    );
  });
});
