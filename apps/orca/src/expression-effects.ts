import type { CanaryConfigStore } from '@gennaker/canary-store';
import type { Catalog } from '@gennaker/catalog';
import { type EffectRequest, urlProblem } from '@gennaker/expression';
import { InvalidInputError, type JsonObject, withTimeLimit } from '@gennaker/kernel';
import type { ExpressionEffectsPort, HttpPort } from '@gennaker/stages';

/** Answers what expressions ask of the world. */
export class ExpressionEffects implements ExpressionEffectsPort {
  readonly allowInternalHosts: boolean;

  constructor(
    private readonly http: HttpPort,
    private readonly catalog: Catalog,
    private readonly canaryConfigs: Pick<CanaryConfigStore, 'idOfName'>,
    rules: { allowPrivateAddresses: boolean },
  ) {
    this.allowInternalHosts = rules.allowPrivateAddresses;
  }

  async perform(
    { function: name, args }: EffectRequest,
    { application, signal }: { application: string; signal: AbortSignal },
  ): Promise<unknown> {
    switch (name) {
      case 'fromUrl':
        return this.fromUrl(String(args[0]), signal);
      case 'pipelineId': {
        const item = await this.catalog.pipelines.findByNameOrId(
          String(args[1] ?? application),
          String(args[0]),
        );
        return item?.id ?? null;
      }
      case 'canaryConfigNameToId':
        return this.canaryConfigs.idOfName(String(args[0]), String(args[1] ?? application));
      case 'applicationMetadata':
        return this.applicationOf(String(args[0]));
      default:
        throw new InvalidInputError('orca.effect_unknown', `${name} is not available in this installation`);
    }
  }

  private async fromUrl(url: string, signal: AbortSignal): Promise<string> {
    const problem = urlProblem(url, { allowInternalHosts: this.allowInternalHosts });
    if (problem !== undefined) throw new InvalidInputError('orca.url_refused', problem);
    const response = await withTimeLimit(30_000, signal, (limited) =>
      this.http.request({ method: 'GET', url, signal: limited }),
    );
    if (response.status >= 200 && response.status < 300) return response.body;
    throw new InvalidInputError('orca.url_failed', `${new URL(url).host} answered ${response.status}`);
  }

  private async applicationOf(name: string): Promise<JsonObject | null> {
    const item = await this.catalog.applications.find(name);
    return item?.body ?? null;
  }
}
