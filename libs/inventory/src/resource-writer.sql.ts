const COLUMNS = `
  account text, api_group text, kind text, namespace text, name text, api_version text, uid text,
  resource_version text, created_at bigint, deleting boolean, spinnaker_kind text, application text,
  cluster text, stack text, detail text, sequence int, controller_uid text, owner_uids text[], labels jsonb,
  target_keys text[], selector_keys text[], summary jsonb, status jsonb, manifest json, observed_at bigint`;

const NAMES = COLUMNS.split(',')
  .map((column) => column.trim().split(' ')[0] ?? '')
  .filter((name) => name !== '');

const KEY = ['account', 'api_group', 'kind', 'namespace', 'name'];

const SET = NAMES.filter((name) => !KEY.includes(name))
  .map((name) => `${name} = excluded.${name}`)
  .join(', ');

/**
 * Inserts or overwrites rows ($1: a JSON array of rows). A row that is as new or newer stays: events may come twice,
 * and an operation may have written what the API server told it before the watch did. `$2` true takes any version that
 * differs: after a list, which knows better, and after a cluster was restored and its versions began anew.
 */
export const UPSERT = `
  insert into clouddriver.resource as r (${NAMES.join(', ')})
  select ${NAMES.join(', ')} from json_to_recordset($1::json) as n (${COLUMNS})
  on conflict (${KEY.join(', ')}) do update set ${SET}
  where r.uid <> excluded.uid
     or (r.resource_version <> excluded.resource_version
         and ($2::boolean
              or r.resource_version !~ '^[0-9]{1,30}$' or excluded.resource_version !~ '^[0-9]{1,30}$'
              or r.resource_version::numeric < excluded.resource_version::numeric))
     or (r.resource_version = excluded.resource_version
         and (r.spinnaker_kind, r.application, r.cluster) is distinct from
             (excluded.spinnaker_kind, excluded.application, excluded.cluster))
  returning r.account, r.application, r.kind, r.namespace, r.name, r.uid`;

/** Deletes objects that are gone ($1: a JSON array of keys with uid). A namesake that was made since stays. */
export const DELETE = `
  delete from clouddriver.resource r
  using json_to_recordset($1::json) as n (account text, api_group text, kind text, namespace text, name text, uid text)
  where r.account = n.account and r.api_group = n.api_group and r.kind = n.kind
    and r.namespace = n.namespace and r.name = n.name and r.uid = n.uid
  returning r.account, r.application, r.kind, r.namespace, r.name, r.uid`;

/**
 * Deletes what a complete list did not hold: rows of the shard ($1 account, $2 group, $3 kind, $4 one namespace or
 * null) last written before the list began ($7), except those listed ($5 namespaces, $6 names). Only for the owner of
 * the shard ($8, $9), so that a replica that lost its lease cannot empty what another one keeps.
 */
export const SWEEP = `
  delete from clouddriver.resource r
  using clouddriver.shard s
  where s.account = $1 and s.api_group = $2 and s.kind = $3 and s.owner = $8 and s.epoch = $9
    and r.account = $1 and r.api_group = $2 and r.kind = $3
    and ($4::text is null or r.namespace = $4)
    and r.observed_at < $7
    and not exists (
      select 1 from unnest($5::text[], $6::text[]) as l (namespace, name)
      where l.namespace = r.namespace and l.name = r.name)
  returning r.account, r.application, r.kind, r.namespace, r.name, r.uid`;
