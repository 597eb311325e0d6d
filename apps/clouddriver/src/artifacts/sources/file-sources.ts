import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError } from '@gennaker/kernel';
import { type ArtifactAccountOf, authorizationOf, isInside, tokenOf } from '../artifact-account.js';
import type { ArtifactRequest } from '../artifact-http.js';

type FileAccount = ArtifactAccountOf<'github' | 'gitlab' | 'bitbucket' | 'http' | 'jenkins'>;

const DEFAULT_BRANCH = 'master';

/** The request for a file that has an address of its own: the artifact's reference. */
export async function fileRequest(artifact: Artifact, account: FileAccount): Promise<ArtifactRequest> {
  const url = addressOf(artifact, account);
  switch (account.kind) {
    case 'github': {
      // The contents API, https://docs.github.com/rest/repos/contents: the raw type gives the bytes at once.
      const authorization = await authorizationOf(account);
      url.searchParams.set('ref', artifact.version || DEFAULT_BRANCH);
      return request(url, {
        accept: 'application/vnd.github.raw+json',
        ...maybe('authorization', authorization),
      });
    }
    case 'gitlab': {
      // https://docs.gitlab.com/api/repository_files: …/repository/files/{path}/raw?ref={branch}
      if (!url.searchParams.has('ref')) url.searchParams.set('ref', artifact.version || DEFAULT_BRANCH);
      return request(url, maybe('private-token', await tokenOf(account)));
    }
    default:
      return request(url, maybe('authorization', await authorizationOf(account)));
  }
}

/** Credentials go only where the account says that they may. */
function addressOf({ reference = '' }: Artifact, account: FileAccount): URL {
  const { name } = account;
  if (account.kind === 'jenkins') return below(account.address, reference);
  const { urlPrefixes } = account;
  if (!URL.canParse(reference)) throw badReference(`must be an address, not "${reference}"`);
  const url = new URL(reference);
  const inside = url.username === '' && urlPrefixes.some((prefix) => isInside(url, prefix));
  if (inside || urlPrefixes.length === 0) return url;
  throw badReference(`is outside of what the artifact account ${name} is for: ${urlPrefixes.join(', ')}`);
}

/** A file that a build has kept: `job/shop/12/artifact/deploy.yml`, below the server's own address. */
function below(address: string, reference: string): URL {
  const base = new URL(`${address.replace(/\/+$/, '')}/`);
  const url = new URL(URL.canParse(reference) ? reference : `${base.href}${reference.replace(/^\/+/, '')}`);
  const inside = url.origin === base.origin && url.pathname.startsWith(base.pathname);
  if (inside && url.pathname !== base.pathname && url.username === '') return url;
  throw badReference(
    `must be a path below ${address}, such as job/NAME/12/artifact/FILE, not "${reference}"`,
  );
}

function badReference(message: string): InvalidInputError {
  return new InvalidInputError('artifact.bad_reference', [{ path: 'artifact.reference', message }]);
}

function request(url: URL, headers: Record<string, string>): ArtifactRequest {
  return { url: url.href, headers };
}

function maybe(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
