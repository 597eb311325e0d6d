import { timeLimit } from '@gennaker/kernel';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '@gennaker/artifact';
import { httpPolicySchema } from '@gennaker/outbound';
import { FakeClock, type FakeRequest, HttpFake } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifactAccountsIn } from './artifact-account.js';
import { ArtifactHttp } from './artifact-http.js';
import { Artifacts } from './artifacts.js';
import { GitRepositories } from './sources/git-repositories.js';

const INDEX = `
apiVersion: v1
entries:
  shop:
    - { version: 1.1.0, urls: [charts/shop-1.1.0.tgz] }
    - { version: 1.0.0, urls: [charts/shop-1.0.0.tgz] }
  cart:
    - { version: 2.0.0, urls: ['https://elsewhere.example/cart-2.0.0.tgz'] }
`;

const METADATA = `
<metadata>
  <versioning><latest>1.3-SNAPSHOT</latest><release>1.2</release></versioning>
</metadata>`;

const SNAPSHOTS = `
<metadata>
  <versioning>
    <snapshotVersions>
      <snapshotVersion><extension>yml</extension><value>1.3-20261123.120000-7</value></snapshotVersion>
      <snapshotVersion>
        <classifier>k8s</classifier><extension>yml</extension><value>1.3-20261123.110000-6</value>
      </snapshotVersion>
    </snapshotVersions>
  </versioning>
</metadata>`;

describe('artifacts', () => {
  let folder: string;
  let files: HttpFake;
  let http: ArtifactHttp;
  const policy = httpPolicySchema.parse({});
  const clock = new FakeClock(Date.parse('2026-11-23T12:00:00Z'));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gennaker-artifacts-'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    files = await new HttpFake(answer).start();
    await writeFile(join(folder, 'token'), 'from-a-file\n');
    await writeFile(join(folder, 'login'), 'ann:hunter2\n');
    await writeFile(
      join(folder, 'key.json'),
      JSON.stringify({
        client_email: 'robot@project.example',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        token_uri: `${files.url}/token`,
      }),
    );
    http = new ArtifactHttp(policy, 5_000);
  });
  afterAll(async () => {
    await http.close();
    await files.stop();
    await rm(folder, { recursive: true });
  });

  function answer({ url }: FakeRequest) {
    if (url.pathname === '/token') return { body: { access_token: 'short-lived' } };
    if (url.pathname === '/charts/index.yaml') return { body: INDEX };
    if (url.pathname.endsWith('/shop/maven-metadata.xml')) return { body: METADATA };
    if (url.pathname.endsWith('/1.3-SNAPSHOT/maven-metadata.xml')) return { body: SNAPSHOTS };
    if (url.pathname.endsWith('/missing')) return { status: 404 };
    if (url.pathname.endsWith('/secret')) return { status: 401 };
    if (url.pathname.endsWith('/broken')) return { status: 502 };
    return { body: `content of ${url.pathname}` };
  }

  function artifacts(config: object): Artifacts {
    const git = new GitRepositories({ policy, path: '', folder, timeoutMs: 5_000, maxCloneBytes: 1_000_000 });
    return new Artifacts(async () => artifactAccountsIn(config), http, git, clock);
  }

  async function fetched(config: object, artifact: Artifact): Promise<{ text: string; last: FakeRequest }> {
    const bytes = await artifacts(config).fetch(artifact, timeLimit(10_000).signal);
    return { text: bytes.toString('utf8'), last: files.requests.at(-1)! };
  }

  const all = () => ({
    github: {
      accounts: [{ name: 'hub', urlPrefixes: [`${files.url}/repos/`], tokenFile: join(folder, 'token') }],
    },
    gitlab: { accounts: [{ name: 'lab', urlPrefixes: [files.url], token: 'lab-token' }] },
    bitbucket: {
      accounts: [{ name: 'bucket', urlPrefixes: [files.url], usernamePasswordFile: join(folder, 'login') }],
    },
    http: { accounts: [{ name: 'web', urlPrefixes: [files.url], username: 'bob', password: 'builder' }] },
    s3: {
      accounts: [{ name: 'aws', apiEndpoint: files.url, awsAccessKeyId: 'AKID', awsSecretAccessKey: 'shh' }],
    },
    gcs: { accounts: [{ name: 'google', apiEndpoint: files.url, jsonPath: join(folder, 'key.json') }] },
    maven: {
      accounts: [{ name: 'nexus', repositoryUrl: `${files.url}/maven2/`, username: 'u', password: 'p' }],
    },
    jenkins: {
      masters: [{ name: 'ci', address: `${files.url}/jenkins`, username: 'robot', password: 'api-token' }],
    },
    helm: { accounts: [{ name: 'charts', repository: `${files.url}/charts`, username: 'u', password: 'p' }] },
  });

  it('that are embedded need nobody', async () => {
    const reference = Buffer.from('kind: Pod').toString('base64');
    expect(
      (await artifacts({}).fetch({ type: 'embedded/base64', reference }, timeLimit(1_000).signal)).toString(),
    ).toBe('kind: Pod');
  });

  it('of GitHub are asked of the contents API, on the branch that the version names', async () => {
    const reference = `${files.url}/repos/o/r/contents/app.yml`;
    const main = await fetched(all(), { type: 'github/file', reference });
    expect(main.text).toBe('content of /repos/o/r/contents/app.yml');
    expect(main.last.url.searchParams.get('ref')).toBe('master');
    expect(main.last.headers).toMatchObject({
      authorization: 'Bearer from-a-file',
      accept: 'application/vnd.github.raw+json',
    });
    const branch = await fetched(all(), { type: 'github/file', reference, version: 'v2' });
    expect(branch.last.url.searchParams.get('ref')).toBe('v2');
  });

  it('of GitLab and Bitbucket and the web bring along what each wants to see', async () => {
    const lab = await fetched(all(), {
      type: 'gitlab/file',
      reference: `${files.url}/api/v4/files/a/raw`,
      version: 'dev',
    });
    expect(lab.last.headers['private-token']).toBe('lab-token');
    expect(lab.last.url.searchParams.get('ref')).toBe('dev');
    const bucket = await fetched(all(), { type: 'bitbucket/file', reference: `${files.url}/2.0/src/a` });
    expect(bucket.last.headers.authorization).toBe(`Basic ${Buffer.from('ann:hunter2').toString('base64')}`);
    const web = await fetched(all(), {
      type: 'http/file',
      reference: `${files.url}/a`,
      artifactAccount: 'web',
    });
    expect(web.last.headers.authorization).toBe(`Basic ${Buffer.from('bob:builder').toString('base64')}`);
  });

  it('of S3 are asked for with a signature of version 4', async () => {
    const { text, last } = await fetched(all(), {
      type: 's3/object',
      reference: 's3://deploys/prod/app v1.yml',
    });
    expect(text).toBe('content of /deploys/prod/app%20v1.yml');
    expect(last.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
  });

  it('of Google Cloud Storage are asked for with a token of the service account', async () => {
    const { last } = await fetched(all(), { type: 'gcs/object', reference: 'gs://deploys/prod/app.yml#42' });
    expect(last.url.pathname).toBe('/storage/v1/b/deploys/o/prod%2Fapp.yml');
    expect(Object.fromEntries(last.url.searchParams)).toEqual({ alt: 'media', generation: '42' });
    expect(last.headers.authorization).toBe('Bearer short-lived');
    const assertion = new URLSearchParams(files.requests.at(-2)?.body).get('assertion') ?? '';
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({
      iss: 'robot@project.example',
      aud: `${files.url}/token`,
      iat: 1795435200,
    });
  });

  it.each([
    ['com.example.shop:shop:1.2', 'com/example/shop/shop/1.2/shop-1.2.jar'],
    ['com.example:shop:yml:1.2', 'com/example/shop/1.2/shop-1.2.yml'],
    ['com.example:shop:yml:k8s:1.2', 'com/example/shop/1.2/shop-1.2-k8s.yml'],
    ['com.example:shop:yml:LATEST', 'com/example/shop/1.3-SNAPSHOT/shop-1.3-20261123.120000-7.yml'],
    ['com.example:shop:yml:latest.release', 'com/example/shop/1.2/shop-1.2.yml'],
    [
      'com.example:shop:yml:k8s:1.3-SNAPSHOT',
      'com/example/shop/1.3-SNAPSHOT/shop-1.3-20261123.110000-6-k8s.yml',
    ],
  ])('of Maven are found in a repository: %s', async (reference, path) => {
    const { text, last } = await fetched(all(), { type: 'maven/file', reference });
    expect(text).toBe(`content of /maven2/${path}`);
    expect(last.headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  it.each(['shop:1.2', 'com.example:..:1.2', 'com/example:shop:1.2', 'a:b:c:d:e:f', ''])(
    'of Maven need coordinates, which these are not: %s',
    async (reference) => {
      await expect(fetched(all(), { type: 'maven/file', reference })).rejects.toThrow(
        'must be groupId:artifactId[:extension[:classifier]]:version',
      );
    },
  );

  it('of Maven that a repository does not have are told by what was looked for', async () => {
    const none = { type: 'maven/file', reference: 'com.example:shop:zip:1.3-SNAPSHOT' };
    await expect(fetched(all(), none)).rejects.toThrow('shop/1.3-SNAPSHOT has no file of type zip');
  });

  it('of Jenkins are what a build has kept, and nothing outside of the server', async () => {
    const path = 'job/shop/12/artifact/deploy.yml';
    for (const reference of [path, `/${path}`, `${files.url}/jenkins/${path}`]) {
      const { text, last } = await fetched(all(), { type: 'jenkins/file', reference });
      expect(text).toBe(`content of /jenkins/${path}`);
      expect(last.headers.authorization).toBe(`Basic ${Buffer.from('robot:api-token').toString('base64')}`);
    }
    for (const reference of ['../other', 'https://evil.example/jenkins/x', '', 'job/../../x']) {
      await expect(fetched(all(), { type: 'jenkins/file', reference })).rejects.toThrow(
        `must be a path below ${files.url}/jenkins`,
      );
    }
  });

  it('of a chart repository have names, versions and archives', async () => {
    const charts = artifacts(all());
    const signal = timeLimit(10_000).signal;
    expect(await charts.names('charts', signal)).toEqual(['cart', 'shop']);
    expect(await charts.versions('charts', 'shop', signal)).toEqual(['1.1.0', '1.0.0']);
    await expect(charts.versions('charts', 'none', signal)).rejects.toThrow('has no chart none');
    const newest = await fetched(all(), { type: 'helm/chart', name: 'shop', artifactAccount: 'charts' });
    expect(newest.text).toBe('content of /charts/charts/shop-1.1.0.tgz');
    const older = await fetched(all(), { type: 'helm/chart', name: 'shop', version: '1.0.0' });
    expect(older.text).toBe('content of /charts/charts/shop-1.0.0.tgz');
    await expect(fetched(all(), { type: 'helm/chart', name: 'shop', version: '9' })).rejects.toThrow(
      'no version 9',
    );
  });

  it.each([
    ['git/repo', 'repos', 'must be an address of http, https or ssh'],
    ['helm/image', 'registry', 'must be in registry.example'],
    ['oracle/object', 'oracle', 'must be oci://bucket/object'],
  ])('of type %s are fetched with the account for it', async (type, name, refusal) => {
    const ids = { namespace: 'n', region: 'r', userId: 'u', fingerprint: 'f', tenancyId: 't' };
    const config = {
      gitRepo: { accounts: [{ name: 'repos' }] },
      helmOci: {
        accounts: [{ name: 'registry', address: 'oci://registry.example', helmOciRepositories: ['a/b'] }],
      },
      oracle: { accounts: [{ name: 'oracle', ...ids, sshPrivateKeyFilePath: '/none' }] },
    };
    const known = artifacts(config);
    expect(await known.accounts()).toContainEqual({ name, types: [type] });
    expect(await known.names(name, timeLimit(1_000).signal)).toEqual(name === 'registry' ? ['a/b'] : []);
    await expect(fetched(config, { type, reference: 'elsewhere.example/a' })).rejects.toThrow(refusal);
  });

  it('are never asked for with credentials outside of what their account is for', async () => {
    const asked = files.requests.length;
    for (const reference of [
      'https://evil.example/x',
      `${files.url}/other/x`,
      `${files.url.replace('://', '://a@')}/repos/x`,
    ]) {
      await expect(fetched(all(), { type: 'github/file', reference })).rejects.toThrow(
        'is outside of what the artifact account hub is for',
      );
    }
    expect(files.requests).toHaveLength(asked);
  });

  it('of user-chosen addresses may not be inside', async () => {
    await expect(fetched({}, { type: 'http/file', reference: `${files.url}/a` })).rejects.toThrow(
      'is a private address',
    );
    await expect(fetched({}, { type: 'http/file', reference: 'file:///etc/passwd' })).rejects.toThrow(
      'use http or https',
    );
    await expect(fetched({}, { type: 'http/file', reference: 'nonsense' })).rejects.toThrow(
      'must be an address',
    );
  });

  it.each([
    ['/missing', 404],
    ['/secret', 400],
    ['/broken', 503],
  ])('that answer with %s are an error of status %i', async (path, status) => {
    const artifact = { type: 'bitbucket/file', reference: `${files.url}${path}` };
    await expect(fetched(all(), artifact)).rejects.toMatchObject({ status });
  });

  it('of an unknown account or type are refused with the accounts that would do', async () => {
    const reference = 's3://b/k';
    await expect(fetched(all(), { type: 's3/object', reference, artifactAccount: 'nobody' })).rejects.toThrow(
      'there is no artifact account nobody',
    );
    await expect(fetched(all(), { type: 's3/object', reference, artifactAccount: 'hub' })).rejects.toThrow(
      'must be one that handles s3/object: aws',
    );
    await expect(fetched({}, { type: 's3/object', reference })).rejects.toThrow(
      'which no configured account does',
    );
    await expect(fetched(all(), { type: 's3/object', reference: 'b/k' })).rejects.toThrow(
      'must be s3://bucket/key',
    );
    await expect(fetched(all(), { type: 'gcs/object', reference: 'b/k' })).rejects.toThrow(
      'must be gs://bucket/object',
    );
  });

  it('have accounts of which a wrong one does not take the others down, and is named', async () => {
    const config = {
      http: { accounts: [{ name: 'open', username: 'a', password: 'b' }, { name: 'plain' }] },
      gitlab: { enabled: false, accounts: [{ name: 'off' }] },
      helm: { accounts: [{ name: 'plain', repository: 'https://charts.example' }] },
    };
    expect((await artifacts(config).accounts()).map(({ name }) => name)).toEqual([
      'embedded-artifact',
      'no-auth-http-account',
      'plain',
    ]);
    expect(artifactAccountsIn(config).problems).toEqual([
      {
        path: 'artifacts.http.accounts[0].urlPrefixes',
        message: 'is missing: say which addresses the credentials may be sent to',
      },
      { path: 'artifacts.helm.accounts[0].name', message: 'plain is taken by another account' },
    ]);
  });
});
