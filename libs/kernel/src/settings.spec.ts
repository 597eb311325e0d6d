import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInputError } from './errors.js';
import { readSettings } from './settings.js';

const schema = z.object({
  url: z.string(),
  size: z.coerce.number().int().min(2).max(10).default(4),
  mode: z.enum(['strict', 'lenient']).default('strict'),
  prefix: z.string().regex(/^\w+$/, 'may hold letters and digits').optional(),
  key: z.string().min(16).optional(),
  policy: z.object({ most: z.number() }).optional(),
});
const names = { url: 'THE_URL', size: 'SIZE', mode: 'MODE', prefix: 'PREFIX', key: 'KEY', policy: 'POLICY' };
const read = (environment: Record<string, string | undefined>, more = {}) =>
  readSettings(schema, environment, names, more);
const problemsOf = (environment: Record<string, string | undefined>, more = {}): string => {
  try {
    read(environment, more);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError);
    return (error as InvalidInputError).message;
  }
  return '';
};

describe('readSettings', () => {
  it('reads the variable of each field; an empty one is not set', () => {
    expect(read({ THE_URL: 'x', SIZE: '3', MODE: '' })).toEqual({ url: 'x', size: 3, mode: 'strict' });
  });

  it('names the variable and the fix', () => {
    expect(problemsOf({})).toBe('THE_URL: must be set');
    expect(problemsOf({ THE_URL: 'x', SIZE: 'many' })).toBe('SIZE: must be a number');
    expect(problemsOf({ THE_URL: 'x', SIZE: '1' })).toBe('SIZE: must be at least 2');
    expect(problemsOf({ THE_URL: 'x', SIZE: '11' })).toBe('SIZE: must be at most 10');
    expect(problemsOf({ THE_URL: 'x', MODE: 'odd' })).toBe('MODE: must be one of strict, lenient');
    expect(problemsOf({ THE_URL: 'x', PREFIX: '-' })).toBe('PREFIX: may hold letters and digits');
    expect(problemsOf({ THE_URL: 'x' }, { policy: { most: 'x' } })).toBe('POLICY.most: must be a number');
  });

  it('names all that is wrong, and never a value', () => {
    const problems = problemsOf({ SIZE: 'hunter2', KEY: 'hunter2' });
    expect(problems).toBe(
      'THE_URL: must be set; SIZE: must be a number; KEY: must have at least 16 characters',
    );
  });
});
