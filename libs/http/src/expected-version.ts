import { InvalidInputError } from '@gennaker/kernel';

/**
 * The version that a writer has seen, from `If-Match: "3"`. Undefined without the header or with `*`.
 *
 * @throws InvalidInputError
 */
export function expectedVersionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const digits = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(ifMatch)?.[1];
  if (digits === undefined) {
    throw new InvalidInputError('http.bad_if_match', [
      { path: 'If-Match', message: 'must be the version in the ETag of a read, such as "3"' },
    ]);
  }
  return Number(digits);
}
