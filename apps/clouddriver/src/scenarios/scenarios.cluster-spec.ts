import { readFile } from 'node:fs/promises';
import { describeScenarios } from './scenarios.suite.js';

describeScenarios('the cluster of KUBECONFIG', () => readFile(process.env['KUBECONFIG'] ?? '', 'utf8'));
