export { simulate, type SimulateOptions, type SimulationResult, summaryOf } from './simulate.js';
export { simulationSchema, type SimulationRequest } from './simulation-request.js';
