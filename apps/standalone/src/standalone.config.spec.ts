import { expect, it } from 'vitest';
import { parseStandaloneConfig } from './standalone.config.js';

it('needs no setting at all', () => {
  expect(parseStandaloneConfig({})).toMatchObject({
    dataDir: expect.stringMatching(/^\/.*\.local\/data$/),
    databaseUrl: undefined,
    redisUrl: undefined,
    postgresPort: 0,
    redisPort: 0,
  });
});

it('takes servers and folder of the user, and an empty variable as none', () => {
  const config = parseStandaloneConfig({
    GENNAKER_DATA_DIR: '/srv/gennaker',
    DATABASE_URL: 'postgresql://me@db.example:5432/gennaker',
    REDIS_URL: '',
  });
  expect(config).toMatchObject({
    dataDir: '/srv/gennaker',
    databaseUrl: 'postgresql://me@db.example:5432/gennaker',
    redisUrl: undefined,
  });
});

it.each([
  ['GENNAKER_POSTGRES_PORT', '70000'],
  ['GENNAKER_REDIS_PORT', 'six'],
  ['DATABASE_URL', 'mysql://db.example/gennaker'],
  ['REDIS_URL', 'db.example:6379'],
])('names the variable %s when it is %s', (name, value) => {
  expect(() => parseStandaloneConfig({ [name]: value })).toThrow(name);
});
