import { join } from 'node:path';

const SERVICE_ADDRESSES = '10.96.0.0/16';

/** The command line of each part. Everything listens on loopback only, and nothing without a token but etcd. */
export function componentFlags({ data, ports }) {
  const pki = (name) => join(data, 'pki', name);
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.peer}`;
  return {
    etcd: flags({
      'data-dir': join(data, 'etcd'),
      'listen-client-urls': etcd,
      'advertise-client-urls': etcd,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      'unsafe-no-fsync': true,
      'log-level': 'warn',
    }),
    'kube-apiserver': flags({
      'etcd-servers': etcd,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'secure-port': ports.api,
      'insecure-port': 0,
      'cert-dir': join(data, 'pki'),
      'token-auth-file': pki('tokens.csv'),
      'authorization-mode': 'Node,RBAC',
      'anonymous-auth': false,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': pki('service-account.pub'),
      'service-account-signing-key-file': pki('service-account.key'),
      'service-cluster-ip-range': SERVICE_ADDRESSES,
      // Loopback is not a legal endpoint address, so the server must not publish itself as one.
      'endpoint-reconciler-type': 'none',
      'kubelet-preferred-address-types': 'InternalIP',
      // Nodes are ready from the start; waiting for the node controller to say so costs seconds.
      'disable-admission-plugins': 'TaintNodesByCondition',
      'allow-privileged': true,
      'max-requests-inflight': 2000,
      'max-mutating-requests-inflight': 1000,
    }),
    'kube-controller-manager': flags({
      kubeconfig: pki('controller-manager.kubeconfig'),
      'service-account-private-key-file': pki('service-account.key'),
      'root-ca-file': pki('apiserver.crt'),
      controllers: '*,-nodeipam,-route,-service,-cloud-node-lifecycle',
      'leader-elect': false,
      'kube-api-qps': 500,
      'kube-api-burst': 1000,
      port: 0,
      'secure-port': 0,
    }),
    'kube-scheduler': flags({
      kubeconfig: pki('scheduler.kubeconfig'),
      'leader-elect': false,
      'kube-api-qps': 500,
      'kube-api-burst': 1000,
      port: 0,
      'secure-port': 0,
    }),
  };
}

function flags(values) {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
