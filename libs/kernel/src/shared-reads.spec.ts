import { describe, expect, it } from 'vitest';
import { SharedReads } from './shared-reads.js';

/** A source that answers when it is told to, with how often it has been asked. */
function source() {
  const waiting: ((fail?: Error) => void)[] = [];
  const reads = new SharedReads<number>();
  let asked = 0;
  const read = () => {
    asked += 1;
    const mine = asked;
    return new Promise<number>((resolve, reject) => {
      waiting.push((error) => (error === undefined ? resolve(mine) : reject(error)));
    });
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ask: (key = 'a') => reads.run(key, read),
    answer: async (error?: Error) => {
      waiting.shift()?.(error);
      await settled();
    },
    asked: () => asked,
  };
}

describe('SharedReads', () => {
  it('reads once for all who ask while another read is under way, after it', async () => {
    const { ask, answer, asked } = source();
    const [first, second, third] = [ask(), ask(), ask()];
    expect(asked()).toBe(1);
    await answer();
    expect(asked()).toBe(2);
    const fourth = ask();
    await answer();
    await answer();
    expect(await Promise.all([first, second, third, fourth])).toEqual([1, 2, 2, 3]);
  });

  it('reads anew for whoever asks when nothing is under way', async () => {
    const { ask, answer } = source();
    const first = ask();
    await answer();
    const second = ask();
    await answer();
    expect([await first, await second]).toEqual([1, 2]);
  });

  it('keeps keys apart', async () => {
    const { ask, asked, answer } = source();
    const both = [ask('a'), ask('b')];
    expect(asked()).toBe(2);
    await answer();
    await answer();
    expect(await Promise.all(both)).toEqual([1, 2]);
  });

  it('tells of a failure those who shared it, and nobody else', async () => {
    const { ask, answer } = source();
    const first = ask();
    const second = ask();
    const failed = expect(first).rejects.toThrow('away');
    await answer(new Error('away'));
    await answer();
    await failed;
    expect(await second).toBe(2);
  });
});
