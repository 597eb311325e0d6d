import { FAULT_POINTS, type FaultPoint, onFaultPoint } from '@gennaker/work';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { operationMigrations } from '@gennaker/operation';
import { clouddriverMigrations } from '@gennaker/inventory';
import { clouddriverConfigFrom } from '../../apps/clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../../apps/clouddriver/src/clouddriver.service.js';
import { catalogMigrations } from '@gennaker/catalog';
import { orcaConfigSchema } from '../../apps/orca/src/orca.config.js';
import { OrcaService } from '../../apps/orca/src/orca.service.js';

/**
 * A worker of the drill: orchestration and cloud driver in one process, which kills itself with SIGKILL when it reaches
 * the fault point that it was given, for the n-th time.
 */
const [crashAt, countdown] = (process.env['DRILL_CRASH'] ?? '').split(':');
let left = Number(countdown);
if (FAULT_POINTS.includes(crashAt as FaultPoint)) {
  onFaultPoint((point) => {
    if (point !== crashAt) return;
    left -= 1;
    if (left <= 0) process.kill(process.pid, 'SIGKILL');
  });
}

const platform = await createPlatform(platformConfigFrom('drill', process.env), [
  operationMigrations,
  clouddriverMigrations,
  catalogMigrations,
]);
const clouddriver = new ClouddriverService(
  platform,
  clouddriverConfigFrom(
    {
      ...process.env,
      CLOUDDRIVER_INVENTORY: 'false',
      CLOUDDRIVER_OPERATION_LEASE_MS: '2000',
      CLOUDDRIVER_RELAY_INTERVAL_MS: '300',
    },
    { accounts: [{ name: 'playground', kubeconfigContents: process.env['DRILL_KUBECONFIG'] }] },
  ),
);
await clouddriver.start();
const orca = new OrcaService(
  platform,
  orcaConfigSchema.parse({ leaseMs: 2_000, relayIntervalMs: 300, http: { allowPrivateAddresses: true } }),
);
orca.start();
process.send?.('ready');
