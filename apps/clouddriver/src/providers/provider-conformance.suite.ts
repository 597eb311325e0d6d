import { PROVIDER_API_VERSION, providerShape } from '@gennaker/contracts';
import { GennakerError, isObject, type JsonObject } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import { type CloudProvider, providerShapeOf } from './cloud-provider.js';

export interface ProviderConformance {
  provider: CloudProvider;
  /** A definition that is fine, of an account that is not there yet. */
  definition: JsonObject;
  /** Values of its secret fields, none of which may ever be shown. */
  secrets: readonly string[];
  /** A wrong definition, and the field that is at fault. */
  wrong: { definition: JsonObject; path: string };
}

const SENSELESS: readonly JsonObject[] = [
  {},
  { account: null },
  { account: 7 },
  { account: 'nobody-has-this' },
  { account: ['a'], manifests: 'x', kinds: {}, options: [] },
  { credentials: 'nobody-has-this', __proto__: { account: 'a' } },
];

/** What a plug-in owes before any cloud is asked; what it owes for its operations is `describeProviderOperations`. */
export function describeProvider(name: string, given: () => Promise<ProviderConformance>): void {
  describe(`the provider ${name}`, () => {
    it('says what it is, for this version of the interface', async () => {
      const { provider } = await given();
      expect(provider.apiVersion).toBe(PROVIDER_API_VERSION);
      expect(provider.id).toMatch(/^[a-z][a-zA-Z0-9]*$/);
      expect(providerShape.parse(JSON.parse(JSON.stringify(providerShapeOf(provider))))).toBeDefined();
    });

    it('names each operation once, as its own, and describes what it takes', async () => {
      const { provider } = await given();
      const names = provider.operations.map(({ kind }) => kind);
      expect(new Set(names).size).toBe(names.length);
      for (const operation of provider.operations) {
        expect(operation.cloudProvider).toBe(provider.id);
        expect([operation.kind, operation.schema]).toEqual([operation.kind, expect.anything()]);
      }
    });

    it('says only of operations that it has what its resources take', async () => {
      const { provider } = await given();
      const names = provider.operations.map(({ kind }) => kind);
      for (const taken of Object.values(provider.capabilities))
        expect(names).toEqual(expect.arrayContaining([...taken]));
    });

    it('points to secret fields that its accounts have', async () => {
      const { provider } = await given();
      const { accountSchema } = providerShapeOf(provider);
      for (const pointer of provider.redact) {
        let schema: unknown = accountSchema;
        for (const step of pointer.slice(1).split('/')) schema = propertyOf(schema, step);
        expect([pointer, schema]).toEqual([pointer, expect.anything()]);
      }
    });

    it('refuses senseless descriptions with an error of the caller, and never breaks on one', async () => {
      const { provider } = await given();
      for (const operation of provider.operations) {
        for (const description of SENSELESS) {
          const refusal = await operation
            .check(description, { user: 'ann' })
            .catch((error: unknown) => error);
          expect([operation.kind, refusal]).toEqual([operation.kind, expect.any(GennakerError)]);
          expect([400, 403, 404]).toContain((refusal as GennakerError).status);
        }
      }
    });

    it('takes an account, shows it without its secrets, and gives it up', async () => {
      const { provider, definition, secrets } = await given();
      const name = String(definition['name']);
      const created = await provider.accounts.create(definition, 'ann');
      const listed = await provider.accounts.list(undefined, 100);
      expect(created).toMatchObject({ name });
      expect(listed).toContainEqual(expect.objectContaining({ name }));
      for (const secret of secrets) expect(JSON.stringify([created, listed])).not.toContain(secret);
      await expect(provider.accounts.create(definition, 'ann')).rejects.toMatchObject({ status: 409 });
      expect(await provider.accounts.update({ ...created }, 'ann')).toMatchObject({ name });
      await provider.accounts.remove(name, 'ann');
      await expect(provider.accounts.remove(name, 'ann')).rejects.toMatchObject({ status: 404 });
    });

    it('names the field of a definition that is at fault', async () => {
      const { provider, wrong } = await given();
      const refusal = await provider.accounts
        .create(wrong.definition, 'ann')
        .catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        status: 400,
        problems: [expect.objectContaining({ path: wrong.path })],
      });
    });
  });
}

function propertyOf(schema: unknown, name: string): unknown {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? properties[name] : undefined;
}
