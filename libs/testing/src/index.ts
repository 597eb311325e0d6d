export { FakeClock } from './fake-clock.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { testServers, type TestServers } from './test-servers.config.js';
