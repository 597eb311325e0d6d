import { describe, expect, it } from 'vitest';
import { describeHintQueue } from './hint-queue.suite.js';
import type { Hint } from './hint-queue.js';
import { MemoryHintQueue } from './memory-hint-queue.js';
import { ShortcutHintQueue } from './shortcut-hint-queue.js';

describeHintQueue('a shortcut', async () => new ShortcutHintQueue(new MemoryHintQueue()));

describe('the shortcut', () => {
  const now = 1_000;
  const hint = (id: string, extra: Partial<Hint> = {}): Hint => ({
    id,
    queue: 'orca',
    dueAt: now,
    token: id,
    ...extra,
  });

  /** A carrier that keeps what it is given, so that what arrives has come by the shortcut. */
  class Kept extends MemoryHintQueue {
    readonly sent: string[] = [];
    override async send(hints: Hint[]): Promise<void> {
      this.sent.push(...hints.map(({ id }) => id));
    }
  }
  const open = (concurrency: number) => {
    const carrier = new Kept();
    const queue = new ShortcutHintQueue(carrier, () => now);
    const handled: string[] = [];
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const consumer = queue.consume('orca', concurrency, async (id) => {
      handled.push(id);
      await ended;
    });
    return { carrier, queue, handled, consumer, end };
  };

  it('is taken by what is due, while half of the room here is free', async () => {
    const { carrier, queue, handled } = open(4);
    await queue.send([hint('a'), hint('b'), hint('c')]);
    expect(handled).toEqual(['a', 'b']);
    expect(carrier.sent).toEqual(['c']);
  });

  it('is not for what is due later, nor for what nobody here consumes', async () => {
    const { carrier, queue, handled } = open(4);
    await queue.send([hint('later', { dueAt: now + 1 }), hint('elsewhere', { queue: 'kayenta' })]);
    expect(handled).toEqual([]);
    expect(carrier.sent).toEqual(['later', 'elsewhere']);
  });

  it('is open again when what came by it has ended', async () => {
    const { queue, handled, end } = open(2);
    await queue.send([hint('a')]);
    end();
    await expect
      .poll(async () => {
        await queue.send([hint('b')]);
        return handled;
      })
      .toContain('b');
  });

  it('is shut by closing the consumer, which waits for what has come by it', async () => {
    const { carrier, queue, handled, consumer, end } = open(4);
    await queue.send([hint('a')]);
    let closed = false;
    const closing = consumer.close().then(() => (closed = true));
    await queue.send([hint('b')]);
    expect({ handled, sent: carrier.sent, closed }).toEqual({ handled: ['a'], sent: ['b'], closed: false });
    end();
    await closing;
  });
});
