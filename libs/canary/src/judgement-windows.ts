import { Duration } from '@js-joda/core';
import { InvalidInputError } from '@gennaker/kernel';

export interface TimeRange {
  /** Milliseconds since the Unix epoch. */
  start: number;
  end: number;
}

export interface Judgement {
  control: TimeRange;
  experiment: TimeRange;
}

export interface JudgementPlan {
  /** Whole minutes that the analysis lasts. */
  lifetimeMins: number;
  intervalMins: number;
  /** A wait before the first judgement, in seconds. */
  warmupSeconds: number | undefined;
  /** A wait before each judgement, in seconds; none when the end lies in the request, as for the past. */
  intervalSeconds: number | undefined;
  judgements: Judgement[];
}

export interface JudgementTiming {
  now: number;
  start?: number;
  end?: number;
  /** Used when there is no end. */
  lifetimeMins?: number;
  beginAfterMins: number;
  /** 0: one judgement at the end. */
  intervalMins: number;
  /** 0: every judgement looks back to the start. */
  lookbackMins: number;
  /** By how much the baseline's window lies before the canary's. */
  baselineOffsetMins: number;
}

const MINUTE = 60_000;
/** More judgements than this are a mistake in the interval. */
const MOST_JUDGEMENTS = 10_000;

/**
 * When a run judges, and on which windows: growing from the start, or sliding with a lookback. A rest of the lifetime that is
 * shorter than an interval is dropped.
 *
 * @throws InvalidInputError when neither an end nor a lifetime is known, or there would be no or too many judgements
 */
export function planJudgements(timing: JudgementTiming): JudgementPlan {
  const { now, start, end, beginAfterMins, lookbackMins, baselineOffsetMins } = timing;
  const from = start ?? now;
  const lifetimeMins = end === undefined ? timing.lifetimeMins : Math.floor((end - from) / MINUTE);
  if (lifetimeMins === undefined) {
    throw new InvalidInputError(
      'canary.no_lifetime',
      'Canary stage configuration must include either `endTime` or `lifetimeDuration`.',
    );
  }
  if (lifetimeMins < 1) {
    throw new InvalidInputError(
      'canary.short_lifetime',
      'The canary analysis must last at least one minute.',
    );
  }
  const fits = timing.intervalMins > 0 && timing.intervalMins <= lifetimeMins;
  const intervalMins = fits ? timing.intervalMins : lifetimeMins;
  const count = Math.floor(lifetimeMins / intervalMins);
  if (count > MOST_JUDGEMENTS) {
    throw new InvalidInputError(
      'canary.many_judgements',
      `${count} judgements are too many: take a longer interval.`,
    );
  }
  const first = end === undefined ? from + beginAfterMins * MINUTE : from;
  const judgements = Array.from({ length: count }, (_, i): Judgement => {
    const windowEnd = first + (i + 1) * intervalMins * MINUTE;
    const experiment = {
      start: lookbackMins > 0 ? windowEnd - lookbackMins * MINUTE : first,
      end: windowEnd,
    };
    const shift = baselineOffsetMins * MINUTE;
    return { experiment, control: { start: experiment.start - shift, end: experiment.end - shift } };
  });
  return {
    lifetimeMins,
    intervalMins,
    warmupSeconds: beginAfterMins > 0 ? beginAfterMins * 60 : undefined,
    intervalSeconds: end === undefined ? intervalMins * 60 : undefined,
    judgements,
  };
}

/** Whole minutes of an ISO-8601 duration such as PT1H30M. @throws InvalidInputError */
export function minutesOfDuration(text: string, path: string): number {
  try {
    return Duration.parse(text).toMinutes();
  } catch {
    throw new InvalidInputError('canary.invalid_duration', [
      { path, message: `must be an ISO-8601 duration such as PT1H, but is ${JSON.stringify(text)}` },
    ]);
  }
}
