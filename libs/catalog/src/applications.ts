import { type FieldProblem, InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import { notFound } from './catalog-errors.js';
import type { CatalogItem, Change } from './catalog-item.js';
import type { CatalogStore, SaveRequest } from './catalog-store.js';

export interface SaveOptions {
  /** The version that the writer has seen, 0 for none. Absent: the last writer wins. */
  expectedVersion?: number;
}

const NAME = /^[a-z0-9_][a-z0-9._-]*$/i;
const MAX_NAME = 250;
/** Kept by us, whatever a client sends. */
const SERVER_FIELDS = ['createTs', 'updateTs', 'lastModifiedBy', 'clusters'];

/** Applications: free attributes under a name that ignores case. */
export class Applications {
  constructor(private readonly store: CatalogStore) {}

  /** Attributes as clients see them, by name. */
  async list(): Promise<CatalogItem[]> {
    return this.store.list('application');
  }

  async find(name: string): Promise<CatalogItem | undefined> {
    return this.store.find('application', name.toLowerCase());
  }

  /**
   * Creates the application or updates it. Given attributes replace those of the same name, `null` removes one, the
   * others stay.
   *
   * @throws InvalidInputError, StaleWriteError
   */
  async save(
    attributes: JsonObject,
    change: Change,
    { expectedVersion }: SaveOptions = {},
  ): Promise<CatalogItem> {
    const { name } = attributes;
    const current = typeof name === 'string' ? await this.find(name.trim()) : undefined;
    return this.store.save({ ...requestFor(attributes, current?.body ?? {}, change), expectedVersion });
  }

  /** The write that puts these attributes in place of all that are there. @throws InvalidInputError */
  replacement(attributes: JsonObject, change: Change): SaveRequest {
    return requestFor(attributes, {}, change);
  }

  /** @throws NotFoundError */
  async delete(name: string, change: Change): Promise<CatalogItem> {
    return this.store.delete({ kind: 'application', id: name.toLowerCase(), change });
  }

  async get(name: string): Promise<CatalogItem> {
    const item = await this.find(name);
    if (item === undefined) throw notFound('application', name);
    return item;
  }
}

/** An application's attributes in Spinnaker's form: times are texts. */
export function attributesOf(item: CatalogItem): JsonObject {
  return {
    ...item.body,
    name: item.name,
    createTs: String(item.createdAt),
    updateTs: String(item.updatedAt),
    lastModifiedBy: item.updatedBy,
  };
}

function requestFor(attributes: JsonObject, current: JsonObject, change: Change): SaveRequest {
  const name = typeof attributes.name === 'string' ? attributes.name.trim().toLowerCase() : '';
  const body = mergeAttributes(current, { ...attributes, name });
  const problems = applicationProblems(body);
  if (problems.length > 0) throw new InvalidInputError('catalog.invalid_application', problems);
  return { kind: 'application', id: name, application: name, name, body, change };
}

function mergeAttributes(current: JsonObject, given: JsonObject): JsonObject {
  const merged: JsonObject = { ...current };
  for (const [key, value] of Object.entries(given)) {
    if (SERVER_FIELDS.includes(key)) continue;
    const empty =
      value === null || value === undefined || (key === 'permissions' && isEmptyPermissions(value));
    if (empty) delete merged[key];
    else if (key === 'cloudProviders' && Array.isArray(value)) merged[key] = value.join(',');
    else merged[key] = value;
  }
  return merged;
}

function isEmptyPermissions(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((roles) => Array.isArray(roles) && roles.length === 0);
}

/** What is wrong with the attributes of an application. */
export function applicationProblems(attributes: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { name, email, permissions } = attributes;
  if (typeof name !== 'string' || name === '')
    problems.push({ path: 'name', message: 'Application must have a name' });
  else if (name.length > MAX_NAME || !NAME.test(name)) {
    problems.push({
      path: 'name',
      message: `must be letters, digits, ".", "_" and "-", and at most ${MAX_NAME} of them`,
    });
  }
  if (typeof email !== 'string' || email.trim() === '') {
    problems.push({ path: 'email', message: 'Application must have a non-empty email' });
  }
  if (permissions !== undefined) problems.push(...permissionProblems(permissions));
  return problems;
}

const AUTHORIZATIONS = ['READ', 'WRITE', 'EXECUTE', 'CREATE'];

function permissionProblems(permissions: unknown): FieldProblem[] {
  if (!isObject(permissions))
    return [{ path: 'permissions', message: 'must be an object of lists of roles' }];
  return Object.entries(permissions).flatMap(([key, roles]): FieldProblem[] => {
    const path = `permissions.${key}`;
    if (!AUTHORIZATIONS.includes(key))
      return [{ path, message: `must be one of ${AUTHORIZATIONS.join(', ')}` }];
    const valid = Array.isArray(roles) && roles.every((role) => typeof role === 'string');
    return valid ? [] : [{ path, message: 'must be a list of roles' }];
  });
}
