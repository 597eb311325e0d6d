import { CanaryConfigStore, CanaryStore } from '@gennaker/canary-store';
import { Catalog } from '@gennaker/catalog';
import { OperationStore } from '@gennaker/operation';
import { UndiciHttp } from '@gennaker/outbound';
import type { Platform } from '@gennaker/platform';
import { stageConfigProblems, type StageDefinition, type StagePorts, StageRegistry } from '@gennaker/stages';
import { StreamCanaries } from './canary-port.js';
import { CatalogChanges } from './catalog-port.js';
import { ChildExecutions } from './executions-port.js';
import { ExpressionEffects } from './expression-effects.js';
import { ClusterInventory } from './inventory-port.js';
import { ExecutionLocks } from './locks-port.js';
import { StreamOperations } from './operations-port.js';
import type { OrcaConfig } from './orca.config.js';

/** The outside world, as the stages of this installation reach it. */
export function stagePorts(
  platform: Platform,
  config: OrcaConfig,
  definitions: StageDefinition[],
): StagePorts {
  const http = new UndiciHttp(config.http, platform.secrets);
  const stageTypes = new Set(definitions.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]));
  // Pipelines that a task saves are checked by the front door's rules.
  const { database, journal, clock } = platform;
  const registry = new StageRegistry(definitions);
  const catalog = new Catalog(database.pool, journal.store, clock, {
    stageTypes,
    stageFields: (stages) => stageConfigProblems(stages, registry, { unfinished: true }),
    lenientExpressions: config.expressions === 'lenient',
  });
  const canaryConfigs = new CanaryConfigStore(database.pool, clock);
  const executions = new ChildExecutions(platform, catalog, (type) => stageTypes.has(type));
  return {
    operations: new StreamOperations(
      new OperationStore(platform.journal, platform.blobs, platform.seals),
      platform.executions,
    ),
    canaries: new StreamCanaries(
      canaryConfigs,
      new CanaryStore(platform.journal, platform.database.pool, platform.clock),
      platform.executions,
    ),
    http,
    inventory: new ClusterInventory(database.pool),
    catalog: new CatalogChanges(catalog),
    expressions: new ExpressionEffects(http, catalog, canaryConfigs, config.http),
    executions,
    locks: new ExecutionLocks(platform, executions),
  };
}
