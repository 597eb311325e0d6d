import { resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInputError } from '@gennaker/kernel';

const port = z.coerce.number().int().min(0).max(65_535);

const environmentSchema = z.object({
  GENNAKER_DATA_DIR: z.string().min(1).default('.local/data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  GENNAKER_POSTGRES_PORT: port.default(0),
  GENNAKER_REDIS_PORT: port.default(0),
  GENNAKER_PLAYGROUND: z.enum(['on', 'off']).default('on'),
  GENNAKER_PLAYGROUND_PORT: port.default(0),
});

export interface StandaloneConfig {
  /** Absolute path of the folder that holds what must survive a restart. */
  dataDir: string;
  /** A Postgres of the user's; undefined: the embedded one. */
  databaseUrl: string | undefined;
  /** A Redis of the user's; undefined: the embedded one. */
  redisUrl: string | undefined;
  /** Ports of the embedded servers; 0: any free one. */
  postgresPort: number;
  redisPort: number;
  /** Port of the playground cluster, 0: any free one; undefined: there is none. */
  playgroundPort: number | undefined;
}

/** @throws InvalidInputError naming the variable and the fix */
export function parseStandaloneConfig(environment: NodeJS.ProcessEnv): StandaloneConfig {
  // An empty variable is how a compose file or a shell says "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { data, error } = environmentSchema.safeParse(given);
  if (error !== undefined) {
    throw new InvalidInputError(
      'standalone.config_invalid',
      error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    );
  }
  return {
    dataDir: resolve(data.GENNAKER_DATA_DIR),
    databaseUrl: data.DATABASE_URL,
    redisUrl: data.REDIS_URL,
    postgresPort: data.GENNAKER_POSTGRES_PORT,
    redisPort: data.GENNAKER_REDIS_PORT,
    playgroundPort: data.GENNAKER_PLAYGROUND === 'on' ? data.GENNAKER_PLAYGROUND_PORT : undefined,
  };
}
