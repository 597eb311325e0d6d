import { canonicalJson } from '@gennaker/kernel';

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** 32-bit FNV-1a. */
function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}

/** The digits of a number in the alphabet that Kubernetes uses for names: no vowels, no look-alikes. */
function safeEncode(number: number): string {
  return Array.from(String(number))
    .map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length])
    .join('');
}

/** The hash of a pod template that ends up in `pod-template-hash` and in the names of ReplicaSets. */
export function templateHash(template: unknown, collisionCount = 0): string {
  return safeEncode(fnv32a(canonicalJson(template) + (collisionCount > 0 ? String(collisionCount) : '')));
}

/** Five characters for `generateName`, drawn with the given source of numbers in [0, 1). */
export function nameSuffix(random: () => number): string {
  let suffix = '';
  for (let index = 0; index < 5; index++) suffix += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return suffix;
}

/** A number in [0, 1) that depends on the text alone (avalanche step of MurmurHash3 over FNV-1a). */
export function hashFraction(text: string): number {
  let hash = fnv32a(text);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
