import { InvalidInputError } from '@gennaker/kernel';

/** The version in `If-Match: "3"`; undefined without the header or with `*`. @throws InvalidInputError */
export function expectedVersionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const digits = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(ifMatch)?.[1];
  if (digits !== undefined) return Number(digits);
  throw new InvalidInputError('kayenta.bad_if_match', [
    { path: 'If-Match', message: 'must be the version in the ETag of a read, such as "3"' },
  ]);
}
