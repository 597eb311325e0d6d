import { readFile } from 'node:fs/promises';
import { type FieldProblem, InvalidInputError, isObject, messageOf } from '@gennaker/kernel';
import { z } from 'zod';

const name = z.string().min(1).max(200);
/** Where the account's credentials may be sent to. */
const urlPrefixes = z.array(z.url({ protocol: /^https?$/ })).max(100);
const secret = z.string().min(1).optional();

const login = {
  username: z.string().min(1).optional(),
  password: secret,
  /** Files are read at every use, so that what is in them can be rotated. */
  passwordFile: secret,
  /** One line, `user:password`. */
  usernamePasswordFile: secret,
};
const credentials = { ...login, token: secret, tokenFile: secret };

const ofHosts = (...defaults: [string, ...string[]]) =>
  z.object({ name, urlPrefixes: urlPrefixes.default(defaults), ...credentials });

const PREFIXES_MISSING = {
  path: ['urlPrefixes'],
  message: 'is missing: say which addresses the credentials may be sent to',
};

/** One schema per kind of account, named as in Spinnaker's configuration. */
const SCHEMAS = {
  github: ofHosts('https://api.github.com/', 'https://raw.githubusercontent.com/').transform((account) => ({
    kind: 'github' as const,
    ...account,
  })),
  gitlab: ofHosts('https://gitlab.com/').transform((account) => ({ kind: 'gitlab' as const, ...account })),
  bitbucket: ofHosts('https://api.bitbucket.org/', 'https://bitbucket.org/').transform((account) => ({
    kind: 'bitbucket' as const,
    ...account,
  })),
  http: z
    .object({ name, urlPrefixes: urlPrefixes.default([]), ...credentials })
    .refine((account) => account.urlPrefixes.length > 0 || !hasCredentials(account), PREFIXES_MISSING)
    .transform((account) => ({ kind: 'http' as const, ...account })),
  s3: z
    .object({
      name,
      region: z.string().min(1).default('us-east-1'),
      /** Another server that speaks S3's protocol; then buckets are in the path. */
      apiEndpoint: z.url({ protocol: /^https?$/ }).optional(),
      awsAccessKeyId: secret,
      awsSecretAccessKey: secret,
      awsSecretAccessKeyFile: secret,
    })
    .transform((account) => ({ kind: 's3' as const, ...account })),
  gcs: z
    .object({
      name,
      apiEndpoint: z.url({ protocol: /^https?$/ }).default('https://storage.googleapis.com'),
      /** Key file of a service account; without one only public objects can be read. */
      jsonPath: z.string().min(1).optional(),
    })
    .transform((account) => ({ kind: 'gcs' as const, ...account })),
  oracle: z
    .object({
      name,
      namespace: z.string().min(1),
      region: z.string().regex(/^[a-z0-9-]+$/, 'must be a region, such as us-ashburn-1'),
      userId: z.string().min(1),
      fingerprint: z.string().min(1),
      tenancyId: z.string().min(1),
      /** The user's API signing key, PEM. */
      sshPrivateKeyFilePath: z.string().min(1),
      privateKeyPassphrase: secret,
      privateKeyPassphraseFile: secret,
      /** Where another realm, or something in between, has the service. */
      apiEndpoint: z.url({ protocol: /^https?$/ }).optional(),
    })
    .transform((account) => ({ kind: 'oracle' as const, ...account })),
  maven: z
    .object({ name, repositoryUrl: z.url({ protocol: /^https?$/ }), ...credentials })
    .transform((account) => ({ kind: 'maven' as const, ...account })),
  /** Spinnaker's `jenkins.masters`: the password is the user's API token. */
  jenkins: z
    .object({ name, address: z.url({ protocol: /^https?$/ }), ...credentials })
    .transform((account) => ({ kind: 'jenkins' as const, ...account })),
  /** `git@host:path` is meant by `ssh://host/path`. */
  gitrepo: z
    .object({
      name,
      urlPrefixes: z
        .array(z.url({ protocol: /^(https?|ssh)$/ }))
        .max(100)
        .default([]),
      ...credentials,
      sshPrivateKeyFilePath: z.string().min(1).optional(),
      sshPrivateKeyPassphrase: secret,
      sshPrivateKeyPassphraseFile: secret,
      /** Without it, what the user of the process knows. */
      sshKnownHostsFilePath: z.string().min(1).optional(),
      sshTrustUnknownHosts: z.boolean().default(false),
    })
    .refine(
      (account) =>
        account.urlPrefixes.length > 0 ||
        !(hasCredentials(account) || account.sshPrivateKeyFilePath !== undefined),
      PREFIXES_MISSING,
    )
    .transform((account) => ({ kind: 'gitrepo' as const, ...account })),
  helm: z
    .object({ name, repository: z.url({ protocol: /^https?$/ }), ...credentials })
    .transform((account) => ({ kind: 'helm' as const, ...account })),
  /** A registry with charts; `oci://host` is one over https. */
  'helm-oci': z
    .object({
      name,
      address: z
        .string()
        .transform((address) => address.replace(/^oci:/, 'https:'))
        .pipe(z.url({ protocol: /^https?$/ })),
      /** What is offered as names. */
      helmOciRepositories: z.array(z.string().min(1)).max(1_000).default([]),
      ...login,
    })
    .transform((account) => ({ kind: 'helm-oci' as const, ...account })),
};

export type ArtifactAccount = z.output<(typeof SCHEMAS)[keyof typeof SCHEMAS]>;
export type ArtifactAccountOf<Kind extends ArtifactAccount['kind']> = Extract<
  ArtifactAccount,
  { kind: Kind }
>;

/** Basic or bearer credentials of an account. */
export interface Credentials {
  username?: string | undefined;
  password?: string | undefined;
  passwordFile?: string | undefined;
  usernamePasswordFile?: string | undefined;
  token?: string | undefined;
  tokenFile?: string | undefined;
}

export const TYPES: Record<ArtifactAccount['kind'], readonly string[]> = {
  github: ['github/file'],
  gitlab: ['gitlab/file'],
  bitbucket: ['bitbucket/file'],
  http: ['http/file'],
  s3: ['s3/object'],
  gcs: ['gcs/object'],
  oracle: ['oracle/object'],
  maven: ['maven/file'],
  jenkins: ['jenkins/file'],
  gitrepo: ['git/repo'],
  helm: ['helm/chart', 'helm/index'],
  'helm-oci': ['helm/image'],
};

export interface ArtifactAccounts {
  accounts: ArtifactAccount[];
  /** What is wrong with accounts that cannot be used: they do not take the others down. */
  problems: FieldProblem[];
}

/** Reads `artifacts:` of Spinnaker's configuration: `{github: {accounts: […]}, …}`. */
export function artifactAccountsIn(config: unknown): ArtifactAccounts {
  const accounts: ArtifactAccount[] = [];
  const problems: FieldProblem[] = [];
  for (const [kind, schema] of Object.entries(SCHEMAS)) {
    const section = sectionOf(config, kind);
    if (!isObject(section) || section['enabled'] === false) continue;
    // Spinnaker's section of Jenkins calls them so.
    const listed = section['accounts'] ?? section['masters'];
    const given = Array.isArray(listed) ? (listed as unknown[]) : [];
    for (const [index, one] of given.entries()) {
      const parsed = schema.safeParse(one);
      const path = `artifacts.${kind}.accounts[${index}]`;
      if (!parsed.success) {
        for (const issue of parsed.error.issues) {
          problems.push({ path: [path, ...issue.path].join('.'), message: issue.message });
        }
      } else if (accounts.some((known) => known.name === parsed.data.name)) {
        problems.push({ path: `${path}.name`, message: `${parsed.data.name} is taken by another account` });
      } else accounts.push(parsed.data);
    }
  }
  return { accounts, problems };
}

/** Sections of more than one word are written in more than one way: `helm-oci`, `helmOci`. */
function sectionOf(config: unknown, kind: string): unknown {
  if (!isObject(config)) return undefined;
  const plain = (key: string): string => key.replaceAll('-', '').toLowerCase();
  return Object.entries(config).find(([key]) => plain(key) === plain(kind))?.[1];
}

/** Whether an address is below a prefix that an account's credentials are meant for. */
export function isInside(url: URL, prefix: string): boolean {
  const allowed = new URL(prefix);
  return (
    url.protocol === allowed.protocol &&
    url.host === allowed.host &&
    url.pathname.startsWith(allowed.pathname)
  );
}

/** The `Authorization` header of an account, or none. @throws InvalidInputError when a file cannot be read */
export async function authorizationOf(account: Credentials & { name: string }): Promise<string | undefined> {
  const token = await tokenOf(account);
  if (token !== undefined) return `Bearer ${token}`;
  const basic = await userAndPassword(account);
  return basic === undefined ? undefined : `Basic ${Buffer.from(basic).toString('base64')}`;
}

export async function tokenOf(account: Credentials & { name: string }): Promise<string | undefined> {
  return account.tokenFile === undefined ? account.token : secretIn(account.tokenFile, account.name);
}

async function userAndPassword(account: Credentials & { name: string }): Promise<string | undefined> {
  const { username, usernamePasswordFile, passwordFile, name: of } = account;
  if (usernamePasswordFile !== undefined) return secretIn(usernamePasswordFile, of);
  if (username === undefined) return undefined;
  const password = passwordFile === undefined ? account.password : await secretIn(passwordFile, of);
  return `${username}:${password ?? ''}`;
}

/** The first line of a file, without its end. */
export async function secretIn(file: string, account: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0]?.trim() ?? '';
  } catch (error) {
    const code = (error as { code?: string }).code ?? messageOf(error);
    throw new InvalidInputError(
      'artifact.secret_unreadable',
      `a file with credentials of the artifact account ${account} cannot be read (${code})`,
    );
  }
}

function hasCredentials(account: Credentials): boolean {
  const { username, usernamePasswordFile, token, tokenFile } = account;
  return [username, usernamePasswordFile, token, tokenFile].some((value) => value !== undefined);
}
