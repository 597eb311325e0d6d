import { createHash } from 'node:crypto';
import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError, UnavailableError } from '@gennaker/kernel';
import type { BytesResponse } from '@gennaker/outbound';
import { z } from 'zod';
import { type ArtifactAccountOf, authorizationOf } from '../artifact-account.js';
import { type ArtifactRequest, bodyOf } from '../artifact-http.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
/** The second one is of Helm's first releases with registries. */
const CHARTS = ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'application/tar+gzip'];

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
/** Of the distribution specification. */
const REPOSITORY = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const MAX_PAGES = 20;
const PAGE = 1_000;

const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string().regex(DIGEST) })).default([]),
});
const tagsSchema = z.object({ tags: z.array(z.string()).nullable().default([]) });
const tokenSchema = z.union([
  z.object({ token: z.string().min(1) }).transform(({ token }) => token),
  z.object({ access_token: z.string().min(1) }).transform(({ access_token: token }) => token),
]);

/**
 * Charts in a registry, as Helm stores them: https://github.com/opencontainers/distribution-spec and
 * https://helm.sh/docs/topics/registries. Registries ask for tokens by
 * https://distribution.github.io/distribution/spec/auth/token.
 */
export class OciRegistry {
  private authorization: string | undefined;

  constructor(
    private readonly account: ArtifactAccountOf<'helm-oci'>,
    private readonly send: (request: ArtifactRequest) => Promise<BytesResponse>,
  ) {}

  /** Those that the account names: registries do not list them in a common way. */
  async names(): Promise<string[]> {
    return this.account.helmOciRepositories;
  }

  /** The tags of a repository, as versions of charts. */
  async versions(repository: string): Promise<string[]> {
    this.checkRepository(repository, 'artifactName');
    const tags: string[] = [];
    let url: URL | undefined = this.urlOf(`${repository}/tags/list?n=${PAGE}`);
    for (let page = 0; url !== undefined && page < MAX_PAGES; page += 1) {
      const answer: BytesResponse = await this.ask(url, repository, 'application/json');
      tags.push(...(this.read(tagsSchema, answer.body, url).tags ?? []));
      const [, next] = /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers['link'] ?? '') ?? [];
      const following: URL | undefined = next === undefined ? undefined : new URL(next, url);
      url = following?.origin === this.base.origin ? following : undefined;
    }
    return tags.map((tag) => tag.replaceAll('_', '+'));
  }

  /** The archive of the chart that an artifact names, as its digest says that it has to be. */
  async chart(artifact: Artifact): Promise<Buffer> {
    const { repository, tag } = this.wanted(artifact);
    const url = this.urlOf(`${repository}/manifests/${tag}`);
    const { body } = await this.ask(url, repository, MANIFEST);
    if (DIGEST.test(tag)) checkDigest(body, tag, url);
    const { layers } = this.read(manifestSchema, body, url);
    const layer = layers.find(({ mediaType }) => CHARTS.includes(mediaType));
    if (layer === undefined) {
      throw new InvalidInputError('artifact.no_chart', `${url.href} is an image, but not a chart of Helm`);
    }
    const blob = this.urlOf(`${repository}/blobs/${layer.digest}`);
    const archive = (await this.ask(blob, repository, '*/*')).body;
    checkDigest(archive, layer.digest, blob);
    return archive;
  }

  /** Of `oci://host/repository`, with or without `:tag` or `@digest`, or of the name; a version goes first. */
  private wanted(artifact: Artifact): { repository: string; tag: string } {
    const { field, path } = this.pathOf(artifact);
    const [, repository = '', digest, named] = /^([^@:]*)(?:@(.+)|:([^@]+))?$/.exec(path) ?? [];
    this.checkRepository(repository, field);
    // Tags have no plus sign: Helm writes a line for it.
    const tag = (artifact.version || digest || named || '').replaceAll('+', '_');
    if (TAG.test(tag) || DIGEST.test(tag)) return { repository, tag };
    const message = tag === '' ? 'is missing: name the tag' : `must be a tag or a digest, not "${tag}"`;
    throw bad('artifact.version', message);
  }

  /** What comes behind the registry, and where it was said. */
  private pathOf({ reference = '', name = '' }: Artifact): { field: string; path: string } {
    const [, host, path = ''] = /^(?:oci:\/\/)?([^/]*[.:][^/]*|localhost)\/(.+)$/.exec(reference) ?? [];
    if (host === undefined) {
      return name ? { field: 'artifact.name', path: name } : { field: 'artifact.reference', path: reference };
    }
    if (host.toLowerCase() === this.base.host) return { field: 'artifact.reference', path };
    const message = `must be in ${this.base.host}, the registry of the account ${this.account.name}`;
    throw bad('artifact.reference', message);
  }

  private checkRepository(repository: string, field: string): void {
    if (REPOSITORY.test(repository)) return;
    throw bad(field, `must be oci://${this.base.host}/repository, with small letters, not "${repository}"`);
  }

  /** A registry says by its first answer what it wants to see. */
  private async ask(url: URL, repository: string, accept: string): Promise<BytesResponse> {
    const request = (): ArtifactRequest => ({
      url: url.href,
      headers: { accept, ...(this.authorization === undefined ? {} : { authorization: this.authorization }) },
    });
    let answer = await this.send(request());
    if (answer.status === 401 && this.authorization === undefined) {
      this.authorization = await this.authorized(answer.headers['www-authenticate'] ?? '', repository);
      if (this.authorization !== undefined) answer = await this.send(request());
    }
    bodyOf(answer, url.href);
    return answer;
  }

  private async authorized(challenge: string, repository: string): Promise<string | undefined> {
    const login = await authorizationOf(this.account);
    if (!/^bearer\s/i.test(challenge)) return login;
    const said = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    const { realm = '', service, scope = `repository:${repository}:pull` } = said;
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    // Where the registry is reached safely, the password is not to go out in the open.
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== this.base.protocol)) {
      throw new InvalidInputError('artifact.refused', `${this.base.origin} names no address for tokens`);
    }
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    const answer = await this.send({
      url: url.href,
      ...(login === undefined ? {} : { headers: { authorization: login } }),
    });
    const shown = `${url.origin}${url.pathname}`;
    return `Bearer ${this.read(tokenSchema, bodyOf(answer, shown), url)}`;
  }

  private read<T>(schema: z.ZodType<T>, body: Buffer, url: URL): T {
    try {
      return schema.parse(JSON.parse(body.toString('utf8')));
    } catch (error) {
      throw new UnavailableError(
        'artifact.unavailable',
        `${url.origin}${url.pathname} has answered with something else than registries do`,
        { cause: error },
      );
    }
  }

  private urlOf(path: string): URL {
    return new URL(`/v2/${path}`, this.base);
  }

  private get base(): URL {
    return new URL(this.account.address);
  }
}

function checkDigest(content: Buffer, digest: string, url: URL): void {
  const [algorithm = '', expected] = digest.split(':');
  if (createHash(algorithm).update(content).digest('hex') === expected) return;
  throw new UnavailableError('artifact.unavailable', `what ${url.href} has sent is not ${digest}`);
}

function bad(field: string, message: string): InvalidInputError {
  return new InvalidInputError('artifact.bad_reference', [{ path: field, message }]);
}
