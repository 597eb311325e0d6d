import { MemoryLiveBus } from '@gennaker/messaging';
import { describe, expect, it, vi } from 'vitest';
import { LiveFeeds, type LiveMessage } from './live-feeds.js';

/** A stream of numbered messages, with a count of the reads. */
function stream() {
  const messages: LiveMessage[] = [];
  const read = vi.fn((after: string, limit: number) =>
    Promise.resolve(messages.filter(({ cursor }) => Number(cursor) > Number(after)).slice(0, limit)),
  );
  const add = (count = 1) => {
    for (let index = 0; index < count; index += 1) {
      messages.push({ cursor: String(messages.length + 1), event: 'e', data: '' });
    }
  };
  return { read, add };
}

function viewer() {
  const seen: string[] = [];
  return {
    seen,
    open: true,
    send({ cursor }: LiveMessage) {
      seen.push(cursor);
      return this.open;
    },
  };
}

const setup = () => {
  const bus = new MemoryLiveBus();
  const feeds = new LiveFeeds(bus, ({ stream: name }) => [name], 1_000_000);
  return { feeds, poke: () => bus.publish({ stream: 's', version: 1 }) };
};

describe('LiveFeeds', () => {
  it('sends what follows the cursor, then every change once, with one read for all who are up to date', async () => {
    const { feeds, poke } = setup();
    const { read, add } = stream();
    add(3);
    const viewers = Array.from({ length: 50 }, () => viewer());
    for (const one of viewers) feeds.follow('s', '1', one, read);
    await vi.waitFor(() => expect(viewers.every(({ seen }) => seen.length === 2)).toBe(true));
    read.mockClear();
    add();
    poke();
    await vi.waitFor(() => expect(viewers.every(({ seen }) => seen.at(-1) === '4')).toBe(true));
    expect(read.mock.calls.length).toBeLessThanOrEqual(2);
    feeds.close();
  });

  it('passes over a viewer that does not keep up, and lets it go on from where it was', async () => {
    const { feeds, poke } = setup();
    const { read, add } = stream();
    const slow = viewer();
    const quick = viewer();
    slow.open = false;
    const handle = feeds.follow('s', '0', slow, read);
    feeds.follow('s', '0', quick, read);
    add(3);
    poke();
    await vi.waitFor(() => expect(quick.seen).toEqual(['1', '2', '3']));
    expect(slow.seen).toEqual(['1']);
    slow.open = true;
    handle.resume();
    await vi.waitFor(() => expect(slow.seen).toEqual(['1', '2', '3']));
    feeds.close();
  });

  it('reads on while there is more than one batch', async () => {
    const { feeds } = setup();
    const { read, add } = stream();
    add(1_000);
    const one = viewer();
    feeds.follow('s', '0', one, read);
    await vi.waitFor(() => expect(one.seen).toHaveLength(1_000));
    feeds.close();
  });

  it('forgets a topic that nobody follows any more', () => {
    const { feeds } = setup();
    const handle = feeds.follow('s', '0', viewer(), stream().read);
    expect(feeds.viewers).toBe(1);
    handle.leave();
    expect(feeds.viewers).toBe(0);
    feeds.close();
  });
});
