import { createHash } from 'node:crypto';

/** Chance that one seed always rolls the same: a counter, hashed with the seed. */
export function seeded(seed: string): { random: () => number; uuid: () => string } {
  let count = 0;
  const next = (): Buffer => {
    count += 1;
    return createHash('sha256').update(`${seed}:${count}`).digest();
  };
  return {
    random: () => next().readUIntBE(0, 6) / 2 ** 48,
    uuid: () => {
      const bytes = next().subarray(0, 16);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      const hex = bytes.toString('hex');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
        '-',
      );
    },
  };
}
