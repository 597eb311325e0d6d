import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who may come in: name in the kubeconfig, user name and group for the API server. */
const USERS = {
  admin: ['admin', 'system:masters'],
  // Its many controllers each have a role of their own only when they also each have a service account.
  'controller-manager': ['system:kube-controller-manager', 'system:masters'],
  scheduler: ['system:kube-scheduler', ''],
};

const SECRET_FILE = { mode: 0o600 };

/**
 * Makes, once per data folder, a token per user and the key that signs service account tokens.
 * The API server makes its own certificate.
 */
export function prepareCredentials(data) {
  const pki = join(data, 'pki');
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const tokenFile = join(pki, 'tokens.json');
  if (!existsSync(tokenFile)) {
    const made = Object.fromEntries(
      Object.keys(USERS).map((name) => [name, randomBytes(24).toString('hex')]),
    );
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    writeFileSync(join(pki, 'service-account.key'), privateKey, SECRET_FILE);
    writeFileSync(join(pki, 'service-account.pub'), publicKey);
    const lines = Object.entries(USERS).map(
      ([name, [user, group]]) => `${made[name]},${user},${name},"${group}"\n`,
    );
    writeFileSync(join(pki, 'tokens.csv'), lines.join(''), SECRET_FILE);
    writeFileSync(tokenFile, JSON.stringify(made), SECRET_FILE);
  }
  return { tokens: JSON.parse(readFileSync(tokenFile, 'utf8')) };
}

/** Writes one kubeconfig per user, the administrator's as `kubeconfig`; answers the server's CA as PEM. */
export function writeKubeconfigs({ data, server, credentials }) {
  const ca = readFileSync(join(data, 'pki/apiserver.crt'), 'utf8');
  for (const [name, token] of Object.entries(credentials.tokens)) {
    const file = name === 'admin' ? join(data, 'kubeconfig') : join(data, 'pki', `${name}.kubeconfig`);
    writeFileSync(file, kubeconfig({ server, ca, token, name }), SECRET_FILE);
  }
  return ca;
}

/** JSON is YAML, and needs no quoting rules. */
function kubeconfig({ server, ca, token, name }) {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'kubernetes',
        cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'kubernetes', context: { cluster: 'kubernetes', user: name, namespace: 'default' } }],
    'current-context': 'kubernetes',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
