export { FakeClock } from './fake-clock.js';
export { freePort } from './free-port.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { testServers, type TestServers } from './test-servers.config.js';
export { DatadogServer, type DatadogSeriesData } from './datadog/datadog-server.js';
export { GitServer } from './git/git-server.js';
export { type FakeAnswer, type FakeRequest, HttpFake } from './http-fake.js';
export {
  findPrometheus,
  type PrometheusPrograms,
  type PrometheusSearch,
  type Pushgateway,
  type RunningServer,
  startPrometheus,
  startPushgateway,
} from './prometheus/prometheus-server.js';
export {
  findRedis,
  type RedisTopology,
  startClusterRedis,
  startSentinelRedis,
  startTlsRedis,
} from './redis/redis-topology.js';
export { StackdriverServer, type StackdriverSeriesData } from './stackdriver/stackdriver-server.js';
