import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { VersionReservations } from '../../operations/version-reservations.js';
import { parseAccountDefinition } from '../accounts/account-definition.js';
import type { KubernetesAccount } from '../accounts/kubernetes-account.js';
import { baseDescription, defineKubernetesOperation } from './kubernetes-operation.js';
import { NoTrafficGuards } from './traffic-guards.js';

const definition = parseAccountDefinition({
  name: 'prod',
  serviceAccount: true,
  permissions: { READ: ['dev'], WRITE: ['Release-Managers'] },
});
const operation = defineKubernetesOperation(
  {
    kind: 'touch',
    schema: baseDescription.extend({ extra: z.string().optional() }),
    targets: () => [],
    run: async () => ({}),
  },
  {
    accounts: { get: () => ({ name: 'prod', definition }) as KubernetesAccount },
    reservations: new VersionReservations({} as never, {} as never),
    guards: new NoTrafficGuards(),
    settings: {},
  },
);
const check = (roles?: string[]) =>
  operation.check({ account: 'prod' }, { user: 'ann', ...(roles && { roles }) });

describe('an account that asks for roles', () => {
  it('lets those write who hold one, however it is spelt', async () => {
    await expect(check(['release-managers', 'dev'])).resolves.toBeUndefined();
  });

  it('refuses the others, and names the account', async () => {
    for (const roles of [[], ['dev']]) {
      await expect(check(roles)).rejects.toMatchObject({
        status: 403,
        message: 'ann does not have WRITE permission on account prod',
      });
    }
  });

  it('asks nobody where nobody signs in', async () => {
    await expect(check()).resolves.toBeUndefined();
  });
});
