import { z } from 'zod';
import { booleanLike, listOf, numeric } from '../fields.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** An address that a request may go to; operators may narrow this down. */
export const httpUrl = z
  .string()
  .trim()
  .refine((text) => /^https?:\/\/[^/]/i.test(text) && URL.canParse(text), 'must be an http or https address');

export const httpMethod = z
  .string()
  .transform((method) => method.toUpperCase())
  .pipe(z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` }));

/** Statuses as pipelines list them: text with commas. */
const statuses = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .transform((given) =>
    (typeof given === 'string' ? given.split(',') : (given ?? []))
      .map((status) => status.trim().toLowerCase())
      .filter((status) => status !== ''),
  );

const headers = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
  .nullish()
  .transform((given) =>
    Object.fromEntries(
      Object.entries(given ?? {}).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : String(value),
      ]),
    ),
  );

const STATUS_URL = ['getMethod', 'locationHeader', 'webhookResponse'] as const;

export const webhookSchema = z
  .looseObject({
    url: httpUrl.nullish(),
    method: httpMethod.nullish().transform((method) => method ?? 'POST'),
    payload: z.unknown().optional(),
    customHeaders: headers,
    /** Statuses that end the stage at once, though a later try might do. */
    failFastStatusCodes: listOf(numeric)
      .nullish()
      .transform((codes) => (codes === undefined || codes === null || codes.length === 0 ? [504] : codes)),
    webhookRetryStatusCodes: listOf(numeric),
    waitForCompletion: booleanLike.nullish().transform((wait) => wait ?? false),
    monitorOnly: booleanLike.nullish().transform((only) => only ?? false),
    /** Seconds. */
    waitBeforeMonitor: numeric.nullish().transform((seconds) => Math.max(0, seconds ?? 0)),
    statusUrlResolution: z
      .enum(STATUS_URL, { error: `must be one of ${STATUS_URL.join(', ')}` })
      .nullish()
      .transform((how) => how ?? 'getMethod'),
    statusUrlJsonPath: z.string().nullish(),
    /** With `monitorOnly`: what to look at. */
    statusEndpoint: httpUrl.nullish(),
    statusJsonPath: z.string().nullish(),
    progressJsonPath: z.string().nullish(),
    successStatuses: statuses,
    canceledStatuses: statuses,
    terminalStatuses: statuses,
    retryStatusCodes: listOf(numeric),
    retries: z.record(z.string(), z.looseObject({ maxAttempts: numeric.nullish() })).nullish(),
    signalCancellation: booleanLike.nullish(),
    cancelEndpoint: z.string().nullish(),
    cancelMethod: httpMethod.nullish().transform((method) => method ?? 'POST'),
    cancelPayload: z.unknown().optional(),
  })
  .superRefine((config, context) => {
    const missing = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (config.monitorOnly) {
      if (!config.statusEndpoint && !config.url)
        missing('statusEndpoint', 'is missing: what is to be monitored?');
    } else if (!config.url) missing('url', 'is missing: where is the request to go?');
    if (
      config.statusUrlResolution === 'webhookResponse' &&
      config.waitForCompletion &&
      !config.statusUrlJsonPath
    )
      missing('statusUrlJsonPath', 'is missing: where does the answer hold the address of the status?');
  });

export type WebhookConfig = z.infer<typeof webhookSchema>;
