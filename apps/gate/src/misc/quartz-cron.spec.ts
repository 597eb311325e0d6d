import { describe, expect, it } from 'vitest';
import { describeQuartzCron, parseQuartzCron } from './quartz-cron.js';

describe('parseQuartzCron', () => {
  it.each([
    '0 0 12 * * ?',
    '0 15 10 ? * MON-FRI',
    '0 0/5 14,18 * * ?',
    '0 15 10 L * ?',
    '0 15 10 ? * 6#3',
    '0 15 10 ? * 6L 2026-2030',
    'H H(0-7) * ? * *',
    '0 0 12 1/5 jan ?',
  ])('accepts %s', (expression) => {
    expect(parseQuartzCron(expression)).toBe(expression.toUpperCase());
  });

  it.each([
    ['blah', '1 parts but we expect 6 or 7'],
    ['60 0 12 * * ?', 'Second: "60" must be from 0 to 59'],
    ['0 0 12 * * *', 'Exactly one of day of month and day of week'],
    ['0 0/0 12 * * ?', 'the step in "0/0"'],
    ['0 0 12 ? FOO *', 'Month: "FOO"'],
    ['0 0, 12 * * ?', 'nothing between two commas'],
    ['0 1-2-3 12 * * ?', 'is no range'],
  ])('refuses %s', (expression, reason) => {
    expect(() => parseQuartzCron(expression)).toThrow(reason);
  });
});

describe('describeQuartzCron', () => {
  it.each([
    ['0 0 12 * * ?', 'At 12:00 PM'],
    ['0 15 10 ? * MON-FRI', 'At 10:15 AM, Monday through Friday'],
    ['0 15 10 ? * 6L 2026-2030', 'At 10:15 AM, on the last Friday of the month, 2026 through 2030'],
    ['0 0 12 ? * 2', 'At 12:00 PM, only on Monday'],
    ['H H(0-7) * ? * *', 'H H(0-7) * ? * *'],
  ])('says %s as people do', (expression, words) => {
    expect(describeQuartzCron(expression)).toBe(words);
  });
});
