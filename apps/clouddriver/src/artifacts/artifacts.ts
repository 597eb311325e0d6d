import type { Artifact } from '@gennaker/artifact';
import type { BytesResponse } from '@gennaker/outbound';
import { type Clock, InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { type ArtifactAccount, type ArtifactAccounts, TYPES } from './artifact-account.js';
import type { ArtifactHttp, ArtifactRequest } from './artifact-http.js';
import { fileRequest } from './sources/file-sources.js';
import { gcsRequest } from './sources/gcs-source.js';
import type { GitRepositories } from './sources/git-repositories.js';
import { HelmRepository } from './sources/helm-repository.js';
import { MavenRepository } from './sources/maven-repository.js';
import { OciRegistry } from './sources/oci-registry.js';
import { oracleRequest } from './sources/oracle-source.js';
import { s3Request } from './sources/s3-source.js';

export interface ArtifactAccountView {
  name: string;
  types: string[];
}

/** What needs no account: it is there always, under Spinnaker's names. */
const BUILT_IN: readonly ArtifactAccountView[] = [
  { name: 'embedded-artifact', types: ['embedded/base64'] },
  { name: 'no-auth-http-account', types: ['http/file'] },
];

/** Gets what artifacts stand for. */
export class Artifacts {
  constructor(
    private readonly configured: () => Promise<ArtifactAccounts>,
    private readonly http: ArtifactHttp,
    private readonly git: GitRepositories,
    private readonly clock: Clock,
    /** Looks up what an account refers to as secrets, when it is used. */
    private readonly withSecrets: <T>(account: T, signal: AbortSignal) => Promise<T> = async (account) =>
      account,
  ) {}

  async accounts(): Promise<ArtifactAccountView[]> {
    const { accounts } = await this.configured();
    return [...BUILT_IN, ...accounts.map(({ name, kind }) => ({ name, types: [...TYPES[kind]] }))];
  }

  /**
   * The bytes of an artifact, fetched with the account that it names, or with the only one for its type.
   *
   * @throws InvalidInputError, NotFoundError, UnavailableError
   */
  async fetch(artifact: Artifact, signal: AbortSignal): Promise<Buffer> {
    const { type = '', reference = '', artifactAccount } = artifact;
    if (type === 'embedded/base64' || type === 'remote/base64') return Buffer.from(reference, 'base64');
    if (type === 'http/file' && (!artifactAccount || artifactAccount === 'no-auth-http-account')) {
      return this.http.bytes({ url: reference }, { signal, configured: false });
    }
    const account = await this.withSecrets(await this.accountFor(type, artifactAccount), signal);
    return this.fetchWith(account, artifact, signal);
  }

  private async fetchWith(
    account: ArtifactAccount,
    artifact: Artifact,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const ask = this.asking(signal);
    switch (account.kind) {
      case 's3':
        return ask(await s3Request(artifact, account));
      case 'gcs':
        return ask(await gcsRequest(artifact, account, ask, this.clock.now()));
      case 'oracle':
        return ask(await oracleRequest(artifact, account, this.clock.now()));
      case 'gitrepo':
        return this.git.archive(artifact, account, signal);
      case 'helm': {
        const repository = new HelmRepository(account, ask);
        if (artifact.type === 'helm/index') return repository.index();
        return repository.archive(artifact.name ?? '', artifact.version);
      }
      case 'helm-oci':
        return new OciRegistry(account, this.answering(signal)).chart(artifact);
      case 'maven':
        return new MavenRepository(account, ask).file(artifact.reference ?? '');
      default:
        return ask(await fileRequest(artifact, account));
    }
  }

  /** Empty where the account's protocol has no list of names. */
  async names(name: string, signal: AbortSignal): Promise<string[]> {
    return (await this.charts(name, signal))?.names() ?? [];
  }

  async versions(name: string, artifact: string, signal: AbortSignal): Promise<string[]> {
    return (await this.charts(name, signal))?.versions(artifact) ?? [];
  }

  private asking(signal: AbortSignal): (request: ArtifactRequest) => Promise<Buffer> {
    return (request) => this.http.bytes(request, { signal, configured: true });
  }

  private answering(signal: AbortSignal): (request: ArtifactRequest) => Promise<BytesResponse> {
    return (request) => this.http.answer(request, { signal, configured: true });
  }

  private async charts(name: string, signal: AbortSignal): Promise<HelmRepository | OciRegistry | undefined> {
    const account = await this.account(name);
    if (account?.kind === 'helm') {
      return new HelmRepository(await this.withSecrets(account, signal), this.asking(signal));
    }
    if (account?.kind === 'helm-oci') {
      return new OciRegistry(await this.withSecrets(account, signal), this.answering(signal));
    }
    return undefined;
  }

  /** Undefined for what needs no account. */
  private async account(name: string): Promise<ArtifactAccount | undefined> {
    const { accounts, problems } = await this.configured();
    const found = accounts.find((one) => one.name === name);
    if (found !== undefined || BUILT_IN.some((one) => one.name === name)) return found;
    const [first] = problems;
    const hint = first === undefined ? '' : ` (in the configuration ${first.path} ${first.message})`;
    throw new NotFoundError('artifact.no_account', `there is no artifact account ${name}${hint}`);
  }

  private async accountFor(type: string, name: string | undefined): Promise<ArtifactAccount> {
    const account = name ? await this.account(name) : await this.onlyFor(type);
    if (account !== undefined && TYPES[account.kind].includes(type)) return account;
    const { accounts } = await this.configured();
    const able = accounts.filter(({ kind }) => TYPES[kind].includes(type)).map((one) => one.name);
    throw new InvalidInputError('artifact.wrong_account', [
      {
        path: 'artifact.artifactAccount',
        message:
          able.length === 0
            ? `must handle ${type || 'the artifact’s type'}, which no configured account does`
            : `must be one that handles ${type}: ${able.join(', ')}`,
      },
    ]);
  }

  private async onlyFor(type: string): Promise<ArtifactAccount | undefined> {
    const { accounts } = await this.configured();
    const able = accounts.filter(({ kind }) => TYPES[kind].includes(type));
    return able.length === 1 ? able[0] : undefined;
  }
}
