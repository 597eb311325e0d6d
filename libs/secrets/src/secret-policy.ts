import { AccessDeniedError } from '@gennaker/kernel';
import { z } from 'zod';
import { canonicalName, type SecretReference } from './secret-reference.js';

/**
 * Who asks for a secret: the operators' own configuration, an account that came in over the API, or a pipeline of an
 * application that sends it to a host.
 */
export type SecretUse = 'configuration' | 'account' | { application: string; host: string };

const ruleSchema = z.strictObject({
  /** `env/NAME`, `file/PATH` or `k8s/NAMESPACE/NAME/KEY`; `*` stands for any text. */
  reference: z.string().min(1),
  /** Absent: pipelines of every application. */
  applications: z.array(z.string()).optional(),
  /** Hosts that it may be sent to, such as `api.example.com` or `*.example.com`. Absent: every host. */
  hosts: z.array(z.string()).optional(),
});

/** Which secrets pipelines may send in the headers of their requests. Configuration may use all. */
export const secretPolicySchema = z.array(ruleSchema).default([{ reference: 'env/GENNAKER_SECRET_*' }]);
export type SecretPolicy = z.infer<typeof secretPolicySchema>;

/** @throws AccessDeniedError that names the reference and the setting that would allow it */
export function checkSecretUse(policy: SecretPolicy, reference: SecretReference, use: SecretUse): void {
  if (use === 'configuration') return;
  const name = canonicalName(reference);
  const forName = policy.filter((rule) => fits(rule.reference, name));
  if (use === 'account') {
    if (forName.some((rule) => rule.applications === undefined && rule.hosts === undefined)) return;
    throw new AccessDeniedError(
      'secrets.not_allowed',
      `An account that comes in over the API may not refer to the secret ${name}: the operators say in SECRETS_POLICY what may`,
    );
  }
  const allowed = forName.some(
    ({ applications, hosts }) =>
      (applications === undefined || anyFits(applications, use.application)) &&
      (hosts === undefined || anyFits(hosts, use.host)),
  );
  if (allowed) return;
  throw new AccessDeniedError(
    'secrets.not_allowed',
    `Pipelines of application ${use.application} may not send the secret ${name} to ${use.host}: the operators say in SECRETS_POLICY which may`,
  );
}

function anyFits(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => fits(pattern.toLowerCase(), text.toLowerCase()));
}

function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return text.length - part.length >= at && text.endsWith(part);
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return true;
}
