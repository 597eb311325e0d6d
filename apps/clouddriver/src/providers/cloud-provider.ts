import type { PROVIDER_API_VERSION, ProviderResourceType, ProviderShape } from '@gennaker/contracts';
import type { JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import type { OperationDefinition } from '../operations/operation-definition.js';

/** Adds, changes and removes accounts while everything runs. What it answers never holds credentials. */
export interface ManagedAccounts {
  /** @throws InvalidInputError naming the field, ConflictError for a name that is taken */
  create(definition: unknown, by: string): Promise<JsonObject>;
  update(definition: unknown, by: string): Promise<JsonObject>;
  /** @throws NotFoundError */
  remove(name: string, by: string): Promise<void>;
  list(after: string | undefined, limit: number): Promise<JsonObject[]>;
}

/**
 * One cloud as a plug-in. The core owns HTTP, permissions, the journal of operations with its steps, claims and retries,
 * and the store of resources with its views; a provider brings what only it knows.
 */
export interface CloudProvider {
  readonly id: string;
  readonly apiVersion: typeof PROVIDER_API_VERSION;
  readonly displayName: string;
  /** An account's definition. */
  readonly accountSchema: z.ZodType;
  /** JSON Pointers to its secret fields. */
  readonly redact: readonly string[];
  readonly accounts: ManagedAccounts;
  readonly operations: readonly OperationDefinition[];
  /** Operations that each type of resource takes. */
  readonly capabilities: Readonly<Partial<Record<ProviderResourceType, readonly string[]>>>;
  /** Opens accounts and begins to fill the inventory. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A provider as clients see it. */
export function providerShapeOf(provider: CloudProvider): ProviderShape {
  const { id, apiVersion, displayName, accountSchema, redact, operations, capabilities } = provider;
  return {
    id,
    apiVersion,
    displayName,
    accountSchema: jsonSchemaOf(accountSchema),
    redact: [...redact],
    operations: operations.map(({ kind, version = 1, schema }) => ({
      name: kind,
      version,
      schema: schema === undefined ? {} : jsonSchemaOf(schema),
    })),
    capabilities: Object.fromEntries(
      Object.entries(capabilities).map(([type, names]) => [type, [...(names ?? [])]]),
    ),
  };
}

/** Of what may be sent, before defaults are filled in. What JSON Schema cannot say is left open. */
function jsonSchemaOf(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
