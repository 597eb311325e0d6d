export interface RateLimit {
  /** Requests a second that an address may make in the long run. */
  perSecond: number;
  /** Requests that it may make at once after a pause. */
  burst: number;
}

export interface RateDecision {
  allowed: boolean;
  remaining: number;
  /** Milliseconds until a further request is allowed; 0 when one is allowed now. */
  retryAfterMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by address. Remembers a bounded number of addresses; the least recently seen is forgotten first. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly limit: RateLimit,
    private readonly maxAddresses = 50_000,
  ) {}

  take(address: string, now: number): RateDecision {
    const { perSecond, burst } = this.limit;
    const bucket = this.buckets.get(address) ?? { tokens: burst, at: now };
    const refilled = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    const allowed = refilled >= 1;
    const tokens = allowed ? refilled - 1 : refilled;

    this.buckets.delete(address);
    this.buckets.set(address, { tokens, at: now });
    this.forgetOldest();
    return {
      allowed,
      remaining: Math.floor(tokens),
      retryAfterMs: tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000),
    };
  }

  private forgetOldest(): void {
    if (this.buckets.size <= this.maxAddresses) return;
    const oldest = this.buckets.keys().next();
    if (!oldest.done) this.buckets.delete(oldest.value);
  }
}
