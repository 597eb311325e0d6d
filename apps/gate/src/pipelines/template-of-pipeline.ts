import { type JsonObject, isObject } from '@gennaker/kernel';
import { stringify } from 'yaml';

const HEADER = `# A template made of a pipeline. Before it is saved:
# - put variables in place of what differs between its users: "\${ templateVariables.name }"
# - check id, metadata and scopes
`;

/** What belongs to one configuration and to no other that is made of the template. */
const OF_ONE_CONFIG = [
  'id',
  'name',
  'application',
  'index',
  'createTs',
  'updateTs',
  'lastModified',
  'lastModifiedBy',
  'disabled',
  'locked',
];

/** A v2 template with the stages, parameters, triggers and notifications of a pipeline, as YAML. */
export function templateOfPipeline(config: JsonObject): string {
  const pipeline: JsonObject = { ...config };
  for (const field of OF_ONE_CONFIG) delete pipeline[field];
  const name = text(config.name);
  const application = text(config.application);
  const template = {
    schema: 'v2',
    id: `${application}-${name.replaceAll(/\W/g, '')}`,
    metadata: {
      name,
      description: text(config.description) || `Made of the pipeline ${name} of ${application}`,
      owner: text(config.lastModifiedBy),
      scopes: [application],
    },
    protect: false,
    variables: [],
    pipeline: { ...pipeline, triggers: triggersOf(config) },
  };
  return HEADER + stringify(template, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Ids of triggers belong to the pipeline. */
function triggersOf({ triggers }: JsonObject): JsonObject[] {
  if (!Array.isArray(triggers)) return [];
  return triggers.filter(isObject).map(({ id: _id, ...trigger }) => trigger);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
