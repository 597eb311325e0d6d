import { startPlayground, type Playground } from '@gennaker/playground';
import { afterAll, beforeAll } from 'vitest';
import { describeScenarios } from './scenarios.suite.js';

let playground: Playground;
beforeAll(async () => {
  playground = await startPlayground();
});
afterAll(() => playground.stop());

describeScenarios('the playground', async () => playground.kubeconfig());
