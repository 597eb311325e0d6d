import { Clock } from '@gennaker/kernel';

/** A clock that stands still until a test moves it. */
export class FakeClock extends Clock {
  private current: number;

  /** @param start milliseconds since the Unix epoch, or an ISO 8601 time */
  constructor(start: number | string = '2026-01-01T00:00:00Z') {
    super();
    this.current = typeof start === 'string' ? Date.parse(start) : start;
    if (!Number.isFinite(this.current)) throw new RangeError(`not a time: ${start}`);
  }

  now(): number {
    return this.current;
  }

  /** Moves the clock on; a clock never goes back. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock cannot be advanced by ${ms} ms`);
    this.current += ms;
  }
}
