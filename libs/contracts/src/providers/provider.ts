import { z } from 'zod';
import { jsonObject } from '../http/fields.js';
import { defineRoute } from '../http/route.js';

/** Changes when a provider that was written for the former one no longer fits. */
export const PROVIDER_API_VERSION = 1;

/** What a provider shows, in the words of Spinnaker's API. */
export const RESOURCE_TYPES = [
  'serverGroups',
  'serverGroupManagers',
  'loadBalancers',
  'securityGroups',
  'instances',
  'jobs',
] as const;

export type ProviderResourceType = (typeof RESOURCE_TYPES)[number];

/** What can be asked of a provider: enough to draw its forms and buttons, and to check what is sent to it. */
export const providerShape = z.object({
  /** As in `cloudProvider` of stages: `kubernetes`. */
  id: z.string(),
  apiVersion: z.literal(PROVIDER_API_VERSION),
  displayName: z.string(),
  /** JSON Schema of an account's definition. */
  accountSchema: jsonObject,
  /** JSON Pointers to the fields of a definition that are secret: taken, kept encrypted, and never shown. */
  redact: z.array(z.string().regex(/^(\/[^/]+)+$/)),
  operations: z.array(
    z.object({
      /** Spinnaker's name: `deployManifest`. */
      name: z.string(),
      version: z.int().min(1),
      /** JSON Schema of its description. */
      schema: jsonObject,
    }),
  ),
  /** Operations that each type of resource takes. */
  capabilities: z.partialRecord(z.enum(RESOURCE_TYPES), z.array(z.string())),
});

export type ProviderShape = z.output<typeof providerShape>;

export const listProviders = defineRoute({
  method: 'GET',
  path: '/providers',
  id: 'listProviders',
  tag: 'credentials',
  summary:
    'Clouds that things can be deployed to: their accounts’ fields, their operations, what each resource takes',
  permission: { action: 'READ', resource: 'installation' },
  answer: z.array(providerShape),
});
