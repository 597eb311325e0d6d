import { ExpressionError } from '../expression-error.js';
import { double, float, HostValue, longValue, type Value } from '../values/value.js';
import { intAt, valueAt } from './arguments.js';
import { methodTable } from './method.js';

const UUID_FORM = /^([0-9a-f]{1,8})-([0-9a-f]{1,4})-([0-9a-f]{1,4})-([0-9a-f]{1,4})-([0-9a-f]{1,12})$/i;

/** `java.util.UUID`. */
export class JavaUuid extends HostValue {
  readonly typeName = 'UUID';

  constructor(
    readonly high: bigint,
    readonly low: bigint,
  ) {
    super();
  }

  static parse(text: string): JavaUuid {
    const match = UUID_FORM.exec(text);
    if (!match) throw new ExpressionError('expression.bad_argument', `${text.slice(0, 60)} is not a UUID`);
    const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = match.slice(1).map((part) => BigInt(`0x${part}`));
    return new JavaUuid(BigInt.asIntN(64, (a << 32n) | (b << 16n) | c), BigInt.asIntN(64, (d << 48n) | e));
  }

  text(): string {
    const digits = [this.high, this.low]
      .map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0'))
      .join('');
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20),
    ].join('-');
  }

  plain(): string {
    return this.text();
  }

  equalTo(other: Value): boolean {
    return other instanceof JavaUuid && other.high === this.high && other.low === this.low;
  }

  override hash(): number {
    const mixed = this.high ^ this.low;
    return Number(BigInt.asIntN(32, (mixed >> 32n) ^ mixed));
  }

  override compareWith(other: Value): number | undefined {
    if (!(other instanceof JavaUuid)) return undefined;
    if (this.high !== other.high) return this.high < other.high ? -1 : 1;
    return this.low === other.low ? 0 : this.low < other.low ? -1 : 1;
  }
}

export const UUID_METHODS = methodTable<JavaUuid>({
  'toString()': [0, (uuid) => uuid.text()],
  getMostSignificantBits: [0, (uuid) => longValue(uuid.high)],
  getLeastSignificantBits: [0, (uuid) => longValue(uuid.low)],
  version: [0, (uuid) => Number((uuid.high >> 12n) & 15n)],
  compareTo: [1, (uuid, args) => uuid.compareWith(valueAt(args, 0)) ?? 1],
  equals: [1, (uuid, args) => uuid.equalTo(valueAt(args, 0))],
  hashCode: [0, (uuid) => uuid.hash()],
});

const MULTIPLIER = 0x5_deec_e66dn;
const MASK = (1n << 48n) - 1n;

/** `java.util.Random`: the linear congruential generator of Java's documentation, so that a seed gives Java's numbers. */
export class JavaRandom extends HostValue {
  readonly typeName = 'Random';
  private seed: bigint;

  constructor(seed: bigint) {
    super();
    this.seed = (seed ^ MULTIPLIER) & MASK;
  }

  private bits(count: number): number {
    this.seed = (this.seed * MULTIPLIER + 0xbn) & MASK;
    return Number(BigInt.asIntN(32, this.seed >> BigInt(48 - count)));
  }

  nextInt(): number {
    return this.bits(32);
  }

  nextBelow(bound: number): number {
    if (bound <= 0) throw new ExpressionError('expression.bad_argument', 'the bound must be positive');
    if ((bound & -bound) === bound) return Number((BigInt(bound) * BigInt(this.bits(31))) >> 31n);
    for (;;) {
      const bits = this.bits(31);
      const value = bits % bound;
      if (bits - value + (bound - 1) <= 0x7fff_ffff) return value;
    }
  }

  nextLong(): bigint {
    return BigInt.asIntN(64, (BigInt(this.bits(32)) << 32n) + BigInt(this.bits(32)));
  }

  nextDouble(): number {
    return (this.bits(26) * 2 ** 27 + this.bits(27)) / 2 ** 53;
  }

  nextFloat(): number {
    return this.bits(24) / 2 ** 24;
  }

  nextBoolean(): boolean {
    return this.bits(1) !== 0;
  }

  text(): string {
    return 'java.util.Random';
  }

  plain(): string {
    return this.text();
  }

  equalTo(other: Value): boolean {
    return other === this;
  }
}

export const RANDOM_METHODS = methodTable<JavaRandom>({
  nextInt: [
    0,
    2,
    (random, args) => {
      if (args.length === 0) return random.nextInt();
      if (args.length === 1) return random.nextBelow(intAt(args, 0));
      const [low, high] = [intAt(args, 0), intAt(args, 1)];
      return (low + random.nextBelow(high - low)) | 0;
    },
  ],
  nextLong: [0, (random) => longValue(random.nextLong())],
  nextDouble: [0, (random) => double(random.nextDouble())],
  nextFloat: [0, (random) => float(random.nextFloat())],
  nextBoolean: [0, (random) => random.nextBoolean()],
  'toString()': [0, (random) => random.text()],
});

/** A seed from the evaluation's source of randomness. */
export function randomSeed(random: () => number): bigint {
  return BigInt(Math.floor(random() * 2 ** 48));
}
