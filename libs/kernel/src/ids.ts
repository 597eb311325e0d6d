import { monotonicFactory } from 'ulid';

/** The one source of identifiers: 26-character ULIDs, ascending within one process. */
export abstract class IdGenerator {
  abstract next(): string;
}

export class UlidGenerator extends IdGenerator {
  private readonly ulid = monotonicFactory(randomShare);

  next(): string {
    return this.ulid();
  }
}

const pool = new Uint8Array(4_096);
let used = pool.length;

/** A random number from 0 to below 1, in steps of 1/256. Asking for the bytes one by one costs more than all the rest. */
function randomShare(): number {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += 1;
  return pool[used - 1]! / 256;
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export function isUlid(text: string): boolean {
  return ULID.test(text);
}

/**
 * Deterministic ids for simulations and tests: a seeded sequence in the form of ULIDs, so that one seed always gives
 * the same execution.
 */
export class SequentialIds extends IdGenerator {
  private count = 0;

  constructor(private readonly prefix = '01SEQ') {
    super();
  }

  next(): string {
    this.count += 1;
    return this.prefix + String(this.count).padStart(26 - this.prefix.length, '0');
  }
}
