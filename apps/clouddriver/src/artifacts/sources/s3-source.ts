import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError } from '@gennaker/kernel';
import { AwsV4Signer } from 'aws4fetch';
import { type ArtifactAccountOf, secretIn } from '../artifact-account.js';
import type { ArtifactRequest } from '../artifact-http.js';

/** The request for `s3://bucket/key`; unsigned for an account without keys, which can read public objects. */
export async function s3Request(
  artifact: Artifact,
  account: ArtifactAccountOf<'s3'>,
): Promise<ArtifactRequest> {
  const url = addressOf(artifact, account);
  const { awsAccessKeyId: accessKeyId, awsSecretAccessKeyFile: file } = account;
  if (accessKeyId === undefined) return { url };
  const secretAccessKey =
    file === undefined ? account.awsSecretAccessKey : await secretIn(file, account.name);
  const signer = new AwsV4Signer({
    url,
    accessKeyId,
    secretAccessKey: secretAccessKey ?? '',
    service: 's3',
    region: account.region,
  });
  const signed = await signer.sign();
  return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
}

function addressOf({ reference = '' }: Artifact, { apiEndpoint, region }: ArtifactAccountOf<'s3'>): string {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/.exec(reference) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new InvalidInputError('artifact.bad_reference', [
      { path: 'artifact.reference', message: `must be s3://bucket/key, not "${reference}"` },
    ]);
  }
  const path = key.split('/').map(encodeURIComponent).join('/');
  if (apiEndpoint !== undefined) return `${apiEndpoint.replace(/\/+$/, '')}/${bucket}/${path}`;
  // A name with dots does not fit the certificate of *.s3.
  const host = `s3.${region}.amazonaws.com`;
  return bucket.includes('.') ? `https://${host}/${bucket}/${path}` : `https://${bucket}.${host}/${path}`;
}
