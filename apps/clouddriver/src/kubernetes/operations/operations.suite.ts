import { randomBytes } from 'node:crypto';
import { connectDatabase, type Database, migrate } from '@gennaker/database';
import { BlobStore, EventStore, eventStoreMigrations, WorkItems } from '@gennaker/event-store';
import { type JsonObject, SystemClock, UlidGenerator } from '@gennaker/kernel';
import { type Manifest } from '@gennaker/manifest';
import { MemoryHintQueue, MemoryLiveBus } from '@gennaker/messaging';
import {
  isEnded,
  OPERATION_WORK,
  type Operation,
  operationMigrations,
  OperationStore,
  operationStream,
} from '@gennaker/operation';
import { Cipher, Seals, SecretResolver, secretsConfigFrom } from '@gennaker/secrets';
import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { Journal, Relay, WorkRunner } from '@gennaker/work';
import { type OperationDefinition } from '../../operations/operation-definition.js';
import { OperationHandler } from '../../operations/operation.handler.js';
import { OperationRegistry } from '../../operations/operation-registry.js';
import { VersionReservations } from '../../operations/version-reservations.js';
import { parseAccountDefinition } from '../accounts/account-definition.js';
import { KubernetesAccount } from '../accounts/kubernetes-account.js';
import { kubernetesOperations } from './kubernetes-operations.js';
import { NoTrafficGuards, type TrafficGuards } from './traffic-guards.js';

export const ACCOUNT = 'test';

export interface OperationResult {
  manifests: Manifest[];
  manifestNamesByNamespace: Record<string, string[]>;
  createdArtifacts: JsonObject[];
  boundArtifacts: JsonObject[];
}

/** Where a worker stops dead: at which write of which method, before the cluster sees it or after. */
export type Death =
  | {
      method: string;
      /** The path must contain this. */
      path: string;
      when: 'before' | 'after';
    }
  /** At its n-th write, whatever that is. */
  | { atWrite: number; when: 'before' | 'after' };

/** Workers of operations on a real cluster, with their own database. */
export class OperationsHarness {
  readonly clock = new SystemClock();
  readonly ids = new UlidGenerator();
  private readonly live = new MemoryLiveBus();
  private readonly secrets = new SecretResolver(
    secretsConfigFrom({ GENNAKER_SECRET_TOKEN: 'from the environment' }),
    () => this.clock.now(),
  );
  private readonly hints = new MemoryHintQueue();
  private readonly runners: WorkRunner[] = [];
  private readonly accounts: KubernetesAccount[] = [];
  private readonly relay: Relay;
  readonly journal: Journal;
  /** What tests guard. */
  guards: TrafficGuards = new NoTrafficGuards();
  readonly operations: OperationStore;

  private constructor(
    private readonly testDatabase: TestDatabase,
    readonly database: Database,
    private readonly kubeconfig: string,
    readonly namespace: string,
    private readonly limits: JsonObject,
  ) {
    const items = new WorkItems(database.pool);
    this.journal = new Journal(
      new EventStore(database.pool, this.clock),
      items,
      this.hints,
      this.live,
      this.clock,
    );
    this.operations = new OperationStore(
      this.journal,
      new BlobStore(database.pool),
      new Seals(new Cipher([randomBytes(32).toString('base64')])),
    );
    this.relay = new Relay(items, this.hints, this.clock, {
      queues: ['clouddriver'],
      intervalMs: 50,
      rehintMs: 100,
    });
  }

  /** `limits` are further fields of the account. Makes a namespace of its own. */
  static async start(kubeconfig: string, limits: JsonObject = {}): Promise<OperationsHarness> {
    const testDatabase = await createTestDatabase();
    await migrate(testDatabase.url, [eventStoreMigrations, operationMigrations]);
    const database = await connectDatabase({ url: testDatabase.url, name: 'operations-test' });
    const namespace = `ops-${randomBytes(4).toString('hex')}`;
    const harness = new OperationsHarness(testDatabase, database, kubeconfig, namespace, limits);
    const account = await harness.openAccount();
    await account.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    harness.relay.start();
    return harness;
  }

  async stop(): Promise<void> {
    await this.relay.stop();
    this.retireOthers();
    await this.runners[0]?.stop(100);
    await this.hints.close();
    const client = this.client;
    await client.delete({ kind: 'Namespace', name: this.namespace }).catch(() => undefined);
    await Promise.all(this.accounts.map((account) => account.close()));
    await this.database.close();
    await this.testDatabase.drop();
  }

  /** For looking at the cluster. */
  get client() {
    return this.accounts[0]!.client;
  }

  async openAccount(): Promise<KubernetesAccount> {
    const definition = parseAccountDefinition({
      name: ACCOUNT,
      kubeconfigContents: this.kubeconfig,
      ...this.limits,
    });
    const account = await KubernetesAccount.open(definition, false, {
      client: {},
      allowedExecCommands: [],
      secrets: { resolve: async (reference) => reference },
      environment: {},
    });
    this.accounts.push(account);
    return account;
  }

  /** Starts a worker. With `death`, it stops dead there, as a killed process does, and never writes again. */
  async startWorker(death?: Death): Promise<{ died: Promise<void> }> {
    const account = await this.openAccount();
    const died = death ? dieAt(account, death) : new Promise<void>(() => undefined);
    const services = {
      accounts: { get: () => account },
      reservations: new VersionReservations(this.database.pool, this.clock),
      guards: this.guards,
      settings: {},
    };
    const definitions: OperationDefinition[] = kubernetesOperations(services);
    const handler = new OperationHandler(
      this.operations,
      new OperationRegistry(definitions),
      this.live,
      this.clock,
      this.secrets,
    );
    const items = new WorkItems(this.database.pool);
    const runner = new WorkRunner(
      items,
      this.hints,
      this.clock,
      { queue: 'clouddriver', worker: `worker-${this.runners.length}`, leaseMs: 60_000 },
      { kinds: [OPERATION_WORK], handlers: [handler] },
    );
    runner.start();
    this.runners.push(runner);
    // The dead take no hints.
    if (death) void died.then(() => runner.stop(0));
    return { died };
  }

  /** Takes all workers but the newest off the queue, so that it gets the next operation. The dead never end by themselves. */
  retireOthers(): void {
    for (const runner of this.runners.splice(0, this.runners.length - 1)) void runner.stop(0);
  }

  /** What happens to the claims of a process that is gone. */
  async expireLeases(): Promise<void> {
    await this.database.pool.query('update es.work_item set claimed_until = 0, hinted_at = 0');
  }

  async request(kind: string, description: JsonObject, id = this.ids.next()): Promise<string> {
    await this.operations.request({
      id,
      kind,
      cloudProvider: 'kubernetes',
      account: ACCOUNT,
      application: 'app',
      user: 'ann',
      description: { account: ACCOUNT, moniker: { app: 'app' }, ...description },
    });
    return id;
  }

  /** The operation once it has ended. */
  async ended(id: string): Promise<Operation> {
    const look = async (): Promise<Operation | undefined> => {
      const operation = await this.operations.get(id);
      return isEnded(operation) ? operation : undefined;
    };
    return new Promise((resolve, reject) => {
      const check = (): void => {
        look().then((operation) => {
          if (!operation) return;
          stop();
          resolve(operation);
        }, reject);
      };
      const stop = this.live.subscribe(({ stream }) => {
        if (stream === operationStream(id)) check();
      });
      check();
    });
  }

  async run(kind: string, description: JsonObject): Promise<Operation> {
    return this.ended(await this.request(kind, description));
  }

  /** Runs an operation that must succeed; its result. */
  async result(kind: string, description: JsonObject): Promise<OperationResult> {
    const operation = await this.run(kind, description);
    if (operation.status !== 'SUCCEEDED') throw new Error(`${kind}: ${JSON.stringify(operation.error)}`);
    return operation.results[0] as unknown as OperationResult;
  }

  async get(kind: string, name: string): Promise<Manifest | undefined> {
    return this.client.find({ kind, name, namespace: this.namespace });
  }
}

/** Cuts a worker's connection to the cluster for good at one request. */
function dieAt(account: KubernetesAccount, death: Death): Promise<void> {
  const transport = account.client.transport;
  const send = transport.send.bind(transport);
  const never = new Promise<never>(() => undefined);
  let dead = false;
  let writes = 0;
  return new Promise((resolve) => {
    transport.send = async (request) => {
      if (dead) return never;
      if (request.method !== 'GET') writes += 1;
      const here =
        'atWrite' in death
          ? request.method !== 'GET' && writes === death.atWrite
          : request.method === death.method && request.path.includes(death.path);
      if (!here) return send(request);
      dead = true;
      if (death.when === 'after') await send(request);
      resolve();
      return never;
    };
  });
}
