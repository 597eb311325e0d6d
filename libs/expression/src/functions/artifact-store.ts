import { effectResult } from '../evaluate/effect-result.js';
import type { Runtime } from '../evaluate/runtime.js';
import type { PlainObject, Value } from '../values/value.js';

export const STORE_PREFIX = 'ref://';

/** What the artifact store holds under a `ref://` link, decoded. */
export function storedText(runtime: Runtime, reference: string): string {
  return decodeBase64(storedBase64(runtime, reference));
}

export function storedBase64(runtime: Runtime, reference: string): string {
  return String(effectResult(runtime, 'fetchReference', [reference]));
}

export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

/**
 * A map that was moved to the artifact store (`remote/map/base64`) is fetched when one of its keys is read. Undefined
 * when `target` is not such a map, or the stored map does not have the key.
 */
export function readStoredArtifact(runtime: Runtime, target: PlainObject, key: string): Value | undefined {
  if (!Object.hasOwn(target, 'type') || target['type'] !== 'remote/map/base64') return undefined;
  const { reference } = target;
  if (typeof reference !== 'string' || !reference.startsWith(STORE_PREFIX)) return undefined;
  const stored = JSON.parse(storedText(runtime, reference)) as PlainObject;
  return typeof stored === 'object' && stored !== null && Object.hasOwn(stored, key)
    ? stored[key]
    : undefined;
}
