import { expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, since it runs before anything is compiled
import { countTests } from './count-tests.mjs';

const tests = (...statuses: string[]) => statuses.map((status) => ({ status }));

it('adds up the tests of all files', () => {
  const testResults = [
    { status: 'passed', assertionResults: tests('passed', 'passed', 'skipped') },
    { status: 'failed', assertionResults: tests('passed', 'failed', 'todo', 'pending') },
  ];
  expect(countTests({ testResults })).toEqual({ passed: 3, failed: 1, skipped: 3 });
});

it('counts a file that could not be loaded as one failure', () => {
  expect(countTests({ testResults: [{ status: 'failed', assertionResults: [] }] })).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});
