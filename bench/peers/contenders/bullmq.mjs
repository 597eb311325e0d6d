import { FlowProducer, QueueEvents, Worker } from 'bullmq';

const QUEUE = 'steps';

/** A bare flow: five jobs, each the parent of the one before it. Nothing is recorded but what the queue keeps. */
export async function start({ redisUrl, steps, inFlight }) {
  const { hostname: host, port, username, password } = new URL(redisUrl);
  const connection = { host, port: Number(port), username, password, maxRetriesPerRequest: null };
  const keep = { removeOnComplete: { count: 1_000 } };
  const worker = new Worker(
    QUEUE,
    async (job) => {
      const before = Object.values(await job.getChildrenValues());
      return { n: (before[0]?.n ?? 0) + 1 };
    },
    { connection, concurrency: Math.max(inFlight, 1), ...keep },
  );
  const events = new QueueEvents(QUEUE, { connection });
  const flows = new FlowProducer({ connection });
  await Promise.all([worker.waitUntilReady(), events.waitUntilReady(), flows.waitUntilReady()]);

  const job = (left) => ({
    name: `step-${left}`,
    queueName: QUEUE,
    data: {},
    opts: keep,
    children: left === 1 ? [] : [job(left - 1)],
  });
  return {
    pids: [],
    run: async () => {
      const flow = await flows.add(job(steps));
      return (await flow.job.waitUntilFinished(events, 60_000)).n;
    },
    stop: () => Promise.all([worker.close(), events.close(), flows.close()]),
  };
}
