import { Catalog } from '@gennaker/catalog';
import { OperationStore } from '@gennaker/operation';
import type { Platform } from '@gennaker/platform';
import type { StageDefinition, StagePorts } from '@gennaker/stages';
import { CatalogChanges } from './catalog-port.js';
import { ExpressionEffects } from './expression-effects.js';
import { UndiciHttp } from './http-port.js';
import { StreamOperations } from './operations-port.js';
import type { OrcaConfig } from './orca.config.js';

/** The outside world, as the stages of this installation reach it. */
export function stagePorts(
  platform: Platform,
  config: OrcaConfig,
  definitions: StageDefinition[],
): StagePorts {
  const http = new UndiciHttp(config.http);
  const catalog = catalogOf(platform, definitions);
  return {
    operations: new StreamOperations(new OperationStore(platform.journal, platform.blobs)),
    http,
    catalog: new CatalogChanges(catalog),
    expressions: new ExpressionEffects(http, catalog),
  };
}

/** Pipelines that a task saves are checked by the front door's rules. */
function catalogOf(platform: Platform, definitions: StageDefinition[]): Catalog {
  const stageTypes = new Set(definitions.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]));
  return new Catalog(platform.database.pool, platform.journal.store, platform.clock, { stageTypes });
}
