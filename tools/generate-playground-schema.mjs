/**
 * Writes libs/playground/src/schema/generated/kubernetes-schema.ts: the field names and types of the built-in Kubernetes kinds,
 * read from the models that @kubernetes/client-node generates from the official OpenAPI document.
 * Run it by hand after an upgrade of the client: `node tools/generate-playground-schema.mjs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const require = createRequire(import.meta.url);
const models = join(dirname(require.resolve('@kubernetes/client-node')), 'gen', 'models');
const ROOTS =
  `V1Binding V1ConfigMap V1Endpoints CoreV1Event V1LimitRange V1Namespace V1Node V1PersistentVolume
V1PersistentVolumeClaim V1Pod V1PodTemplate V1ReplicationController V1ResourceQuota V1Secret V1Service V1ServiceAccount
V1ControllerRevision V1DaemonSet V1Deployment V1ReplicaSet V1StatefulSet V1Job V1CronJob V1HorizontalPodAutoscaler
V2HorizontalPodAutoscaler V1PodDisruptionBudget V1Eviction V1Ingress V1IngressClass V1NetworkPolicy V1EndpointSlice V1Role
V1RoleBinding V1ClusterRole V1ClusterRoleBinding V1StorageClass V1VolumeAttachment V1CSIDriver V1CSINode
V1CSIStorageCapacity V1PriorityClass V1RuntimeClass V1Lease V1APIService V1CustomResourceDefinition
V1MutatingWebhookConfiguration V1ValidatingWebhookConfiguration V1ValidatingAdmissionPolicy
V1ValidatingAdmissionPolicyBinding V1CertificateSigningRequest V1Scale V1SelfSubjectAccessReview
V1SelfSubjectRulesReview V1SubjectAccessReview V1LocalSubjectAccessReview V1TokenReview V1SelfSubjectReview AuthenticationV1TokenRequest
V1FlowSchema V1PriorityLevelConfiguration V1DeleteOptions V1Status`.split(/\s+/);

const SCALARS = { string: 's', boolean: 'b', Date: 't', IntOrString: 'x', any: 'a', V1MicroTime: 't' };
const shortName = (type) => type.replace(/^V1(?=[A-Z])/, '');

const queue = [...ROOTS];
const seen = new Set();
const out = {};
while (queue.length > 0) {
  const type = queue.shift();
  if (seen.has(type)) continue;
  seen.add(type);
  const js = readFileSync(join(models, `${type}.js`), 'utf8');
  const dts = readFileSync(join(models, `${type}.d.ts`), 'utf8');
  const map = /attributeTypeMap = (\[[\s\S]*?\n\])/.exec(js);
  const attributes = map ? JSON.parse(map[1].replace(/,\s*\]/, ']')) : [];
  out[shortName(type)] = attributes
    .map(({ name, baseName, type: text, format }) => {
      const required = new RegExp(`^\\s+'${name}': `, 'm').test(dts);
      return `${baseName}${required ? '!' : ''}:${code(text, format)}`;
    })
    .join(' ');
}

function code(text, format) {
  const list = /^Array<(.*)>$/.exec(text);
  if (list) return `[${code(list[1], format)}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(text);
  if (map) return `{${code(map[1], format)}`;
  if (text === 'number') return format === 'double' ? 'n' : 'i';
  if (text === 'string' && format === 'byte') return 'B';
  if (text === 'object') return 'a';
  if (SCALARS[text]) return SCALARS[text];
  queue.push(text);
  return shortName(text);
}

const lines = Object.entries(out).map(
  ([type, fields]) => `  ${JSON.stringify(type)}: ${JSON.stringify(fields)},`,
);
const target = resolve(import.meta.dirname, '../libs/playground/src/schema/generated/kubernetes-schema.ts');
writeFileSync(
  target,
  `/** Written by tools/generate-playground-schema.mjs; see ../schema.ts for the notation. */\n` +
    `export const KUBERNETES_SCHEMA: Readonly<Record<string, string>> = {\n${lines.join('\n')}\n};\n`,
);
console.log(`${lines.length} types`);
