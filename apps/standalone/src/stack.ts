import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceAuthenticator } from '@gennaker/access';
import { kayentaMigrations } from '@gennaker/canary-store';
import { catalogMigrations } from '@gennaker/catalog';
import { createHttpApp, HealthRegistry, listenHttp } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import { logger } from '@gennaker/observability';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, type Platform, platformConfigFrom } from '@gennaker/platform';
import { type Playground, startPlayground } from '@gennaker/playground';
import { accountsOfEnvironment, clouddriverConfigFrom } from '../../clouddriver/src/clouddriver.config.js';
import { ClouddriverModule } from '../../clouddriver/src/clouddriver.module.js';
import { gateConfigFrom } from '../../gate/src/gate.config.js';
import { GateModule, gateHttpOptions } from '../../gate/src/gate.module.js';
import { kayentaConfigFrom } from '../../kayenta/src/kayenta.config.js';
import { kayentaHttpOptions, KayentaModule } from '../../kayenta/src/kayenta.module.js';
import { orcaConfigFrom } from '../../orca/src/orca.config.js';
import { OrcaService } from '../../orca/src/orca.service.js';
import { encryptionKey } from './encryption-key.js';
import { EXAMPLE_ACCOUNT } from './example/example-pipeline.js';

export interface StackOptions {
  databaseUrl: string;
  /** Undefined: the queue is BullMQ's Postgres backend on `databaseUrl`. */
  redisUrl: string | undefined;
  /** Folder for what must survive a restart and is not in the database. */
  dataDir: string;
  /** Settings of the services, as environment variables. */
  environment: Record<string, string | undefined>;
  /** Port of the playground cluster; 0: any free one. Undefined: no playground. */
  playgroundPort: number | undefined;
  /** Shows a line to the person at the terminal. */
  print: (line: string) => void;
}

export interface Stack {
  platform: Platform;
  /** URL of the front door. */
  url: string;
  playground: Playground | undefined;
  /** Takes no more work, finishes or releases what it holds, and closes its connections. */
  close(): Promise<void>;
}

const MIGRATIONS = [operationMigrations, catalogMigrations, clouddriverMigrations, kayentaMigrations];
/** Where services listen that only the gate asks, which shows their token. */
const FOR_THE_GATE = { host: '127.0.0.1', port: 0, allowUnauthenticatedNetwork: false };
const log = logger('standalone');

/** What has been started, so that it can be stopped in the opposite order, also after a start that failed half-way. */
class Started {
  private readonly steps: { name: string; stop: () => Promise<void> }[] = [];

  add(name: string, stop: () => Promise<void>): void {
    this.steps.push({ name, stop });
  }

  async stop(): Promise<void> {
    for (const { name, stop } of this.steps.splice(0).reverse()) {
      await stop().catch((error: unknown) =>
        log.error('a part did not stop in order', { part: name, error }),
      );
    }
  }
}

/** Starts all services in this process. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const started = new Started();
  try {
    return await startParts(options, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

async function startParts(options: StackOptions, started: Started): Promise<Stack> {
  const key = await encryptionKey(options.dataDir);
  const environment = {
    LOG_LEVEL: 'warn',
    ...options.environment,
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    CLOUDDRIVER_ENCRYPTION_KEYS: options.environment['CLOUDDRIVER_ENCRYPTION_KEYS'] || key,
    SECRETS_ENCRYPTION_KEYS: options.environment['SECRETS_ENCRYPTION_KEYS'] || key,
  };
  const playground = await openPlayground(options, started);
  const platform = await createPlatform(platformConfigFrom('standalone', environment), MIGRATIONS);
  started.add('platform', () => platform.close());

  const serviceToken = options.environment['GENNAKER_SERVICE_TOKEN'] || randomBytes(24).toString('base64url');
  const clouddriver = await createHttpApp(
    ClouddriverModule.register(
      platform,
      clouddriverConfigFrom(environment, {
        replica: 'standalone',
        accounts: [...accountsOf(playground), ...accountsOfEnvironment(environment)],
      }),
    ),
    {
      service: 'standalone',
      logLevel: gateConfigFrom(environment).logLevel,
      authenticator: new ServiceAuthenticator(serviceToken),
    },
  );
  started.add('clouddriver', () => clouddriver.close());
  const clouddriverUrl = await listenHttp(clouddriver, FOR_THE_GATE);

  const kayentaConfig = kayentaConfigFrom(
    { ...environment, GENNAKER_SERVICE_TOKEN: serviceToken },
    metricAccountsOf(playground),
  );
  const kayenta = await createHttpApp(KayentaModule.register(platform, kayentaConfig), {
    ...kayentaHttpOptions(kayentaConfig),
    service: 'standalone',
    logLevel: gateConfigFrom(environment).logLevel,
  });
  started.add('kayenta', () => kayenta.close());
  const kayentaUrl = await listenHttp(kayenta, FOR_THE_GATE);

  const gateConfig = gateConfigFrom({
    ...environment,
    CLOUDDRIVER_URL: clouddriverUrl,
    KAYENTA_URL: kayentaUrl,
    GENNAKER_SERVICE_TOKEN: serviceToken,
  });
  const app = await createHttpApp(
    GateModule.register(platform, gateConfig),
    gateHttpOptions(platform, gateConfig),
  );
  started.add('gate', () => app.close());

  const orca = new OrcaService(platform, orcaConfigFrom(environment));
  orca.start();
  started.add('orca', () => orca.stop());

  const url = await listenHttp(app, gateConfig);
  started.add('readiness', async () => app.get(HealthRegistry).beginShutdown());
  return { platform, url, playground, close: () => started.stop() };
}

/** For people who want to look at the playground with kubectl. */
export function kubeconfigPath(dataDir: string): string {
  return join(dataDir, 'playground.kubeconfig');
}

async function openPlayground(options: StackOptions, started: Started): Promise<Playground | undefined> {
  const { playgroundPort, dataDir } = options;
  if (playgroundPort === undefined) return undefined;
  const playground = await startPlayground({
    port: playgroundPort,
    dataFile: join(dataDir, 'playground.json'),
    log: {
      info: (message) => log.info('playground', { detail: message }),
      error: (message, error) => log.error('playground', { detail: message, error }),
    },
  });
  started.add('playground', () => playground.stop());
  await writeFile(kubeconfigPath(dataDir), playground.kubeconfig(), { mode: 0o600 });
  return playground;
}

/** The account that needs no configuration. */
function accountsOf(playground: Playground | undefined): unknown[] {
  return playground === undefined
    ? []
    : [{ name: EXAMPLE_ACCOUNT, kubeconfigContents: playground.kubeconfig() }];
}

/** The playground answers for the metrics of the pods that it pretends to run. */
function metricAccountsOf(playground: Playground | undefined): unknown[] {
  if (playground === undefined) return [];
  return [{ name: EXAMPLE_ACCOUNT, type: 'prometheus', endpoint: { baseUrl: playground.prometheusUrl } }];
}
