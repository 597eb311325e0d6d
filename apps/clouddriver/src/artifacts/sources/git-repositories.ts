import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError, NotFoundError, timeLimit, UnavailableError } from '@gennaker/kernel';
import { type HttpPolicy, withoutSecrets } from '@gennaker/outbound';
import { type ArtifactAccountOf, isInside } from '../artifact-account.js';
import { shownOf } from '../artifact-http.js';
import { git, GitError, type GitRun } from './git-command.js';
import { gitEnvironment } from './git-environment.js';

export interface GitSettings {
  policy: HttpPolicy;
  /** Where git is looked for: the process's `PATH`. */
  path: string;
  /** Where repositories are, in folders of their own, while they are fetched. */
  folder: string;
  timeoutMs: number;
  /** The most that a repository may take on disk while it is fetched. */
  maxCloneBytes: number;
}

type GitAccount = ArtifactAccountOf<'gitrepo'>;

interface Wanted {
  url: URL;
  /** What to ask the server for, the likeliest first. */
  refs: string[];
  version: string;
  /** Below the root of the tree; empty for the whole. */
  subPath: string;
}

const DEFAULT_BRANCH = 'master';
const COMMIT = /^[0-9a-f]{40}$/;
/** What may not be in the name of a branch, of `git help check-ref-format`. */
const NO_REF = /[\s~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$|^$/;

/** Repositories of git, fetched by the git that is installed: one commit, without its history. */
export class GitRepositories {
  constructor(private readonly settings: GitSettings) {}

  /**
   * The tree of a branch, tag or commit, or a part of it, as a tar file compressed by gzip. Paths in it start at the
   * repository's root.
   *
   * @throws InvalidInputError, NotFoundError, UnavailableError
   */
  async archive(artifact: Artifact, account: GitAccount, signal: AbortSignal): Promise<Buffer> {
    const wanted = wantedBy(artifact, account);
    const { timeoutMs } = this.settings;
    const folder = await mkdtemp(join(this.settings.folder, 'gennaker-git-'));
    const limit = timeLimit(timeoutMs, signal);
    try {
      return await this.archiveIn(folder, wanted, account, limit.signal);
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      const why = limit.expired() ? `did not answer within ${timeoutMs / 1_000} s` : 'is not waited for';
      throw new UnavailableError('artifact.unreachable', `${shownOf(wanted.url.href)} ${why}`, {
        cause: error,
      });
    } finally {
      limit.end();
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async archiveIn(folder: string, wanted: Wanted, account: GitAccount, signal: AbortSignal) {
    const { policy, path, maxCloneBytes } = this.settings;
    const { env, secrets, files } = await gitEnvironment({ account, url: wanted.url, policy, path, folder });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      if (text.startsWith('#!')) await chmod(join(folder, name), 0o700);
    }
    const run: GitRun = {
      folder,
      env,
      signal,
      maxFolderBytes: maxCloneBytes,
      maxOutputBytes: policy.maxResponseBytes,
    };
    try {
      await git(['init', '--quiet', '--bare', '--template=', 'repository'], run);
      await fetchFirst(wanted, run);
      const part = wanted.subPath === '' ? [] : ['--', wanted.subPath];
      return await git([...IN_REPOSITORY, 'archive', '--format=tar.gz', 'FETCH_HEAD', ...part], run);
    } catch (error) {
      if (error instanceof GitError) throw failureOf(withoutSecrets(error.message, secrets), wanted, account);
      throw error;
    }
  }
}

const IN_REPOSITORY = ['--git-dir', 'repository'];
const FETCH = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-auto-gc'];

/** A name may be a branch's or a tag's. */
async function fetchFirst({ url, refs }: Wanted, run: GitRun): Promise<void> {
  for (const [index, ref] of refs.entries()) {
    try {
      await git([...IN_REPOSITORY, ...FETCH, '--', url.href, ref], run);
      return;
    } catch (error) {
      const another = index < refs.length - 1 && error instanceof GitError && NO_SUCH_REF.test(error.message);
      if (!another) throw error;
    }
  }
}

function wantedBy(artifact: Artifact, account: GitAccount): Wanted {
  const url = addressOf(artifact, account);
  const version = artifact.version || DEFAULT_BRANCH;
  if (NO_REF.test(version)) {
    throw bad('version', `must be the name of a branch or a tag, or a whole commit id, not "${version}"`);
  }
  const refs = COMMIT.test(version)
    ? [version]
    : version.startsWith('refs/')
      ? [version]
      : [`refs/heads/${version}`, `refs/tags/${version}`];
  return { url, refs, version, subPath: subPathOf(artifact) };
}

/** An address that the account is for. */
function addressOf({ reference = '' }: Artifact, { name, urlPrefixes }: GitAccount): URL {
  const url = addressIn(reference);
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    throw bad('reference', 'must not hold credentials: they belong to the artifact account');
  }
  if (urlPrefixes.some((prefix) => isInside(url, prefix))) return url;
  if (urlPrefixes.length > 0) {
    throw bad(
      'reference',
      `is outside of what the artifact account ${name} is for: ${urlPrefixes.join(', ')}`,
    );
  }
  if (url.protocol !== 'ssh:') return url;
  throw bad('reference', `must be an address of http or https: the artifact account ${name} has no key`);
}

/** `git@host:path` stands for `ssh://git@host/path`. */
function addressIn(reference: string): URL {
  const [, host, path] = /^([\w.-]+@[\w.-]+):(?!\/\/)\/*(.+)$/.exec(reference) ?? [];
  const text = host === undefined ? reference : `ssh://${host}/${path}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^(https?|ssh):$/.test(url.protocol) && url.hostname !== '') return url;
  throw bad('reference', `must be an address of http, https or ssh, not "${url?.protocol ?? reference}"`);
}

function subPathOf({ location, metadata }: Artifact): string {
  const given = location || metadata?.['subPath'] || '';
  const path = typeof given === 'string' ? given.replace(/^(\.?\/)+|\/+$/g, '') : '..';
  if (!path.split('/').includes('..')) return path === '.' ? '' : path;
  throw bad(location ? 'location' : 'metadata.subPath', 'must be a path inside of the repository');
}

function bad(field: string, message: string): InvalidInputError {
  return new InvalidInputError('artifact.bad_reference', [{ path: `artifact.${field}`, message }]);
}

const NO_SUCH_REF = /couldn't find remote ref|not our ref|unadvertised object/i;
const REFUSED =
  /authentication failed|could not read (username|password)|permission denied|host key verification failed|returned error: 40[13]/i;

/** What git said, as one of our errors. Its words are in English, for its environment says so. */
function failureOf(said: string, { url, version, subPath }: Wanted, { name }: GitAccount): Error {
  const shown = shownOf(url.href);
  if (NO_SUCH_REF.test(said)) {
    return new NotFoundError('artifact.not_found', `${shown} has no branch, tag or commit ${version}`);
  }
  if (/did not match any files/.test(said)) {
    return new NotFoundError('artifact.not_found', `${shown} has nothing at ${subPath} in ${version}`);
  }
  if (/repository '.*' not found|repository not found|does not appear to be a git repository/i.test(said)) {
    return new NotFoundError('artifact.not_found', `there is no repository at ${shown}`);
  }
  if (REFUSED.test(said)) {
    return new InvalidInputError(
      'artifact.refused',
      `${shown} refuses what the artifact account ${name} shows: ${lastFatal(said)}`,
    );
  }
  if (/returned error: 3\d\d/.test(said)) {
    return new InvalidInputError('artifact.refused', `${shown} redirects: give the address that it leads to`);
  }
  return new UnavailableError('artifact.unavailable', `${shown} cannot be fetched: ${lastFatal(said)}`);
}

function lastFatal(said: string): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = lines.findLast((one) => /^(fatal|error):/.test(one)) ?? lines.at(-1) ?? 'git failed';
  return line.replace(/^(fatal|error): /, '').slice(0, 500);
}
