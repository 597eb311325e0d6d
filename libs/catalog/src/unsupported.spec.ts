import { describe, expect, it } from 'vitest';
import {
  type SupportedFeatures,
  unsupportedInApplication,
  unsupportedInNotifications,
  unsupportedInPipeline,
  unsupportedInTemplate,
} from './unsupported.js';

const supported: SupportedFeatures = {
  stageTypes: new Set(['wait', 'deployManifest', 'webhook']),
  cloudProviders: new Set(['kubernetes']),
  triggers: new Set(['webhook']),
  notifications: new Set(),
};
const places = (found: { path: string; value: string; blocks: boolean }[]) =>
  found.map(({ path, value, blocks }) => [path, value, blocks]);

describe('what is not supported in a configuration of Spinnaker', () => {
  it('is found in stages, triggers and notifications, each with its place', () => {
    const pipeline = {
      name: 'p',
      application: 'a',
      stages: [
        { type: 'wait', refId: '1' },
        { type: 'bake', refId: '2', cloudProviderType: 'aws' },
        { type: 'deployManifest', cloudProvider: 'kubernetes', notifications: [{ type: 'slack' }] },
        { type: 'deploy', clusters: [{ provider: 'gce', cloudProvider: 'gce' }] },
      ],
      triggers: [{ type: 'webhook' }, { type: 'jenkins', runAsUser: 'robot' }],
      notifications: [{ type: 'email' }],
      roles: ['team'],
    };
    expect(places(unsupportedInPipeline(pipeline, supported))).toEqual([
      ['stages[1].type', 'bake', true],
      ['stages[1].cloudProviderType', 'aws', true],
      ['stages[2].notifications[0].type', 'slack', false],
      ['stages[3].type', 'deploy', true],
      ['stages[3].clusters[0].cloudProvider', 'gce', true],
      ['triggers[1].type', 'jenkins', false],
      ['triggers[1].runAsUser', 'triggers[1].runAsUser', false],
      ['notifications[0].type', 'email', false],
      ['roles', 'roles', false],
    ]);
  });

  it('is nothing in a pipeline that only uses what is here, aliases and templates of stage types included', () => {
    const stages = [
      { type: 'wait' },
      { type: 'old', alias: 'webhook' },
      { type: '${ templateVariables.kind }' },
    ];
    expect(unsupportedInPipeline({ stages, triggers: [{ type: 'webhook' }] }, supported)).toEqual([]);
  });

  it('is every pipeline of a template before v2', () => {
    const found = unsupportedInPipeline({ type: 'templatedPipeline', schema: '1' }, supported);
    expect(places(found)).toEqual([['schema', '1', true]]);
    expect(unsupportedInPipeline({ type: 'templatedPipeline', schema: 'v2' }, supported)).toEqual([]);
  });

  it('is found in templates, applications and notifications of applications', () => {
    expect(places(unsupportedInTemplate({ pipeline: { stages: [{ type: 'bake' }] } }, supported))).toEqual([
      ['pipeline.stages[0].type', 'bake', true],
    ]);
    expect(places(unsupportedInApplication({ cloudProviders: 'kubernetes, aws' }, supported))).toEqual([
      ['cloudProviders', 'aws', false],
    ]);
    expect(
      places(unsupportedInNotifications({ application: 'a', sms: [{}, {}], email: [] }, supported)),
    ).toEqual([
      ['sms[0]', 'sms', false],
      ['sms[1]', 'sms', false],
    ]);
  });
});
