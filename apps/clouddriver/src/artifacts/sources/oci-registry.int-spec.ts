import { createHash } from 'node:crypto';
import type { Artifact } from '@gennaker/artifact';
import { httpPolicySchema } from '@gennaker/outbound';
import { type FakeAnswer, type FakeRequest, HttpFake } from '@gennaker/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ArtifactAccountOf, artifactAccountsIn } from '../artifact-account.js';
import { ArtifactHttp } from '../artifact-http.js';
import { OciRegistry } from './oci-registry.js';

const CHART = 'the archive of a chart';
const digestOf = (text: string, algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`;
const manifest = (mediaType: string, digest = digestOf(CHART)): string =>
  JSON.stringify({ schemaVersion: 2, layers: [{ mediaType, digest, size: CHART.length }] });
const HELM = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const BASIC = `Basic ${Buffer.from('ann:hunter2').toString('base64')}`;

/** What the registry wants to see. */
type Wanted = 'nothing' | 'a login' | 'a token';

describe('charts in a registry', () => {
  let registry: HttpFake;
  let http: ArtifactHttp;
  let wanted: Wanted;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    registry = await new HttpFake(answer).start();
    http = new ArtifactHttp(httpPolicySchema.parse({}), 5_000);
  });
  afterAll(async () => {
    await http.close();
    await registry.stop();
  });
  beforeEach(() => {
    wanted = 'nothing';
    registry.requests.length = 0;
  });

  function answer({ url, headers: { authorization } }: FakeRequest): FakeAnswer {
    if (url.pathname === '/token') {
      return authorization === BASIC ? { body: { token: 'for-a-while' } } : { status: 401 };
    }
    if (url.pathname === '/store') return { body: CHART };
    const expected = { nothing: authorization, 'a login': BASIC, 'a token': 'Bearer for-a-while' }[wanted];
    if (authorization !== expected) return { status: 401, headers: { 'www-authenticate': challenge() } };
    return content(url);
  }

  function challenge(): string {
    const scope = 'repository:acme/shop:pull';
    return wanted === 'a login'
      ? 'Basic realm="registry"'
      : `Bearer realm="${registry.url}/token",service="registry.example",scope="${scope}"`;
  }

  function content({ pathname, searchParams, host }: URL): FakeAnswer {
    const [, kind, name = ''] = /^\/v2\/acme\/shop\/(manifests|blobs|tags)\/(.+)$/.exec(pathname) ?? [];
    if (kind === 'tags') {
      return searchParams.get('last') === '1.0.0'
        ? { body: { name: 'acme/shop', tags: ['1.1.0_build.5'] } }
        : {
            headers: { link: `</v2/acme/shop/tags/list?n=1&last=1.0.0>; rel="next"` },
            body: { tags: ['1.0.0'] },
          };
    }
    if (kind === 'blobs') {
      // Stores of registries are elsewhere: another name of the same machine.
      const elsewhere = `http://${host.replace('127.0.0.1', 'localhost')}/store`;
      return name === digestOf(CHART)
        ? { status: 307, headers: { location: elsewhere } }
        : { body: 'something else' };
    }
    const manifests: Record<string, string> = {
      '1.0.0': manifest(HELM),
      '1.1.0_build.5': manifest('application/tar+gzip'),
      forged: manifest(HELM, digestOf('another one')),
      image: manifest('application/vnd.oci.image.layer.v1.tar+gzip'),
      nonsense: '<html>',
      [digestOf(manifest(HELM))]: manifest(HELM),
      [digestOf('x')]: manifest(HELM),
    };
    return name in manifests ? { body: manifests[name] } : { status: 404 };
  }

  function charts(fields: object = {}): OciRegistry {
    const given = { name: 'charts', address: registry.url, username: 'ann', password: 'hunter2', ...fields };
    const { accounts, problems } = artifactAccountsIn({ 'helm-oci': { accounts: [given] } });
    expect(problems).toEqual([]);
    return new OciRegistry(accounts[0] as ArtifactAccountOf<'helm-oci'>, (request) =>
      http.answer(request, { signal, configured: true }),
    );
  }

  const host = (): string => new URL(registry.url).host;
  const chart = (artifact: Artifact, fields = {}): Promise<string> =>
    charts(fields)
      .chart({ type: 'helm/image', ...artifact })
      .then(String);

  it('are found by their address and version, however the two are written', async () => {
    const written: Artifact[] = [
      { reference: `oci://${host()}/acme/shop`, version: '1.0.0' },
      { reference: `${host()}/acme/shop:1.0.0` },
      { reference: `oci://${host()}/acme/shop:other`, version: '1.0.0' },
      { name: 'acme/shop', version: '1.0.0' },
      { name: 'acme/shop', version: '1.1.0+build.5' },
      { reference: `oci://${host()}/acme/shop@${digestOf(manifest(HELM))}` },
    ];
    for (const artifact of written) expect(await chart(artifact)).toBe(CHART);
    expect(registry.requests[0]?.headers.accept).toBe('application/vnd.oci.image.manifest.v1+json');
  });

  it('are had without a login where the registry wants none, which then is not sent', async () => {
    expect(await chart({ name: 'acme/shop', version: '1.0.0' })).toBe(CHART);
    expect(registry.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each<[Wanted, string, string[]]>([
    ['a login', BASIC, []],
    ['a token', 'Bearer for-a-while', ['/token']],
  ])('are had with %s where the registry asks for that, which its store is not shown', async (...row) => {
    const [what, shown, first] = row;
    wanted = what;
    expect(await chart({ name: 'acme/shop', version: '1.0.0' })).toBe(CHART);
    const asked = registry.requests.map(({ url, headers }) => [url.pathname, headers.authorization]);
    const blob = `/v2/acme/shop/blobs/${digestOf(CHART)}`;
    expect(asked).toEqual([
      ['/v2/acme/shop/manifests/1.0.0', undefined],
      ...first.map((path) => [path, BASIC]),
      ['/v2/acme/shop/manifests/1.0.0', shown],
      [blob, shown],
      ['/store', undefined],
    ]);
  });

  it('are refused where the login is wrong, which is not told', async () => {
    wanted = 'a token';
    const error = await chart({ name: 'acme/shop', version: '1.0.0' }, { password: 'letmein' }).catch(
      (failed: unknown) => failed as Error,
    );
    expect(error).toMatchObject({ status: 400, message: `${registry.url}/token answered with status 401` });
    expect(JSON.stringify([error, String(error)])).not.toContain('letmein');
  });

  it('are what their digest says, or nothing', async () => {
    await expect(chart({ name: 'acme/shop', version: 'forged' })).rejects.toThrow(
      `is not ${digestOf('another one')}`,
    );
    await expect(chart({ name: 'acme/shop', version: digestOf('x') })).rejects.toThrow(
      `is not ${digestOf('x')}`,
    );
  });

  it('that are no charts, not there or not understood are told apart', async () => {
    const status = (version: string) =>
      chart({ name: 'acme/shop', version }).catch((error: unknown) => error);
    expect(await status('9.9.9')).toMatchObject({ status: 404 });
    expect(await status('image')).toMatchObject({ status: 400, code: 'artifact.no_chart' });
    expect(await status('nonsense')).toMatchObject({ status: 503 });
  });

  it.each<[Artifact, string]>([
    [{ reference: 'oci://evil.example/acme/shop', version: '1' }, 'artifact.reference'],
    [{ name: '../token', version: '1' }, 'artifact.name'],
    [{ name: 'acme/../token', version: '1' }, 'artifact.name'],
    [{ name: 'Acme', version: '1' }, 'artifact.name'],
    [{ version: '1' }, 'artifact.reference'],
    [{ name: 'acme/shop' }, 'artifact.version'],
    [{ name: 'acme/shop', version: '../../x' }, 'artifact.version'],
  ])('have names of registries, which this is not: %j', async (artifact, path) => {
    await expect(chart(artifact)).rejects.toMatchObject({ status: 400, problems: [{ path }] });
    expect(registry.requests).toEqual([]);
  });

  it('have the names that the account says, and the versions that the registry lists page by page', async () => {
    wanted = 'a token';
    const known = charts({ helmOciRepositories: ['acme/shop'] });
    expect(await known.names()).toEqual(['acme/shop']);
    expect(await known.versions('acme/shop')).toEqual(['1.0.0', '1.1.0+build.5']);
    await expect(known.versions('../token')).rejects.toThrow('artifactName');
  });
});
