import { z } from 'zod';

/** Text that an expression will become a value. */
const expression = z
  .string()
  .refine((text) => text.includes('${'), 'must be a Kubernetes object, or an expression that gives one');

const kubernetesObject = z.looseObject(
  {
    apiVersion: z.string({ error: 'is missing: a manifest needs an apiVersion, such as apps/v1' }).min(1),
    kind: z.string({ error: 'is missing: a manifest needs a kind, such as Deployment' }).min(1),
    metadata: z.union([z.looseObject({}, { error: 'must be an object with a name' }), expression]).optional(),
  },
  { error: 'must be a Kubernetes object with apiVersion, kind and metadata' },
);

/** One Kubernetes object as a stage holds it. Expressions may stand for it, or for parts of it. */
export const manifestSchema = z.unknown().superRefine((value, context) => {
  const schema = typeof value === 'string' ? expression : kubernetesObject;
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    }
  }
});

/** Manifests as the deploy stage holds them: a list, or an expression that gives one. */
export const manifestsSchema = z.unknown().superRefine((value, context) => {
  if (value === undefined || value === null) return;
  if (typeof value === 'string' && value.includes('${')) return;
  if (!Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'must be a list of manifests' });
    return;
  }
  value.flat(1).forEach((manifest, index) => {
    // An empty document, as a trailing `---` leaves it.
    if (manifest === null) return;
    const parsed = manifestSchema.safeParse(manifest);
    for (const issue of parsed.error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: [index, ...issue.path], message: issue.message });
    }
  });
});
