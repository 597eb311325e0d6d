import { DEPLOY_PRIORITIES, kindKey, parseKind } from '@gennaker/manifest';
import { InvalidInputError } from '@gennaker/kernel';
import { RE2JS } from 're2js';
import { z } from 'zod';

const names = z.array(z.string().trim().min(1).max(253)).max(2_000).default([]);
const roles = z.array(z.string().trim().min(1)).max(500).default([]);

/** A whole-string pattern of linear time; users write these. */
const pattern = z.string().refine(isPattern, 'is not a valid regular expression');

const kindName = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9.-]+)?$/,
    'must be a kind, such as deployment or Certificate.cert-manager.io',
  );

const customResourceSchema = z.object({
  kubernetesKind: kindName,
  spinnakerKind: z
    .enum([
      'instances',
      'serverGroups',
      'serverGroupManagers',
      'loadBalancers',
      'securityGroups',
      'configs',
      'unclassified',
    ])
    .default('unclassified'),
  deployPriority: z
    .union([z.number().int(), z.string()])
    .default('100')
    .refine(
      (value) => typeof value === 'number' || /^\d+$/.test(value) || value.toUpperCase() in DEPLOY_PRIORITIES,
      'must be a number or the name of a priority, such as WORKLOAD_CONTROLLER_PRIORITY',
    ),
  versioned: z.boolean().default(false),
  namespaced: z.boolean().default(true),
  artifactReplacers: z.array(z.object({ type: z.string().min(1), path: z.string().min(1) })).optional(),
});

/** Spinnaker cuts off what is too much, any part of it. An inventory with holes would say that things are gone. */
const cachingPolicySchema = z.object({
  kubernetesKind: kindName,
  maxEntriesPerAgent: z.coerce
    .number()
    .int()
    .min(0)
    .max(
      0,
      'must be 0, which keeps the kind out of the inventory: a kind is watched as a whole, however many there are, or not at all',
    ),
});

/** One entry of `kubernetes.accounts[]`, as in Spinnaker. Fields that only its implementation knows are ignored. */
export const accountDefinitionSchema = z
  .object({
    name: z
      .string()
      .regex(
        /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,126}$/,
        'must start with a letter or digit, then letters, digits and ._-',
      ),
    type: z.literal('kubernetes').default('kubernetes'),
    environment: z.string().optional(),
    accountType: z.string().optional(),
    context: z.string().min(1).optional(),
    kubeconfigFile: z.string().min(1).optional(),
    kubeconfigContents: z.string().min(1).max(1_000_000).optional(),
    serviceAccount: z.boolean().default(false),
    namespaces: names,
    omitNamespaces: names,
    kinds: z.array(kindName).max(1_000).default([]),
    omitKinds: z.array(kindName).max(1_000).default([]),
    customResources: z.array(customResourceSchema).max(500).default([]),
    cachingPolicies: z.array(cachingPolicySchema).max(500).default([]),
    permissions: z
      .object({ READ: roles.optional(), WRITE: roles.optional(), EXECUTE: roles.optional() })
      .default({}),
    requiredGroupMembership: roles,
    onlySpinnakerManaged: z.boolean().default(false),
    checkPermissionsOnStartup: z.boolean().default(true),
    metrics: z.boolean().default(true),
    primaryAccount: z.boolean().default(false),
    challengeDestructiveActions: z.boolean().default(false),
    namingStrategy: z.literal('kubernetesAnnotations').default('kubernetesAnnotations'),
    rawResourcesEndpointConfig: z
      .object({
        kindExpressions: z.array(pattern).max(100).default([]),
        omitKindExpressions: z.array(pattern).max(100).default([]),
      })
      .default({ kindExpressions: [], omitKindExpressions: [] }),
  })
  .superRefine((account, context) => {
    const only = (one: 'namespaces' | 'kinds', other: 'omitNamespaces' | 'omitKinds'): void => {
      if (account[one].length === 0 || account[other].length === 0) return;
      context.addIssue({
        code: 'custom',
        path: [other],
        message: `give either ${one} or ${other}, not both`,
      });
    };
    only('namespaces', 'omitNamespaces');
    only('kinds', 'omitKinds');
    const sources = ['kubeconfigFile', 'kubeconfigContents'].filter(
      (key) => key in account && account[key as never],
    );
    if (sources.length + (account.serviceAccount ? 1 : 0) !== 1) {
      context.addIssue({
        code: 'custom',
        path: [sources[1] ?? sources[0] ?? 'kubeconfigFile'],
        message: 'give exactly one of kubeconfigFile, kubeconfigContents and serviceAccount: true',
      });
    }
    const seen = new Set<string>();
    for (const [index, { kubernetesKind }] of account.customResources.entries()) {
      const key = kindKey(parseKind(kubernetesKind));
      if (seen.has(key)) {
        const path = ['customResources', index, 'kubernetesKind'];
        context.addIssue({ code: 'custom', path, message: `${kubernetesKind} is listed twice` });
      }
      seen.add(key);
    }
  });

export type AccountDefinition = z.infer<typeof accountDefinitionSchema>;

/** @throws InvalidInputError with a problem per field. */
export function parseAccountDefinition(input: unknown): AccountDefinition {
  const parsed = accountDefinitionSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    'account.invalid',
    parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  );
}

export const REDACTED = '*****';

/** The definition as it may be shown: a kubeconfig is a set of credentials. */
export function redactAccountDefinition(definition: AccountDefinition): AccountDefinition {
  if (definition.kubeconfigContents === undefined) return definition;
  return { ...definition, kubeconfigContents: REDACTED };
}

function isPattern(text: string): boolean {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
}
