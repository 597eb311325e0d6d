import { ResourceIndex, discover, type ApiResource, type Discovered } from './api-discovery.js';
import { KubernetesApiError } from './kubernetes-error.js';
import type { KubernetesTransport } from './kubernetes-transport.js';

const DISCOVERY_TTL_MS = 10 * 60_000;
/** An unknown kind makes us look again, but a burst of misspelt kinds must not become a burst of discoveries. */
const MISS_REFRESH_MS = 1_000;

/** What one server serves: discovered when first asked, remembered for a while, looked up again on a miss. */
export class KindCatalog {
  private index: Promise<ResourceIndex> | undefined;
  private readAt = 0;

  constructor(
    private readonly transport: KubernetesTransport,
    private readonly ttlMs = DISCOVERY_TTL_MS,
  ) {}

  async discovered(signal?: AbortSignal): Promise<Discovered> {
    return (await this.read(signal)).discovered;
  }

  async all(signal?: AbortSignal): Promise<ApiResource[]> {
    return (await this.read(signal)).discovered.resources;
  }

  async find(kind: string, apiVersion?: string, signal?: AbortSignal): Promise<ApiResource | undefined> {
    const known = (await this.read(signal)).find(kind, apiVersion);
    if (known !== undefined) return known;
    if (performance.now() - this.readAt < MISS_REFRESH_MS) return undefined;
    this.invalidate();
    return (await this.read(signal)).find(kind, apiVersion);
  }

  async get(kind: string, apiVersion?: string, signal?: AbortSignal): Promise<ApiResource> {
    const found = await this.find(kind, apiVersion, signal);
    if (found !== undefined) return found;
    const { failed } = (await this.read(signal)).discovered;
    const unread =
      failed.length === 0 ? '' : ` (not readable: ${failed.map((f) => f.groupVersion).join(', ')})`;
    const where = apiVersion === undefined ? '' : ` in ${apiVersion}`;
    throw new KubernetesApiError({
      status: 404,
      reason: 'NotFound',
      message: `the cluster does not serve the kind "${kind}"${where}${unread}`,
      details: { unknownKind: true },
    });
  }

  invalidate(): void {
    this.index = undefined;
  }

  private read(signal?: AbortSignal): Promise<ResourceIndex> {
    const now = performance.now();
    if (this.index === undefined || now - this.readAt >= this.ttlMs) {
      this.readAt = now;
      // Shared by all who ask meanwhile, so one caller's signal must not end it for the others.
      const reading = discover(this.transport).then((found) => new ResourceIndex(found));
      this.index = reading;
      reading.catch(() => {
        if (this.index === reading) this.index = undefined;
      });
    }
    return abortable(this.index, signal);
  }
}

/** Lets one caller leave a shared wait without ending it. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
