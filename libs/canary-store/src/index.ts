export * from './canary-config-store.js';
export {
  ANALYSIS_WORK,
  type CanaryActor,
  type CanaryFilter,
  type CanaryPosition,
  CanaryStore,
  KAYENTA_QUEUE,
} from './canary-store.js';
export * from './canary-account-store.js';
export * from './document-store.js';
export { kayentaMigrations } from './kayenta-migrations.js';
export { CanaryReports } from './report/canary-reports.js';
export { type Report } from './report/report.js';
export { type ReportPage, reportPage } from './report/report-page.js';
export { STANDALONE_WORK, StandaloneStore } from './standalone-store.js';
