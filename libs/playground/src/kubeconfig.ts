import { stringify } from 'yaml';

const NAME = 'gennaker-playground';

/**
 * A kubeconfig for a playground at the given URL. There is no TLS to verify, and @kubernetes/client-node speaks plain
 * HTTP only when that is said.
 */
export function kubeconfig(url: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: NAME, user: { token: 'playground' } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace: 'default' } }],
    'current-context': NAME,
  });
}
