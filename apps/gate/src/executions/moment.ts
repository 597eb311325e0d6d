import { InvalidInputError } from '@gennaker/kernel';

/** A point in the life of an execution: after its event number `version`, or at a time in epoch milliseconds. */
export type Moment = { kind: 'version'; version: number } | { kind: 'time'; time: number };

/** No execution has so many events, and no clock shows so early a time. */
const LAST_VERSION = 1_000_000_000;
const LAST_TIME = 8_640_000_000_000_000;

/**
 * Reads a version (`17`), a time in epoch milliseconds (`1764000000000`) or an ISO 8601 time.
 *
 * @throws InvalidInputError
 */
export function momentOf(text: string): Moment {
  const trimmed = text.trim();
  if (/^\d{1,16}$/.test(trimmed)) {
    const number = Number(trimmed);
    if (number === 0) throw notAMoment();
    if (number < LAST_VERSION) return { kind: 'version', version: number };
    if (number <= LAST_TIME) return { kind: 'time', time: number };
    throw notAMoment();
  }
  const time = /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  if (Number.isNaN(time)) throw notAMoment();
  return { kind: 'time', time };
}

function notAMoment(): InvalidInputError {
  return new InvalidInputError('gate.bad_moment', [
    {
      path: 'at',
      message:
        'must be a version such as 17, a time in milliseconds such as 1764000000000, or an ISO 8601 time',
    },
  ]);
}
