import { readFile } from 'node:fs/promises';
import { InvalidInputError, isObject, messageOf } from '@gennaker/kernel';
import { parse } from 'yaml';
import { parseAccountDefinition } from './account-definition.js';
import type { ConfiguredAccount } from './account-registry.js';

export interface AccountSources {
  /** A JSON or YAML file: a list of accounts, `{accounts: […]}` or Spinnaker's `{kubernetes: {accounts: […]}}`. */
  file?: string;
  /** The same as text. */
  inline?: string;
  /** Definitions given by the program itself. */
  given?: readonly unknown[];
}

/**
 * Reads the configured accounts. A definition that is wrong comes back with what is wrong with it, so that it does not
 * take the others down.
 *
 * @throws InvalidInputError when the file or the text as a whole cannot be read
 */
export async function configuredAccounts(sources: AccountSources): Promise<ConfiguredAccount[]> {
  const lists = [
    ...(sources.given ?? []),
    ...(sources.inline === undefined ? [] : accountsIn(sources.inline, 'CLOUDDRIVER_ACCOUNTS')),
    ...(sources.file === undefined ? [] : accountsIn(await textOf(sources.file), sources.file)),
  ];
  return lists.map(configured);
}

function configured(input: unknown, index: number): ConfiguredAccount {
  const given = isObject(input) && typeof input['name'] === 'string' ? input['name'] : '';
  const name = given === '' ? `account ${index + 1} of the configuration` : given;
  try {
    return { name, definition: parseAccountDefinition(input) };
  } catch (error) {
    return { name, error: messageOf(error) };
  }
}

/** A part of Spinnaker's configuration besides the accounts, such as `artifacts`; the file's comes first. */
export async function configuredSection(sources: AccountSources, section: string): Promise<unknown> {
  const documents = [
    ...(sources.file === undefined ? [] : [documentIn(await textOf(sources.file), sources.file)]),
    ...(sources.inline === undefined ? [] : [documentIn(sources.inline, 'CLOUDDRIVER_ACCOUNTS')]),
  ];
  const found = documents.find((document) => isObject(document) && isObject(document[section]));
  return isObject(found) ? found[section] : undefined;
}

function documentIn(text: string, where: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidInputError('accounts.unreadable', [{ path: where, message: messageOf(error) }]);
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError('accounts.unreadable', [
      { path: 'CLOUDDRIVER_ACCOUNTS_FILE', message: messageOf(error) },
    ]);
  }
}

function accountsIn(text: string, where: string): unknown[] {
  let value = documentIn(text, where);
  if (isObject(value) && isObject(value['kubernetes'])) value = value['kubernetes'];
  if (isObject(value)) value = value['accounts'];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new InvalidInputError('accounts.unreadable', [
    {
      path: where,
      message: 'must hold a list of accounts, {accounts: […]} or {kubernetes: {accounts: […]}}',
    },
  ]);
}
