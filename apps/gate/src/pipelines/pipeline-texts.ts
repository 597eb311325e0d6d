import { Catalog, type CatalogHead, toConfig } from '@gennaker/catalog';
import { JsonText, sortedJson } from '@gennaker/http';
import { TextCache } from '../executions/text-cache.js';

/** Characters of text kept for polls. */
const MAX_TEXT_LENGTH = 32_000_000;

interface Wanted {
  nameContains?: string | undefined;
  limit?: number | undefined;
}

/** Pipeline configurations as text. Pages poll all of an application's, and few have changed since the last time. */
export class PipelineTexts {
  private readonly texts = new TextCache(MAX_TEXT_LENGTH);

  constructor(private readonly catalog: Catalog) {}

  /** In the order of the application, with indexes renumbered from 0 over all of its pipelines. */
  async ofApplication(application: string, { nameContains, limit }: Wanted): Promise<JsonText> {
    const heads = await this.catalog.pipelines.heads(application);
    const wanted = heads
      .map((head, index) => ({ head, fingerprint: `${head.version} ${index}`, index }))
      .filter(({ head }) => nameContains === undefined || head.name.includes(nameContains))
      .slice(0, limit);
    const known = wanted.map(({ head, fingerprint }) => this.texts.get(head.id, fingerprint));
    const missing = wanted.filter((_, place) => known[place] === undefined).map(({ head }) => head);
    const read = await this.read(missing);
    const texts = wanted.map(({ head, fingerprint, index }, place) => {
      const text = known[place];
      const item = text === undefined ? read.get(head.id) : undefined;
      // It may have been deleted since.
      if (item === undefined) return text;
      const made = sortedJson({ ...toConfig(item), index });
      if (item.version === head.version) this.texts.put(head.id, fingerprint, made);
      return made;
    });
    return JsonText.list(texts.filter((text) => text !== undefined));
  }

  private async read(heads: readonly CatalogHead[]) {
    const items = await this.catalog.pipelines.findAll(heads.map(({ id }) => id));
    return new Map(items.map((item) => [item.id, item]));
  }
}
