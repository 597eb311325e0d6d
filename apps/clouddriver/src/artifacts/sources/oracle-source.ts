import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError, messageOf } from '@gennaker/kernel';
import { type ArtifactAccountOf, secretIn } from '../artifact-account.js';
import type { ArtifactRequest } from '../artifact-http.js';

type OracleAccount = ArtifactAccountOf<'oracle'>;

/**
 * The request for `oci://bucket/object`, with `#versionId` for an older one; the artifact's version is one, too. Signed as
 * https://docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm says (version 1).
 */
export async function oracleRequest(
  artifact: Artifact,
  account: OracleAccount,
  now: number,
): Promise<ArtifactRequest> {
  const url = addressOf(artifact, account);
  const { tenancyId, userId, fingerprint } = account;
  const date = new Date(now).toUTCString();
  const signed = [
    `date: ${date}`,
    `(request-target): get ${url.pathname}${url.search}`,
    `host: ${url.host}`,
  ].join('\n');
  const signature = sign('RSA-SHA256', Buffer.from(signed), await keyOf(account)).toString('base64');
  const parameters = {
    version: '1',
    keyId: `${tenancyId}/${userId}/${fingerprint}`,
    algorithm: 'rsa-sha256',
    headers: 'date (request-target) host',
    signature,
  };
  const shown = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return { url: url.href, headers: { date, authorization: `Signature ${shown.join(',')}` } };
}

function addressOf({ reference = '', version }: Artifact, account: OracleAccount): URL {
  const [, bucket, object, fragment] =
    /^oci:\/\/(?!\.+\/)([\w.-]+)\/(?!\.+(?:#|$))([^#]+)(?:#(.+))?$/.exec(reference) ?? [];
  if (bucket === undefined || object === undefined) {
    throw new InvalidInputError('artifact.bad_reference', [
      { path: 'artifact.reference', message: `must be oci://bucket/object, not "${reference}"` },
    ]);
  }
  const { apiEndpoint, region, namespace } = account;
  const base = apiEndpoint ?? `https://objectstorage.${region}.oraclecloud.com`;
  const [inside, from, named] = [namespace, bucket, object].map(encodeURIComponent);
  const url = new URL(`${base.replace(/\/+$/, '')}/n/${inside}/b/${from}/o/${named}`);
  const versionId = fragment ?? version;
  if (versionId) url.searchParams.set('versionId', versionId);
  return url;
}

/** The file is read at every use, so that what is in it can be rotated. */
async function keyOf(account: OracleAccount): Promise<KeyObject> {
  const { name, sshPrivateKeyFilePath: file, privateKeyPassphraseFile } = account;
  const passphrase =
    privateKeyPassphraseFile === undefined
      ? account.privateKeyPassphrase
      : await secretIn(privateKeyPassphraseFile, name);
  try {
    const key = await readFile(file);
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const why = (error as { code?: string }).code ?? messageOf(error);
    throw new InvalidInputError(
      'artifact.secret_unreadable',
      `the key file of the artifact account ${name} cannot be used (${why})`,
    );
  }
}
