import { readFile } from 'node:fs/promises';
import { describeClouddriverApi } from './clouddriver-api.suite.js';

describeClouddriverApi('the cluster of KUBECONFIG', () => readFile(process.env['KUBECONFIG'] ?? '', 'utf8'));
