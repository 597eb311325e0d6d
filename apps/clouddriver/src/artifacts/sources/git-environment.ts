import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { checkAddress, checkRequest, type HttpPolicy } from '@gennaker/outbound';
import { type ArtifactAccountOf, authorizationOf, secretIn, tokenOf } from '../artifact-account.js';

type GitAccount = ArtifactAccountOf<'gitrepo'>;

export interface GitCall {
  account: GitAccount;
  url: URL;
  policy: HttpPolicy;
  path: string;
  /** Where the files will be. */
  folder: string;
}

export interface GitEnvironment {
  env: Record<string, string>;
  /** What must not be told. */
  secrets: Set<string>;
  /** To be written before git runs, for nobody else to read; programs start with `#!`. */
  files: Record<string, string>;
}

/** The user's name is of no matter where a token is the password; this one is Spinnaker's. */
const TOKEN_USER = 'token';
const CERTIFICATES = 'certificates.pem';
const PASSPHRASE_PROGRAM = 'passphrase';

/**
 * The environment for git to fetch from one address. Configuration of the machine and of its users does not count;
 * nothing is asked of a terminal; credentials are in no argument, and go to one origin alone.
 *
 * @throws HttpRefusedError for an address that requests may not go to, InvalidInputError for secrets that cannot be read
 */
export async function gitEnvironment(call: GitCall): Promise<GitEnvironment> {
  const made: GitEnvironment = { env: {}, secrets: new Set(), files: {} };
  const config = new Map([
    ['core.hooksPath', '/dev/null'],
    ['credential.helper', ''],
    // Another host must be checked as the first one was.
    ['http.followRedirects', 'false'],
  ]);
  if (call.url.protocol === 'ssh:') await addSsh(call, made);
  else await addHttp(call, made, config);
  const pairs = [...config].flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  made.env = {
    PATH: call.path,
    HOME: call.folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(config.size),
    ...(Object.fromEntries(pairs) as Record<string, string>),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'http:https:ssh',
    // A path is a path, whatever signs it starts with.
    GIT_LITERAL_PATHSPECS: '1',
    ...made.env,
  };
  return made;
}

async function addHttp(
  { account, url, policy, folder }: GitCall,
  { env, secrets, files }: GitEnvironment,
  config: Map<string, string>,
): Promise<void> {
  // Addresses that operators have configured may well be inside.
  if (account.urlPrefixes.length === 0) config.set('http.curloptResolve', await checkedAddress(url, policy));
  const authorization = await httpAuthorization(account);
  if (authorization !== undefined) {
    config.set(`http.${url.origin}/.extraHeader`, `Authorization: ${authorization}`);
    for (const secret of [authorization, authorization.replace(/^\w+ /, '')]) secrets.add(secret);
  }
  const { caFile, certFile, keyFile } = policy.tls ?? {};
  if (caFile !== undefined) {
    files[CERTIFICATES] = [...rootCertificates, await readFile(caFile, 'utf8')].join('\n');
    env['GIT_SSL_CAINFO'] = join(folder, CERTIFICATES);
  }
  if (certFile !== undefined) env['GIT_SSL_CERT'] = certFile;
  if (keyFile !== undefined) env['GIT_SSL_KEY'] = keyFile;
}

/**
 * `host:port:addresses`, for git to connect to what has been checked and not to what the name leads to later.
 * Addresses of version 6 are in brackets.
 */
async function checkedAddress(url: URL, policy: HttpPolicy): Promise<string> {
  checkRequest(policy, 'GET', url, 0);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true }).catch(() => []);
  for (const { address } of found) checkAddress(policy, url.hostname, address);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const addresses = found.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
  return `${url.hostname}:${port}:${addresses.join(',') || UNREACHABLE}`;
}

/** Of RFC 5737: for a name that was not found, so that git cannot find it otherwise a moment later. */
const UNREACHABLE = '192.0.2.1';

async function httpAuthorization(account: GitAccount): Promise<string | undefined> {
  const token = await tokenOf(account);
  if (token === undefined) return authorizationOf(account);
  return `Basic ${Buffer.from(`${account.username ?? TOKEN_USER}:${token}`).toString('base64')}`;
}

async function addSsh({ account, policy, folder }: GitCall, { env, secrets, files }: GitEnvironment) {
  const { sshPrivateKeyFilePath: key, sshKnownHostsFilePath: knownHosts } = account;
  const passphrase =
    account.sshPrivateKeyPassphraseFile === undefined
      ? account.sshPrivateKeyPassphrase
      : await secretIn(account.sshPrivateKeyPassphraseFile, account.name);
  const options = [
    'PasswordAuthentication=no',
    'KbdInteractiveAuthentication=no',
    'NumberOfPasswordPrompts=1',
    'IdentitiesOnly=yes',
    `ConnectTimeout=${Math.ceil(policy.connectTimeoutMs / 1_000)}`,
    // With a passphrase one question is to be answered; the program below does.
    `BatchMode=${passphrase === undefined ? 'yes' : 'no'}`,
    `StrictHostKeyChecking=${account.sshTrustUnknownHosts ? 'no' : 'yes'}`,
    ...(account.sshTrustUnknownHosts ? ['UserKnownHostsFile=/dev/null'] : []),
    ...(knownHosts === undefined || account.sshTrustUnknownHosts
      ? []
      : [`UserKnownHostsFile="${knownHosts}"`]),
  ].flatMap((option) => ['-o', option]);
  const identity = key === undefined ? [] : ['-i', key];
  env['GIT_SSH_COMMAND'] = ['ssh', '-F', '/dev/null', ...options, ...identity].map(quoted).join(' ');
  env['GIT_SSH_VARIANT'] = 'ssh';
  if (passphrase === undefined) return;
  secrets.add(passphrase);
  files[PASSPHRASE_PROGRAM] = `#!/bin/sh\nprintf '%s\\n' "$GENNAKER_SSH_PASSPHRASE"\n`;
  env['GENNAKER_SSH_PASSPHRASE'] = passphrase;
  env['SSH_ASKPASS'] = join(folder, PASSPHRASE_PROGRAM);
  env['SSH_ASKPASS_REQUIRE'] = 'force';
}

/** For the shell that git starts ssh with. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
