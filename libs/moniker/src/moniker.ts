import { z } from 'zod';

/** Where an object belongs: its application, its cluster within it, and which of the cluster's generations it is. */
export const monikerSchema = z.object({
  app: z.string().nullish(),
  cluster: z.string().nullish(),
  stack: z.string().nullish(),
  detail: z.string().nullish(),
  sequence: z.number().int().nullish(),
});

export interface Moniker {
  app: string | null;
  cluster: string | null;
  stack: string | null;
  detail: string | null;
  sequence: number | null;
}

/** A name taken apart. `group` is the whole name, `push` its version suffix such as `v012`. */
export interface ParsedName extends Moniker {
  group: string | null;
  push: string | null;
}

const NOTHING: ParsedName = {
  group: null,
  cluster: null,
  app: null,
  stack: null,
  detail: null,
  push: null,
  sequence: null,
};

const PUSH = /^([-a-zA-Z0-9._~^]*)-(v([0-9]{3,6}))$/;
const CLUSTER = /^([a-zA-Z0-9._]+)(?:-([a-zA-Z0-9._]*)(?:-([-a-zA-Z0-9._~^]*))?)?$/;

/**
 * Takes `app-stack-detail-v012` apart. The version has three to six digits; anything else after a dash is stack or
 * detail. A name outside the grammar has no parts at all. Grammar: Netflix frigga 0.28.
 */
export function parseName(name: string | null | undefined): ParsedName {
  if (name == null || name.trim() === '') return { ...NOTHING };
  const pushMatch = PUSH.exec(name);
  const cluster = pushMatch?.[1] ?? name;
  const parts = CLUSTER.exec(cluster);
  if (!parts) return { ...NOTHING };
  return {
    group: name,
    cluster,
    app: parts[1] ?? null,
    stack: parts[2] || null,
    detail: parts[3] || null,
    push: pushMatch?.[2] ?? null,
    sequence: pushMatch?.[3] === undefined ? null : Number(pushMatch[3]),
  };
}

/** `v` and at least three digits: `v007`, `v1000`. */
export function formatSequence(sequence: number): string {
  return `v${String(sequence).padStart(3, '0')}`;
}

export interface NameParts {
  app: string;
  stack?: string | null;
  detail?: string | null;
  sequence?: number | null;
}

/** `app`, `app-stack`, `app-stack-detail` or `app--detail`. */
export function clusterName({ app, stack, detail }: NameParts): string {
  if (detail) return `${app}-${stack ?? ''}-${detail}`;
  return stack ? `${app}-${stack}` : app;
}

/** The cluster's name, and the version suffix when a sequence is given. */
export function buildName(parts: NameParts): string {
  const cluster = clusterName(parts);
  return parts.sequence == null ? cluster : `${cluster}-${formatSequence(parts.sequence)}`;
}

const RESERVED = /(?:^|-)v[0-9]{3,6}(?:-|$)/;

/** As `buildName`, but refuses parts that a reader would later take for a version. */
export function buildValidName(parts: NameParts): string {
  if (RESERVED.test(parts.stack ?? ''))
    throw new RangeError('the stack cannot contain a push version like v001');
  if (RESERVED.test(parts.detail ?? ''))
    throw new RangeError('the detail cannot contain a push version like v001');
  return buildName(parts);
}

/** Names of server groups on clouds without versions of their own end at v999 and start again at v000. */
export const SEQUENCE_LIMIT = 1000;

/** A server group's full name; a sequence outside 0 to 999 is refused. */
export function serverGroupName(parts: NameParts, options: { ignoreSequence?: boolean } = {}): string {
  if (options.ignoreSequence) return clusterName(parts);
  const { sequence } = parts;
  if (sequence != null && (!Number.isInteger(sequence) || sequence < 0 || sequence >= SEQUENCE_LIMIT)) {
    throw new RangeError(`invalid sequence ${sequence}: it must be between 0 and ${SEQUENCE_LIMIT - 1}`);
  }
  return buildName(parts);
}

export interface TakenSlot {
  serverGroupName: string;
  /** Null for a server group whose name carries no sequence. */
  sequence: number | null;
  createdTime: number;
}

/**
 * The next free name of a cluster: one after the server group created last, modulo 1000, skipping names in use.
 * Throws a RangeError when all are taken. `region` only serves the message.
 */
export function nextServerGroupName(
  parts: NameParts,
  takenSlots: readonly TakenSlot[],
  options: { ignoreSequence?: boolean; region?: string } = {},
): string {
  const cluster = clusterName(parts);
  if (options.ignoreSequence) return cluster;
  const latest = takenSlots.reduce<TakenSlot | undefined>(
    (best, slot) => (best === undefined || slot.createdTime >= best.createdTime ? slot : best),
    undefined,
  );
  const start = latest === undefined ? 0 : ((latest.sequence ?? 0) + 1) % SEQUENCE_LIMIT;
  const taken = new Set(takenSlots.map((slot) => slot.sequence));
  for (let step = 0; step < SEQUENCE_LIMIT; step += 1) {
    const sequence = (start + step) % SEQUENCE_LIMIT;
    if (!taken.has(sequence)) return buildName({ ...parts, sequence });
  }
  throw new RangeError(
    `All server group names for cluster ${cluster} in ${options.region ?? 'the region'} are taken.`,
  );
}

export interface DisplayedName {
  application: string;
  stack: string;
  freeFormDetails: string;
  cluster: string;
}

/**
 * The web UI's looser reading of a server group's name: it splits on dashes and drops a last part that holds a version.
 * Differs from `parseName` on odd names; kept so that links and filters agree with what users know.
 */
export function displayedName(name: string): DisplayedName {
  const [application = '', ...rest] = name.split('-');
  if (rest.length > 0 && /v\d{3}/.test(rest.at(-1) ?? '')) rest.pop();
  const [stack = '', ...details] = rest;
  const freeFormDetails = details.join('-');
  return {
    application,
    stack,
    freeFormDetails,
    cluster: clusterName({ app: application, stack, detail: freeFormDetails }),
  };
}
