export { FAULT_POINTS, type FaultPoint, faultPoint, onFaultPoint } from './fault-point.js';
export { type Appended, HINT_HORIZON_MS, Journal, WorkClosedError } from './journal.js';
export { Relay, type RelayOptions } from './relay.js';
export {
  HandlerMismatchError,
  type WorkContext,
  type WorkHandler,
  type WorkOutcome,
  WorkRunner,
  type WorkRunnerOptions,
} from './work-runner.js';
