import { z } from 'zod';
import { fieldProblem } from './error.js';
import { jsonObject, queryFlag, queryList, queryText } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'export';
const MOST_ENTRIES = 200_000;

/** The lists of an installation's document, in the order in which an import takes them. */
export const DOCUMENT_SECTIONS = [
  'applications',
  'templates',
  'pipelines',
  'strategies',
  'notifications',
  'projects',
  'canaryConfigs',
] as const;
export type DocumentSection = (typeof DOCUMENT_SECTIONS)[number];

const entries = z.array(jsonObject).max(MOST_ENTRIES).optional();

const sections = {
  applications: entries,
  templates: entries,
  pipelines: entries,
  strategies: entries,
  notifications: entries,
  projects: entries,
  canaryConfigs: entries,
};

/** Everything that people have configured, as Spinnaker lists it. */
export const installationDocument = z
  .strictObject({
    format: z.literal('gennaker/1').optional(),
    exportedAt: z.string().optional().describe('ISO 8601'),
    exportedBy: z.string().optional(),
    ...sections,
  })
  .meta({ id: 'InstallationDocument' });

const importQuery = z.object({
  dryRun: queryFlag(false),
  staleCheck: queryFlag(false),
  unsupported: z.enum(['refuse', 'disable']).default('refuse'),
  reason: queryText,
});

const importedEntry = z
  .object({
    kind: z.string(),
    name: z.string(),
    application: z.string().optional(),
    id: z.string().optional(),
    outcome: z.enum(['created', 'changed', 'unchanged', 'refused']),
    changes: z.array(z.string()).optional().describe('Where it differs from what was there'),
    code: z.string().optional(),
    message: z.string().optional(),
    problems: z.array(fieldProblem).optional(),
  })
  .meta({ id: 'ImportedEntry' });

export const importReport = z
  .object({
    dryRun: z.boolean(),
    created: z.int(),
    changed: z.int(),
    unchanged: z.int(),
    refused: z.int(),
    items: z.array(importedEntry),
    unsupported: z.array(
      z.object({
        kind: z.string(),
        name: z.string(),
        application: z.string().optional(),
        path: z.string().describe('Where in the entry, such as `stages[2].type`'),
        feature: z.string(),
        value: z.string(),
        message: z.string(),
        blocks: z.boolean().describe('It cannot run at all; otherwise it does less than it did'),
      }),
    ),
    unsupportedTotal: z.int(),
    sources: z
      .array(z.object({ section: z.string(), read: z.int(), message: z.string().optional() }))
      .optional()
      .describe('What was read from a running Spinnaker'),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof importReport>;

export const exportInstallation = defineRoute({
  method: 'GET',
  path: '/export',
  id: 'exportInstallation',
  tag,
  summary: 'Everything that people have configured, as one file',
  description:
    'JSON, or YAML with `format=yaml` or `Accept: application/yaml`. References to secrets stay references. What changes while the file is written is in it as it was or as it is.',
  permission: ofAll('installation', 'ADMIN'),
  query: z.object({
    format: z.enum(['json', 'yaml']).optional(),
    sections: queryList,
    application: queryList,
  }),
  answer: installationDocument,
});

export const importInstallation = defineRoute({
  method: 'POST',
  path: '/export',
  id: 'importInstallation',
  tag,
  summary: 'Puts the entries of a file in place of what is there; the answer says what became of each',
  description:
    'Takes what GET /export gives, as JSON or YAML. What the file does not name stays. The same file a second time changes nothing. With `staleCheck`, an entry that has changed here since the file was written is refused.',
  permission: ofAll('installation', 'ADMIN'),
  query: importQuery,
  body: installationDocument,
  answer: importReport,
});

export const importFromSpinnaker = defineRoute({
  method: 'POST',
  path: '/import/spinnaker',
  id: 'importFromSpinnaker',
  tag,
  summary:
    'Imports from a running Spinnaker, or from lists of Front50; the answer says what is not supported',
  permission: ofAll('installation', 'ADMIN'),
  query: importQuery,
  body: z.strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .optional()
      .describe('Of a Gate or a Front50'),
    kayentaUrl: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .optional()
      .describe('Where Front50 is asked, for canary configs'),
    headers: z
      .record(z.string().max(200), z.string().max(10_000))
      .optional()
      .describe('For signing in there; a value may be a reference to a secret'),
    applications: z
      .union([z.array(z.string().max(250)).max(10_000), entries])
      .optional()
      .describe('Names of the applications to take from a running Spinnaker, or a list of Front50'),
    templates: entries,
    pipelines: entries,
    strategies: entries,
    notifications: entries,
    projects: entries,
    canaryConfigs: entries,
  }),
  answer: importReport,
});
