import { gaussianFrom, seededUniform } from '../apps/kayenta/src/judge/statistics/random.js';

/** Makes one pair of series of n points; `effect` is the relative change of the canary, 0 for A/A. */
export type MakePair = (n: number, effect: number) => { control: number[]; experiment: number[] };

export interface Scenario {
  name: string;
  /** The change that A/B draws carry. */
  effect: number;
  make: MakePair;
}

/** The situations of the accuracy bench, all from one seed. */
export function scenarios(seed: number): Scenario[] {
  const uniform = seededUniform(seed);
  const gaussian = gaussianFrom(uniform);

  const autoregressive = (n: number, rho: number) => {
    let state = gaussian();
    return Array.from({ length: n }, () => (state = rho * state + Math.sqrt(1 - rho * rho) * gaussian()));
  };
  const poisson = (mean: number) => {
    const limit = Math.exp(-mean);
    let k = 0;
    for (let p = uniform(); p > limit; p *= uniform()) k++;
    return k;
  };
  const both = (side: (n: number, effect: number) => number[]): MakePair => {
    return (n, effect) => ({ control: side(n, 0), experiment: side(n, effect) });
  };
  const ar = (rho: number): MakePair =>
    both((n, effect) => autoregressive(n, rho).map((e) => 100 * (1 + effect) + 10 * e));

  return [
    { name: 'white noise, sd 10 %', effect: 0.1, make: ar(0) },
    { name: 'AR(1) 0.5, sd 10 %', effect: 0.2, make: ar(0.5) },
    { name: 'AR(1) 0.8, sd 10 %', effect: 0.3, make: ar(0.8) },
    { name: 'AR(1) 0.9, sd 10 %', effect: 0.5, make: ar(0.9) },
    {
      name: 'slow swing under noise',
      effect: 0.2,
      make: both((n, effect) =>
        autoregressive(n, 0.95).map((e) => 100 * (1 + effect) + 5.5 * e + 8.4 * gaussian()),
      ),
    },
    {
      name: 'counts, Poisson 3',
      effect: 0.5,
      make: both((n, effect) => Array.from({ length: n }, () => poisson(3 * (1 + effect)))),
    },
    {
      name: 'rare errors, 2 % of minutes',
      effect: 9,
      make: both((n, effect) =>
        Array.from({ length: n }, () => (uniform() < 0.02 * (1 + effect) ? 1 + poisson(1) : 0)),
      ),
    },
    {
      name: 'zero-inflated, 10 to 40 %',
      effect: 3,
      make: both((n, effect) =>
        Array.from({ length: n }, () => (uniform() < 0.1 * (1 + effect) ? -2 * Math.log(1 - uniform()) : 0)),
      ),
    },
    {
      name: 'no errors to 40 %',
      effect: 1,
      make: both((n, effect) =>
        Array.from({ length: n }, () => (uniform() < 0.4 * effect ? -2 * Math.log(1 - uniform()) : 0)),
      ),
    },
    {
      name: 'tiny unit, white, sd 10 %',
      effect: 0.2,
      make: both((n, effect) => Array.from({ length: n }, () => 5e-5 * (1 + effect + 0.1 * gaussian()))),
    },
    {
      name: 'shared swing of 25 %',
      effect: 0.05,
      make: (n, effect) => {
        const traffic = autoregressive(n, 0.95).map((e) => 1 + 0.25 * e);
        const side = (factor: number) => traffic.map((t) => 100 * factor * t * (1 + 0.02 * gaussian()));
        return { control: side(1), experiment: side(1 + effect) };
      },
    },
    {
      name: 'both ramp up, then hold',
      effect: 0.1,
      make: (n, effect) => {
        const level = (i: number) => 100 * Math.min(1, 0.5 + i / n);
        const side = (factor: number) =>
          Array.from({ length: n }, (_, i) => factor * level(i) * (1 + 0.05 * gaussian()));
        return { control: side(1), experiment: side(1 + effect) };
      },
    },
    {
      name: 'canary creeps up (leak)',
      effect: 0.3,
      make: (n, effect) => ({
        control: Array.from({ length: n }, () => 100 * (1 + 0.05 * gaussian())),
        experiment: Array.from({ length: n }, (_, i) => 100 * (1 + (effect * i) / n + 0.05 * gaussian())),
      }),
    },
  ];
}
