import { Catalog, type SupportedFeatures } from '@gennaker/catalog';
import { UndiciHttp } from '@gennaker/outbound';
import type { Platform } from '@gennaker/platform';
import type { Provider } from '@nestjs/common';
import { CanaryJudge } from '../canary/canary-judge.js';
import type { GateConfig } from '../gate.config.js';
import type { StageTypes } from '../stage-types.js';
import { IMPORT_HTTP } from './export.controller.js';
import { InstallationExport } from './installation-export.js';
import { InstallationImport } from './installation-import.js';

/** What the front door carries out of a configuration of Spinnaker. */
export function supportedFeatures(stageTypes: StageTypes): SupportedFeatures {
  return {
    stageTypes: stageTypes.names,
    cloudProviders: new Set(['kubernetes']),
    triggers: new Set(['webhook', 'cdevents', 'manual']),
    notifications: new Set(),
  };
}

export function exportProviders(platform: Platform, config: GateConfig, stageTypes: StageTypes): Provider[] {
  const { database, journal, clock } = platform;
  return [
    {
      provide: InstallationExport,
      inject: [Catalog, CanaryJudge],
      useFactory: (catalog: Catalog, judge: CanaryJudge) => new InstallationExport(catalog, judge.configs),
    },
    {
      provide: InstallationImport,
      inject: [Catalog, CanaryJudge],
      useFactory: (catalog: Catalog, judge: CanaryJudge) => {
        const lenient = new Catalog(database.pool, journal.store, clock);
        lenient.store.onChange((changed) => platform.live.publish(changed));
        return new InstallationImport(catalog, lenient, judge.configs, supportedFeatures(stageTypes));
      },
    },
    {
      provide: IMPORT_HTTP,
      useFactory: () =>
        new UndiciHttp({ ...config.httpPolicy, maxResponseBytes: config.importLimit }, platform.secrets),
    },
  ];
}
