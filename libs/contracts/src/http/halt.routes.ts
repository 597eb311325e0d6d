import { z } from 'zod';
import { nameField, pathParams, queryNumber, queryText } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'halt';
const id = pathParams('id');
const SCOPES = ['everything', 'application', 'account', 'pipeline'] as const;
const YEAR_MS = 366 * 86_400_000;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const millis = z.number().describe('Milliseconds since the Unix epoch');
const reason = z
  .string('must say why, in a few words')
  .trim()
  .min(1, 'must say why, in a few words')
  .max(4_000);
const name = (scope: string) => nameField.optional().describe(`With the scope ${scope}: which one`);

/** A number of seconds, or `90s`, `30m`, `2h`, `1d`; gives milliseconds. */
const ttl = z
  .union([z.number(), z.string()], 'must be a number of seconds, or such as 90s, 30m, 2h, 1d')
  .transform((value, context) => {
    const ms = typeof value === 'number' ? value * 1_000 : millisOf(value);
    if (Number.isNaN(ms)) problem(context, 'must be a number of seconds, or such as 90s, 30m, 2h, 1d');
    else if (ms < 1_000 || ms > YEAR_MS) problem(context, 'must be between 1 second and 366 days');
    return Math.round(ms);
  })
  .describe('After which it ends by itself: a number of seconds, or such as 90s, 30m, 2h, 1d')
  .meta({ override: { type: ['integer', 'string'] } });

function millisOf(text: string): number {
  const [, amount = '', unit = 's'] = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*([smhd])?\s*$/.exec(text) ?? [];
  return amount === '' ? Number.NaN : Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function problem(context: z.RefinementCtx, message: string, path: string[] = []): void {
  context.addIssue({ code: 'custom', message, path });
}

const newHalt = z
  .strictObject({
    scope: z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`),
    application: name('application'),
    account: name('account'),
    pipeline: nameField
      .optional()
      .describe('With the scope pipeline: id of the configuration, or its name with the application'),
    reason,
    ttl: ttl.optional(),
  })
  .superRefine(({ scope, ...given }, context) => {
    for (const key of ['application', 'account', 'pipeline'] as const) {
      if (key === scope) {
        if (given[key] === undefined) problem(context, `must say which ${key} is to be halted`, [key]);
      } else if (given[key] !== undefined && !(scope === 'pipeline' && key === 'application')) {
        problem(context, `has no meaning with the scope ${scope}: did you mean the scope ${key}?`, [key]);
      }
    }
  });

const haltShape = z
  .object({
    id: z.string(),
    scope: z.enum(SCOPES),
    application: z.string().optional(),
    account: z.string().optional(),
    pipeline: z.string().optional(),
    pipelineName: z.string().optional(),
    reason: z.string(),
    by: z.string(),
    since: millis,
    endsAt: millis.optional(),
    active: z.boolean(),
    ended: z.object({ at: millis, by: z.string(), reason: z.string(), expired: z.boolean() }).optional(),
  })
  .meta({ id: 'Halt' });

const work = z
  .object({
    workItem: z.string(),
    queue: z.string(),
    kind: z.string(),
    application: z.string().optional(),
    account: z.string().optional(),
    pipeline: z.string().optional(),
    execution: z.string().optional(),
    stage: z.object({ id: z.string(), refId: z.string(), name: z.string(), type: z.string() }).optional(),
    task: z.string().optional(),
    operation: z.object({ id: z.string(), kind: z.string() }).optional(),
    worker: z.string(),
    claimedUntil: millis.describe('The worker loses its claim then unless it renews it'),
    because: z.string(),
  })
  .meta({ id: 'WorkInFlight' });

const activeHalt = haltShape.extend({
  inFlight: z
    .object({ safeToStop: z.array(work), mustFinish: z.array(work), unknown: z.array(work) })
    .describe('Work in scope that workers have claimed before, by what stopping them now would mean'),
  heldBack: z.int().describe('Items of work in scope that are due and that nobody may claim'),
});

export const beginHalt = defineRoute({
  method: 'POST',
  path: '/halt',
  id: 'beginHalt',
  tag,
  summary: 'Stops the claiming of all work in a scope, before it answers; says what is still in flight',
  description:
    'Judgments, cancels and starts are still accepted; what they lead to waits. The clean-up of what is cancelled runs.',
  permission: { action: 'HALT', resource: 'installation' },
  body: newHalt,
  answer: activeHalt,
  status: 201,
});

export const listHalts = defineRoute({
  method: 'GET',
  path: '/halt',
  id: 'listHalts',
  tag,
  summary: 'Halts, newest first: those that are on, with what is in flight, or those that have ended',
  permission: ofAll('installation'),
  query: z.object({
    state: z.enum(['active', 'ended'], 'must be active or ended').default('active'),
    limit: queryNumber(100, { min: 1, max: 1_000 }),
    cursor: queryText,
  }),
  answer: z.array(z.union([activeHalt, haltShape])),
});

export const getHalt = defineRoute({
  method: 'GET',
  path: '/halt/:id',
  id: 'getHalt',
  tag,
  summary: 'One halt; while it is on, with what is in flight',
  permission: ofAll('installation'),
  params: id,
  answer: z.union([activeHalt, haltShape]),
});

export const endHalt = defineRoute({
  method: 'DELETE',
  path: '/halt/:id',
  id: 'endHalt',
  tag,
  summary: 'Ends a halt: what it held back goes on, in order',
  permission: { action: 'HALT', resource: 'installation' },
  params: id,
  query: z.object({ reason: queryText.describe('Instead of a body') }),
  body: z.strictObject({ reason }),
  bodyOptional: true,
  answer: haltShape,
});

export const followHalts = defineRoute({
  method: 'GET',
  path: '/halt/live',
  id: 'followHalts',
  tag,
  summary: 'Server-sent events: every beginning and end of a halt',
  permission: ofAll('installation'),
  produces: 'text/event-stream',
});
