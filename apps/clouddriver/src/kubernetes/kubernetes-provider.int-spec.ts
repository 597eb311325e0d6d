import { type Playground, startPlayground } from '@gennaker/playground';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClouddriverService } from '../clouddriver.service.js';
import { RunningClouddriver } from '../http/clouddriver-api.suite.js';
import { describeProvider } from '../providers/provider-conformance.suite.js';

let playground: Playground;
let driver: RunningClouddriver;

beforeAll(async () => {
  playground = await startPlayground();
  driver = await RunningClouddriver.start({ name: 'prod', kubeconfigContents: playground.kubeconfig() });
});
afterAll(async () => {
  await driver.stop();
  await playground.stop();
});

describeProvider('kubernetes', async () => {
  const definition = { type: 'kubernetes', name: 'another', kubeconfigContents: playground.kubeconfig() };
  return {
    provider: driver.app.get(ClouddriverService, { strict: false }).kubernetes,
    definition,
    secrets: [/token: (\S+)/.exec(playground.kubeconfig())?.[1] ?? 'kubeconfig'],
    wrong: { definition: { ...definition, name: 'wrong', context: 'nowhere' }, path: 'context' },
  };
});

it('shows its providers to clients', async () => {
  const { status, body } = await driver.get('/providers');
  expect(status).toBe(200);
  expect(body).toMatchObject([
    {
      id: 'kubernetes',
      apiVersion: 1,
      redact: ['/kubeconfigContents'],
      operations: expect.arrayContaining([
        expect.objectContaining({
          name: 'scaleManifest',
          schema: expect.objectContaining({
            properties: expect.objectContaining({ manifestName: expect.anything() }),
          }),
        }),
      ]),
      capabilities: { serverGroups: expect.arrayContaining(['disableManifest']) },
    },
  ]);
});
