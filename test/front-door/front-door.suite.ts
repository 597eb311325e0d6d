import { type Answer, type TestGate, startTestGate } from '../../apps/gate/src/testing/gate.suite.js';
import { orcaConfigFrom } from '../../apps/orca/src/orca.config.js';
import { OrcaService } from '../../apps/orca/src/orca.service.js';

/** The front door with orchestration behind it, in one process. */
export interface FrontDoor extends TestGate {
  /** Asks again until the answer is as wanted; the test's own time-out ends it. */
  until(url: string, wanted: (answer: Answer) => boolean): Promise<Answer>;
}

export async function startFrontDoor(environment: Record<string, string> = {}): Promise<FrontDoor> {
  const gate = await startTestGate(environment);
  const orca = new OrcaService(gate.platform, orcaConfigFrom({ RELAY_INTERVAL_MS: '50', ...environment }));
  orca.start();
  return {
    ...gate,
    until: async (url, wanted) => {
      for (;;) {
        const answer = await gate.call('GET', url);
        if (wanted(answer)) return answer;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: async () => {
      await orca.stop();
      await gate.close();
    },
  };
}
