import { isKind } from './kind.js';
import { type Manifest } from './manifest.js';
import { withoutLastApplied } from './merge/apply.js';

export const REDACTED = '<redacted>';

/** A Secret as an operation returns it: without its values, as Spinnaker does, and without the note that repeats them. */
export function stripSecret(manifest: Manifest): Manifest {
  if (!isKind(manifest, 'secret')) return manifest;
  const { data: _data, stringData: _stringData, ...rest } = manifest;
  return withoutLastApplied(rest);
}
