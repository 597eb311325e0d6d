/** What a halt stops: all work, or that of one application, of one account, of one pipeline configuration. */
export const HALT_SCOPES = ['everything', 'application', 'account', 'pipeline'] as const;
export type HaltScope = (typeof HALT_SCOPES)[number];

/**
 * SQL that is true for a work item that a halt covers: nobody may claim it. Part of every statement that claims, so that
 * whoever sets a halt under {@link STOP_CLAIMS} knows that no claim passes it by.
 *
 * @param item alias of the work item's row
 */
export function halted(item: string): string {
  return `exists (
    select from es.halt h
    where ${item}.kind <> all (h.spares)
      and case h.scope when 'everything' then true
                       when 'application' then lower(h.name) = lower(${item}.application)
                       when 'account' then h.name = ${item}.account
                       else h.name = ${item}.pipeline end)`;
}

/**
 * Waits for every transaction that has written to the work items, and lets no other write to them until the transaction
 * that runs this has ended. A statement takes its lock on a table before it takes its snapshot: so a claim has either
 * committed when this returns, or will see what this transaction commits. Reading, as a backup does, is not in the way.
 */
export const STOP_CLAIMS = 'lock table es.work_item in share row exclusive mode';
