import { readFile } from 'node:fs/promises';
import { describeClusterInventory } from './cluster-inventory.suite.js';

describeClusterInventory('the cluster of KUBECONFIG', () =>
  readFile(process.env['KUBECONFIG'] ?? '', 'utf8'),
);
