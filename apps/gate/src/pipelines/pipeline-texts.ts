import { Catalog, toConfig } from '@gennaker/catalog';
import { JsonCache, JsonText, sortedJson } from '@gennaker/http';
import { SharedReads } from '@gennaker/kernel';

/** Bytes kept for polls. */
const MAX_LENGTH = 32_000_000;

interface Shown {
  nameContains?: string | undefined;
  limit?: number | undefined;
}

/** Pipeline configurations as text. Pages poll all of an application's, and few have changed since the last time. */
export class PipelineTexts {
  private readonly texts = new JsonCache(MAX_LENGTH);

  private readonly reads = new SharedReads<JsonText>();

  constructor(private readonly catalog: Catalog) {}

  /** In the order of the application, with indexes renumbered from 0 over all of its pipelines. */
  ofApplication(application: string, shown: Shown): Promise<JsonText> {
    return this.reads.run(JSON.stringify([application, shown]), () => this.read(application, shown));
  }

  private async read(application: string, { nameContains, limit }: Shown): Promise<JsonText> {
    const heads = await this.catalog.pipelines.heads(application);
    const wanted = heads
      .map(({ id, name, version }, index) => ({ key: id, name, index, fingerprint: `${version} ${index}` }))
      .filter(({ name }) => nameContains === undefined || name.includes(nameContains))
      .slice(0, limit);
    return JsonText.list(
      await this.texts.list(wanted, async (missing) => {
        const items = await this.catalog.pipelines.findAll(missing.map(({ key }) => key));
        const indexes = new Map(missing.map(({ key, index }) => [key, index]));
        return new Map(
          items.map((item) => [item.id, sortedJson({ ...toConfig(item), index: indexes.get(item.id) })]),
        );
      }),
    );
  }
}
