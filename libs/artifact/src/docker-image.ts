/** A container image's reference taken apart; `name` keeps the registry and its port. */
export interface DockerImage {
  name: string;
  tag: string | null;
  digest: string | null;
}

/**
 * `registry:5000/team/app:1.2@sha256:…` by the grammar of the distribution project: a colon after the last slash starts
 * the tag, an at sign starts the digest. Without a slash, `host:5000` is the image `host` with the tag `5000`.
 * A tag beside a digest stays part of the name, as Spinnaker has it: artifacts are matched by that name.
 */
export function parseDockerImage(reference: string): DockerImage {
  const at = reference.indexOf('@');
  if (at >= 0) return { name: reference.slice(0, at), tag: null, digest: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(':');
  if (colon < 0 || colon < reference.lastIndexOf('/')) return { name: reference, tag: null, digest: null };
  return { name: reference.slice(0, colon), tag: reference.slice(colon + 1), digest: null };
}
