import { describe } from 'vitest';
import { describeDeleteScenarios } from './delete-scenarios.suite.js';
import { describeDeployScenarios } from './deploy-scenarios.suite.js';
import { describePatchScenarios } from './patch-scenarios.suite.js';
import { describeReadScenarios } from './read-scenarios.suite.js';

/** What Spinnaker's own integration suite asks of a cloud driver; docs/kubernetes-scenarios.md lists it. */
export function describeScenarios(name: string, kubeconfig: () => Promise<string>): void {
  describe(`the scenarios on ${name}`, () => {
    describeDeployScenarios(kubeconfig);
    describePatchScenarios(kubeconfig);
    describeDeleteScenarios(kubeconfig);
    describeReadScenarios(kubeconfig);
  });
}
