import type { MetricSet } from '@gennaker/canary';
import type { SecretResolver } from '@gennaker/secrets';
import type {
  MetricDescriptor,
  MetricRequest,
  MetricStore,
  MetricStoreType,
  MetricWindow,
  StoreDependencies,
} from '../metric-stores/metric-store.js';

/**
 * A metric store whose account refers to secrets. They are looked up when the store is asked, so that a changed secret is
 * taken without a restart; the account itself only ever holds the references.
 */
export class LateStore implements MetricStore {
  private readonly unfilled: MetricStore;
  private current: { account: string; store: MetricStore } | undefined;

  constructor(
    private readonly kind: MetricStoreType,
    private readonly name: string,
    private readonly account: unknown,
    private readonly dependencies: StoreDependencies,
    private readonly secrets: SecretResolver,
  ) {
    this.unfilled = kind.open(name, account, dependencies);
  }

  buildQuery(request: MetricRequest): string {
    return this.unfilled.buildQuery(request);
  }

  async query(request: MetricRequest, window: MetricWindow, signal: AbortSignal): Promise<MetricSet[]> {
    return (await this.filled(signal)).query(request, window, signal);
  }

  async descriptors(contains: string, limit: number, signal: AbortSignal): Promise<MetricDescriptor[]> {
    return (await this.filled(signal)).descriptors(contains, limit, signal);
  }

  async checkHealth(signal: AbortSignal): Promise<void> {
    await (await this.filled(signal)).checkHealth(signal);
  }

  private async filled(signal: AbortSignal): Promise<MetricStore> {
    const account = await this.secrets.resolveAll(this.account, 'configuration', signal);
    const text = JSON.stringify(account);
    if (this.current?.account !== text)
      this.current = { account: text, store: this.kind.open(this.name, account, this.dependencies) };
    return this.current.store;
  }
}
