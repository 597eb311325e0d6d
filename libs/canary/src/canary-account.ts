import { InvalidInputError } from '@gennaker/kernel';

/** What an account of the metrics judge may be used for. */
export const ACCOUNT_USES = ['METRICS_STORE', 'OBJECT_STORE', 'CONFIGURATION_STORE'] as const;
export type AccountUse = (typeof ACCOUNT_USES)[number];

/** An account as others may see it. */
export interface CanaryAccount {
  name: string;
  type: string;
  supportedTypes: AccountUse[];
  locations: string[];
  recommendedLocations: string[];
}

/** Where a request names an account for a use. */
const FIELDS: Record<AccountUse, string> = {
  METRICS_STORE: 'metricsAccountName',
  OBJECT_STORE: 'storageAccountName',
  CONFIGURATION_STORE: 'configurationAccountName',
};

/**
 * The account of that name, or without a name the first that can be used so, of the preferred type if there is one.
 *
 * @throws InvalidInputError in Kayenta's words, with the field and the accounts that there are
 */
export function resolveCanaryAccount<Account extends CanaryAccount>(
  accounts: readonly Account[],
  use: AccountUse,
  name: string | null | undefined,
  preferredType?: string | null,
): Account {
  const usable = accounts.filter(({ supportedTypes }) => supportedTypes.includes(use));
  const named = name != null && name !== '';
  const account = named
    ? usable.find((one) => one.name === name)
    : (usable.find(({ type }) => type === preferredType) ?? usable[0]);
  if (account !== undefined) return account;
  const known = usable.map((one) => one.name).join(', ');
  const message =
    `Unable to resolve account ${named ? name : `of type ${use}`}. ` +
    (known === '' ? 'There is none for this use.' : `Known for this use: ${known}.`);
  throw new InvalidInputError('kayenta.unknown_account', [{ path: FIELDS[use], message }]);
}
