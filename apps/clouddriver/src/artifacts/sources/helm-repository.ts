import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ArtifactAccountOf, authorizationOf } from '../artifact-account.js';
import type { ArtifactRequest } from '../artifact-http.js';

const indexSchema = z.object({
  entries: z.record(
    z.string(),
    z.array(z.looseObject({ version: z.string(), urls: z.array(z.string()).default([]) })),
  ),
});

/** A chart repository, https://helm.sh/docs/topics/chart_repository: an index, and archives that it names. */
export class HelmRepository {
  constructor(
    private readonly account: ArtifactAccountOf<'helm'>,
    private readonly ask: (request: ArtifactRequest) => Promise<Buffer>,
  ) {}

  async index(): Promise<Buffer> {
    return this.ask(await this.requestFor(new URL('index.yaml', this.base)));
  }

  async names(): Promise<string[]> {
    return Object.keys((await this.entries()).entries).toSorted();
  }

  /** As the index lists them: the newest first. */
  async versions(chart: string): Promise<string[]> {
    return (await this.chart(chart)).map(({ version }) => version);
  }

  /** The archive of a chart; the newest one when no version is named. */
  async archive(chart: string, version: string | undefined): Promise<Buffer> {
    const all = await this.chart(chart);
    const found = version ? all.find((one) => one.version === version) : all[0];
    const [url] = found?.urls ?? [];
    if (url === undefined) {
      throw new NotFoundError(
        'artifact.not_found',
        `${this.account.repository} has no version ${version ?? ''} of chart ${chart}`,
      );
    }
    return this.ask(await this.requestFor(new URL(url, this.base)));
  }

  private async chart(name: string) {
    const { entries } = await this.entries();
    const found = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (found) return found;
    throw new NotFoundError('artifact.not_found', `${this.account.repository} has no chart ${name}`);
  }

  private async entries() {
    const parsed = indexSchema.safeParse(
      parse((await this.index()).toString('utf8'), { maxAliasCount: 100 }),
    );
    if (parsed.success) return parsed.data;
    throw new InvalidInputError('artifact.bad_index', `${this.account.repository} has no valid index.yaml`);
  }

  /** An archive may be on another host, where the repository's credentials do not belong. */
  private async requestFor(url: URL): Promise<ArtifactRequest> {
    const ours = url.origin === this.base.origin;
    const authorization = ours ? await authorizationOf(this.account) : undefined;
    return { url: url.href, ...(authorization === undefined ? {} : { headers: { authorization } }) };
  }

  private get base(): URL {
    return new URL(`${this.account.repository.replace(/\/+$/, '')}/`);
  }
}
