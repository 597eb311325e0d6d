import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Artifact } from '@gennaker/artifact';
import { httpPolicySchema } from '@gennaker/outbound';
import { GitServer } from '@gennaker/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ArtifactAccountOf, artifactAccountsIn } from '../artifact-account.js';
import { GitRepositories, type GitSettings } from './git-repositories.js';

const run = promisify(execFile);
const PROGRAMS = '/usr/local/bin:/usr/bin:/bin';
const never = new AbortController().signal;

describe('repositories of git', () => {
  let server: GitServer;
  let folder: string;
  let first: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gennaker-git-spec-'));
    server = await GitServer.start();
    first = await server.commit(
      'shop.git',
      'master',
      { 'chart/Chart.yaml': 'one', 'docs/a b.md': 'read' },
      'v1',
    );
    await server.commit('shop.git', 'master', { 'chart/Chart.yaml': 'two' });
    await server.commit('shop.git', 'feature/x', { 'chart/Chart.yaml': 'three' });
    // A tag of the same name as a branch.
    await server.commit('both.git', 'master', { file: 'of the tag' }, 'release');
    await server.commit('both.git', 'release', { file: 'of the branch' });
    await server.commit('big.git', 'master', { noise: randomBytes(300_000) });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(() => {
    server.authorization = undefined;
    server.instead = undefined;
    server.requests.length = 0;
  });

  function account(fields: object = {}): ArtifactAccountOf<'gitrepo'> {
    const given = { name: 'repos', urlPrefixes: [`${server.url}/`], ...fields };
    const { accounts, problems } = artifactAccountsIn({ gitRepo: { accounts: [given] } });
    expect(problems).toEqual([]);
    return accounts[0] as ArtifactAccountOf<'gitrepo'>;
  }

  function fetched(
    artifact: Artifact,
    using = account(),
    settings: Partial<GitSettings & { signal: AbortSignal }> = {},
  ): Promise<Buffer> {
    const repositories = new GitRepositories({
      policy: httpPolicySchema.parse({}),
      path: PROGRAMS,
      folder,
      timeoutMs: 20_000,
      maxCloneBytes: 10_000_000,
      ...settings,
    });
    return repositories.archive(
      { type: 'git/repo', reference: `${server.url}/shop.git`, ...artifact },
      using,
      settings.signal ?? never,
    );
  }

  async function filesOf(archive: Buffer): Promise<Record<string, string>> {
    const into = await mkdtemp(join(folder, 'out-'));
    await writeFile(join(into, 'archive.tgz'), archive);
    await run('tar', ['-xzf', 'archive.tgz'], { cwd: into });
    await rm(join(into, 'archive.tgz'));
    const entries = await readdir(into, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((one) => join(one.parentPath, one.name));
    const texts = await Promise.all(
      files.map(async (file) => [file.slice(into.length + 1), await readFile(file, 'utf8')] as const),
    );
    return Object.fromEntries(texts);
  }

  /** A folder with a program of the given name in it. */
  async function program(name: string, text: string): Promise<string> {
    const bin = await mkdtemp(join(folder, 'bin-'));
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
    return bin;
  }

  it('are the tree of the branch master unless a version is named, without what git keeps for itself', async () => {
    const tree = { 'chart/Chart.yaml': 'two', 'docs/a b.md': 'read' };
    expect(await filesOf(await fetched({}))).toEqual(tree);
    expect(await filesOf(await fetched({ version: '' }))).toEqual(tree);
  });

  it.each([
    ['a branch', 'feature/x', 'three'],
    ['a tag', 'v1', 'one'],
    ['a whole name', 'refs/tags/v1', 'one'],
  ])('have versions: %s', async (_, version, content) => {
    expect(await filesOf(await fetched({ version }))).toMatchObject({ 'chart/Chart.yaml': content });
  });

  it('have versions: a commit, and of a branch and a tag of the same name the branch', async () => {
    expect(await filesOf(await fetched({ version: first }))).toMatchObject({ 'chart/Chart.yaml': 'one' });
    const both = { reference: `${server.url}/both.git`, version: 'release' };
    expect(await filesOf(await fetched(both))).toEqual({ file: 'of the branch' });
  });

  it.each<[Artifact]>([
    [{ location: 'docs' }],
    [{ location: './docs/' }],
    [{ metadata: { subPath: 'docs/a b.md' } }],
    [{ location: 'docs', metadata: { subPath: 'chart' } }],
  ])('are cut down to a part, whose paths stay those of the repository: %j', async (part) => {
    expect(await filesOf(await fetched(part))).toEqual({ 'docs/a b.md': 'read' });
  });

  it('that lack what is asked for say what that is', async () => {
    const shop = `${server.url}/shop.git`;
    await expect(fetched({ version: 'nowhere' })).rejects.toMatchObject({
      status: 404,
      message: `${shop} has no branch, tag or commit nowhere`,
    });
    await expect(fetched({ version: '0'.repeat(40) })).rejects.toMatchObject({ status: 404 });
    await expect(fetched({ location: 'none' })).rejects.toMatchObject({
      status: 404,
      message: `${shop} has nothing at none in master`,
    });
    await expect(fetched({ location: ':(glob)**' })).rejects.toMatchObject({ status: 404 });
    await expect(fetched({ reference: `${server.url}/none.git` })).rejects.toMatchObject({
      status: 404,
      message: `there is no repository at ${server.url}/none.git`,
    });
  });

  it.each<[Artifact, string, string]>([
    [{ reference: '' }, 'reference', 'must be an address of http, https or ssh'],
    [{ reference: '/etc' }, 'reference', 'must be an address'],
    [{ reference: 'file:///etc' }, 'reference', 'must be an address'],
    [{ reference: 'ext::sh -c id' }, 'reference', 'must be an address'],
    [{ reference: '--upload-pack=id' }, 'reference', 'must be an address'],
    [{ reference: 'https://ann:hunter2@example.com/a.git' }, 'reference', 'must not hold credentials'],
    [{ reference: 'https://example.com/a.git' }, 'reference', 'is outside of what'],
    [{ reference: 'git@example.com:a.git' }, 'reference', 'is outside of what'],
    [{ version: '--upload-pack=id' }, 'version', 'must be the name of a branch'],
    [{ version: 'a:refs/heads/b' }, 'version', 'must be the name of a branch'],
    [{ version: 'a..b' }, 'version', 'must be the name of a branch'],
    [{ location: '../other' }, 'location', 'must be a path inside'],
    [{ metadata: { subPath: ['a'] } }, 'metadata.subPath', 'must be a path inside'],
  ])('are not asked for what is no name: %j', async (artifact, field, message) => {
    await expect(fetched(artifact)).rejects.toMatchObject({
      status: 400,
      problems: [{ path: `artifact.${field}`, message: expect.stringContaining(message) as string }],
    });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['a password', { username: 'ann', password: 'hunter2' }, 'ann:hunter2'],
    ['a token', { token: 'hunter2' }, 'token:hunter2'],
    ['a token of a user', { username: 'oauth2', token: 'hunter2' }, 'oauth2:hunter2'],
  ])('are shown %s, which is in no argument and no error', async (_, credentials, expected) => {
    server.authorization = `Basic ${Buffer.from(expected).toString('base64')}`;
    const log = join(folder, `arguments-${expected}`);
    const bin = await program('git', `#!/bin/sh\nprintf '%s\\n' "$@" >>'${log}'\nexec /usr/bin/git "$@"\n`);
    const path = `${bin}:${PROGRAMS}`;
    expect(await filesOf(await fetched({}, account(credentials), { path }))).toHaveProperty('docs/a b.md');
    expect(server.requests.map(({ authorization }) => authorization)).toContain(server.authorization);
    const args = await readFile(log, 'utf8');
    expect(args).toContain(`${server.url}/shop.git`);
    for (const secret of ['hunter2', server.authorization]) expect(args).not.toContain(secret);

    server.authorization = 'Basic other';
    const refused = await fetched({}, account(credentials)).catch((error: unknown) => error as Error);
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining('repos shows') as string });
    expect(JSON.stringify([refused, String(refused)])).not.toContain('hunter2');
  });

  it('that want credentials are not waited for when the account has none', async () => {
    server.authorization = 'Basic something';
    await expect(fetched({})).rejects.toMatchObject({ code: 'artifact.refused', status: 400 });
  });

  it('must be public when users choose them, and may not lead elsewhere', async () => {
    const anywhere = account({ urlPrefixes: [] });
    const { port } = new URL(server.url);
    await expect(fetched({}, anywhere)).rejects.toThrow('is a private address');
    await expect(fetched({ reference: `http://localhost:${port}/shop.git` }, anywhere)).rejects.toThrow(
      'is a private address',
    );
    await expect(fetched({ reference: 'git@example.com:a.git' }, anywhere)).rejects.toThrow('has no key');
    const allowed = [{ urlPrefix: 'https://git.example/' }];
    await expect(fetched({}, anywhere, { policy: httpPolicySchema.parse({ allowed }) })).rejects.toThrow(
      'not on the list',
    );
    expect(server.requests).toEqual([]);
    const inside = httpPolicySchema.parse({ allowPrivateAddresses: true });
    const local = { reference: `http://localhost:${port}/shop.git` };
    expect(await filesOf(await fetched(local, anywhere, { policy: inside }))).toHaveProperty('docs/a b.md');
    server.instead = { location: 'http://elsewhere.example' };
    await expect(fetched({})).rejects.toThrow('redirects: give the address that it leads to');
  });

  it('are bounded, on the way and as archives', async () => {
    const big = { reference: `${server.url}/big.git` };
    await expect(fetched(big, account(), { maxCloneBytes: 200_000 })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('the repository is larger than 200000 bytes') as string,
    });
    const policy = httpPolicySchema.parse({ maxResponseBytes: 200_000 });
    await expect(fetched(big, account(), { policy })).rejects.toThrow(
      'the archive of the repository is larger than 200000 bytes',
    );
  });

  it('that do not answer are given up in time, or when nobody waits any more', async () => {
    server.instead = 'hang';
    await expect(fetched({}, account(), { timeoutMs: 300 })).rejects.toMatchObject({
      status: 503,
      message: `${server.url}/shop.git did not answer within 0.3 s`,
    });
    const caller = new AbortController();
    const leaving = fetched({}, account(), { signal: caller.signal });
    const refused = expect(leaving).rejects.toThrow('is not waited for');
    caller.abort();
    await refused;
  });

  it('leave nothing behind, whether they could be had or not', async () => {
    const scratch = await mkdtemp(join(folder, 'scratch-'));
    await fetched({}, account(), { folder: scratch });
    await fetched({ version: 'nowhere' }, account(), { folder: scratch }).catch(() => undefined);
    expect(await readdir(scratch)).toEqual([]);
  });

  it('need git, and say so where it is not installed', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    await expect(fetched({}, account(), { path: empty })).rejects.toMatchObject({
      status: 503,
      message: 'git is not installed where the cloud driver runs: artifacts of type git/repo need it',
    });
  });

  it.each([
    ['ssh://git@git.example', 'ssh://git@git.example'],
    ['git@git.example:', 'ssh://git.example/'],
  ])('are reached by ssh with the key of the account, asking nobody: %s', async (start, prefix) => {
    const log = join(folder, 'ssh');
    const ssh = `#!/bin/sh
printf '%s\\n' "$@" >'${log}'
"$SSH_ASKPASS" >>'${log}'
for command; do :; done
exec sh -c "$command"
`;
    const path = `${await program('ssh', ssh)}:${PROGRAMS}`;
    const using = account({
      urlPrefixes: [prefix],
      sshPrivateKeyFilePath: "/keys/ann's key",
      sshPrivateKeyPassphrase: 'open sesame',
      sshKnownHostsFilePath: '/keys/known hosts',
    });
    const reference = `${start}${server.folderOf('shop.git')}`;
    expect(await filesOf(await fetched({ reference }, using, { path }))).toHaveProperty('docs/a b.md');
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        "/keys/ann's key",
        'UserKnownHostsFile="/keys/known hosts"',
        'StrictHostKeyChecking=yes',
        'git@git.example',
      ]),
    );
    expect(lines.filter((line) => line.includes('open sesame'))).toEqual([lines.at(-1)]);
  });

  it('whose accounts hold secrets say where these may be sent', () => {
    const accounts = [
      { name: 'a', token: 't' },
      { name: 'b', sshPrivateKeyFilePath: '/k' },
    ];
    for (const section of ['gitrepo', 'gitRepo', 'git-repo']) {
      expect(artifactAccountsIn({ [section]: { accounts } }).problems.map(({ path }) => path)).toEqual([
        'artifacts.gitrepo.accounts[0].urlPrefixes',
        'artifacts.gitrepo.accounts[1].urlPrefixes',
      ]);
    }
  });
});
