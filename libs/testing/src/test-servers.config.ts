export interface TestServers {
  /** A Postgres where databases may be created. */
  databaseUrl: string;
  /** Undefined where no Redis can be had. */
  redisUrl: string | undefined;
}

/**
 * The servers that `test/servers.setup.ts` has started for this run.
 * @throws Error in a test of a tier that gets no servers
 */
export function testServers(): TestServers {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
  if (databaseUrl === undefined) {
    throw new Error(
      'DATABASE_URL is not set: tests that need servers are named .int-spec.ts or .e2e-spec.ts.',
    );
  }
  return { databaseUrl, redisUrl };
}
