import {
  AccessDeniedError,
  inOurWords,
  InvalidInputError,
  isObject,
  type JsonObject,
} from '@gennaker/kernel';
import {
  type DeploySettings,
  type KubernetesKind,
  kindProperties,
  type LabelOptions,
  printKind,
} from '@gennaker/manifest';
import { type DockerImageBinding } from '@gennaker/artifact';
import { z } from 'zod';
import { type OperationContext } from '../../operations/operation-context.js';
import { type OperationCaller, type OperationDefinition } from '../../operations/operation-definition.js';
import { type VersionReservations } from '../../operations/version-reservations.js';
import { mayWrite, type WriteTarget } from '../accounts/account-rules.js';
import { type AccountRegistry } from '../accounts/account-registry.js';
import { type KubernetesAccount } from '../accounts/kubernetes-account.js';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { type TrafficGuards } from './traffic-guards.js';

/** What holds for all accounts. */
export interface KubernetesSettings {
  dockerImageBinding?: DockerImageBinding;
  labels?: Omit<LabelOptions, 'skipSpecTemplateLabels'>;
}

/** What an operation on Kubernetes works with. */
export interface KubernetesRun {
  account: KubernetesAccount;
  client: KubernetesClient;
  context: OperationContext;
  deploySettings: DeploySettings;
  reservations: VersionReservations;
  guards: TrafficGuards;
}

/** What all operations on Kubernetes stand on. */
export interface KubernetesServices {
  accounts: Pick<AccountRegistry, 'get'>;
  reservations: VersionReservations;
  guards: TrafficGuards;
  settings: KubernetesSettings;
}

export type NamedTarget = WriteTarget & { name?: string };

export interface KubernetesOperation<Description> {
  kind: string;
  schema: z.ZodType<Description>;
  /** Everything that the operation may write to: checked against the account's limits. */
  targets(description: Description, account: KubernetesAccount): Promise<NamedTarget[]> | NamedTarget[];
  /** Whatever else can be told before the first step. */
  check?(description: Description, account: KubernetesAccount): Promise<void> | void;
  run(description: Description, run: KubernetesRun): Promise<JsonObject>;
}

const accountField = z
  .string({ error: 'is missing: name the account' })
  .trim()
  .min(1, 'is missing: name the account');

/** The fields of every description; `credentials` is the account's old name. */
export const baseDescription = z.object({ account: accountField });

/** A place in a cluster that does not name a namespace means the default one. */
export const location = z
  .string()
  .nullish()
  .transform((text) => text ?? '');

export const manifestName = z
  .string({ error: 'is missing: give the object as "<kind> <name>"' })
  .trim()
  .min(1);

/** Makes an operation of the driver out of one on Kubernetes. */
export function defineKubernetesOperation<Description>(
  operation: KubernetesOperation<Description>,
  { accounts, reservations, guards, settings }: KubernetesServices,
): OperationDefinition {
  return {
    cloudProvider: 'kubernetes',
    kind: operation.kind,
    schema: operation.schema,
    async check(input, caller) {
      const account = accountOf(input, accounts);
      checkPermission(account, caller);
      const description = parseDescription(operation.schema, input);
      await checkTargets(operation.kind, await operation.targets(description, account), account);
      await operation.check?.(description, account);
    },
    async run(input, context) {
      const account = accountOf(input, accounts);
      const description = parseDescription(operation.schema, input);
      const deploySettings = deploySettingsOf(account, settings);
      return operation.run(description, {
        account,
        client: account.client,
        context,
        deploySettings,
        reservations,
        guards,
      });
    },
  };
}

export function deploySettingsOf(account: KubernetesAccount, settings: KubernetesSettings): DeploySettings {
  return {
    customResources: account.definition.customResources,
    ...(settings.dockerImageBinding ? { dockerImageBinding: settings.dockerImageBinding } : {}),
    ...(settings.labels ? { labels: settings.labels } : {}),
  };
}

function accountOf(input: JsonObject, accounts: Pick<AccountRegistry, 'get'>): KubernetesAccount {
  const parsed = accountField.safeParse(input['account'] ?? input['credentials']);
  if (!parsed.success) {
    throw new InvalidInputError('operation.invalid', [
      { path: 'account', message: 'is missing: name the account' },
    ]);
  }
  return accounts.get(parsed.data);
}

/** Spinnaker's rule: WRITE on the account, where the account asks for roles and people sign in. */
function checkPermission({ definition }: KubernetesAccount, { user, roles }: OperationCaller): void {
  const needed = definition.permissions.WRITE ?? definition.requiredGroupMembership;
  if (roles === undefined || needed.length === 0) return;
  const held = new Set(roles.map((role) => role.toLowerCase()));
  if (needed.some((role) => held.has(role.toLowerCase()))) return;
  throw new AccessDeniedError(
    'account.forbidden',
    `${user} does not have WRITE permission on account ${definition.name}`,
  );
}

export function parseDescription<Description>(
  schema: z.ZodType<Description>,
  input: JsonObject,
): Description {
  const parsed = schema.safeParse({ ...input, account: input['account'] ?? input['credentials'] });
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    'operation.invalid',
    parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message: inOurWords(message) })),
  );
}

async function checkTargets(
  kind: string,
  targets: readonly NamedTarget[],
  account: KubernetesAccount,
): Promise<void> {
  const problems = [];
  const seen = new Set<string>();
  for (const target of targets) {
    const scoped = await scopedTarget(target, account);
    const verdict = mayWrite(account.definition, scoped);
    if (verdict.allowed) continue;
    const path = `${kind}.${scoped.namespace || printKind(scoped.kind)}.${verdict.code}`;
    if (!seen.has(path)) problems.push({ path, message: verdict.message });
    seen.add(path);
  }
  if (problems.length > 0) throw new InvalidInputError('operation.not_allowed', problems);
}

/** Fills in what only the cluster knows: a custom kind's scope, and where an object without a namespace lands. */
async function scopedTarget(target: NamedTarget, account: KubernetesAccount): Promise<NamedTarget> {
  const namespaced = target.namespaced ?? (await isNamespaced(target.kind, account));
  const namespace =
    namespaced && target.namespace === '' ? account.client.defaultNamespace : target.namespace;
  return { ...target, namespaced, namespace: namespaced ? namespace : '' };
}

export async function isNamespaced(kind: KubernetesKind, account: KubernetesAccount): Promise<boolean> {
  const known = kindProperties(kind, account.definition.customResources).namespaced;
  if (known !== undefined) return known;
  const { client } = account;
  const found = await client.findResource(printKind(kind));
  if (found !== undefined) return found.namespaced;
  // A custom kind may be younger than what we know of the cluster.
  client.invalidateDiscovery();
  return (await client.findResource(printKind(kind)))?.namespaced ?? true;
}

/** A list that users leave out, set to null, or give as a single value. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => {
    if (value === null || value === undefined) return [];
    return Array.isArray(value) ? value : [value];
  }, z.array(item));
}

/** A flag that users leave out, set to null or write as text. */
export function flag(byDefault: boolean) {
  return z.preprocess((value) => {
    if (value === null || value === undefined) return byDefault;
    if (value === 'true' || value === 'false') return value === 'true';
    return value;
  }, z.boolean());
}

export const anyObject = z.custom<JsonObject>(isObject, 'must be an object');
