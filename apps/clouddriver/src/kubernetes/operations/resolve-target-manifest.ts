import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import {
  chooseByCriteria,
  criteriaOf,
  fullResourceName,
  membersOf,
  nameOf,
  namespaceOf,
  parseKind,
  printKind,
} from '@gennaker/manifest';
import { z } from 'zod';
import { baseDescription, type KubernetesOperation, location } from './kubernetes-operation.js';

const needed = z.string({ error: 'is missing' }).trim().min(1, 'is missing');

const schema = baseDescription.extend({
  kind: needed,
  app: needed,
  cluster: needed,
  criteria: needed,
  location,
});

type Description = z.output<typeof schema>;

/** Chooses one object of a cluster: the newest, second newest, oldest, largest or smallest. Read-only. */
export const resolveTargetManifest: KubernetesOperation<Description> = {
  kind: 'resolveTargetManifest',
  schema,
  targets: () => [],
  check: ({ criteria }) => {
    if (criteriaOf(criteria)) return;
    throw new InvalidInputError('operation.invalid', [
      {
        path: 'criteria',
        message: `unknown criteria '${criteria}': use newest, second_newest, oldest, largest or smallest`,
      },
    ]);
  },
  run: async ({ kind, app, cluster, criteria, location: namespace }, { client, context }) => {
    const objects = await client.listAll(printKind(parseKind(kind)), {
      namespace: namespace || client.defaultNamespace,
      signal: context.signal,
    });
    const chosen = chooseByCriteria(membersOf(objects, app, cluster), criteriaOf(criteria) ?? 'newest');
    if (!chosen) {
      throw new NotFoundError(
        'kubernetes.no_target',
        `No manifests matching ${criteria} of cluster ${cluster} of application ${app} found in ${namespace}`,
      );
    }
    const manifestName = fullResourceName(chosen);
    context.log('RESOLVE_TARGET_MANIFEST', `${criteria} is ${manifestName}`);
    return { kind, name: nameOf(chosen), namespace: namespaceOf(chosen), manifestName };
  },
};
