import { type JsonObject, isObject } from '@gennaker/kernel';

/** Something in a configuration of Spinnaker that does not work here. */
export interface Unsupported {
  /** Where it is, such as `stages[2].type`. */
  path: string;
  feature: 'stage' | 'cloudProvider' | 'trigger' | 'notification' | 'serviceAccount' | 'template';
  /** What is there, such as `bake`. */
  value: string;
  message: string;
  /** It cannot run at all; without this it runs, and does less than it did. */
  blocks: boolean;
}

export interface SupportedFeatures {
  /** Stage types that can run, aliases included. */
  stageTypes: ReadonlySet<string>;
  cloudProviders: ReadonlySet<string>;
  /** Types of triggers that start pipelines. */
  triggers: ReadonlySet<string>;
  /** Types of notifications that are sent. */
  notifications: ReadonlySet<string>;
}

const PROVIDER_KEYS = new Set(['cloudProvider', 'cloudProviderType', 'selectedProvider']);
const MAX_FOUND = 200;
const MAX_DEPTH = 50;

/** Everything in a pipeline or strategy of Spinnaker that does not work here, with its place. */
export function unsupportedInPipeline(pipeline: JsonObject, supported: SupportedFeatures): Unsupported[] {
  const found: Unsupported[] = [];
  if (pipeline.type === 'templatedPipeline' && pipeline.schema !== 'v2') {
    found.push({
      path: 'schema',
      feature: 'template',
      value: textOf(pipeline.schema),
      message: 'pipelines of templates other than v2 cannot be planned here',
      blocks: true,
    });
  }
  each(pipeline.stages, 'stages', (stage, path) => found.push(...inStage(stage, path, supported)));
  each(pipeline.triggers, 'triggers', (trigger, path) => found.push(...inTrigger(trigger, path, supported)));
  found.push(...inNotifications(pipeline.notifications, 'notifications', supported));
  if (Array.isArray(pipeline.roles) && pipeline.roles.length > 0) {
    found.push(
      ofServiceAccount('roles', 'roles make a managed service account in Spinnaker, and nothing here'),
    );
  }
  return found.slice(0, MAX_FOUND);
}

/** What an application of Spinnaker says that does not work here. */
export function unsupportedInApplication(
  attributes: JsonObject,
  supported: SupportedFeatures,
): Unsupported[] {
  const { cloudProviders } = attributes;
  const named: unknown[] = Array.isArray(cloudProviders) ? cloudProviders : textOf(cloudProviders).split(',');
  return named
    .map((name) => textOf(name).trim())
    .filter((name) => name !== '' && !supported.cloudProviders.has(name))
    .map((name) => ofProvider('cloudProviders', name, false));
}

/** What the notifications of an application say that does not work here. */
export function unsupportedInNotifications(
  document: JsonObject,
  supported: SupportedFeatures,
): Unsupported[] {
  return Object.entries(document).flatMap(([type, list]) =>
    Array.isArray(list) && list.length > 0 ? inNotifications(list, type, supported, type) : [],
  );
}

/** What the pipeline that a template describes holds that does not work here. */
export function unsupportedInTemplate(template: JsonObject, supported: SupportedFeatures): Unsupported[] {
  if (!isObject(template.pipeline)) return [];
  return unsupportedInPipeline(template.pipeline, supported).map((one) => ({
    ...one,
    path: `pipeline.${one.path}`,
  }));
}

function inStage(stage: JsonObject, path: string, supported: SupportedFeatures): Unsupported[] {
  const found: Unsupported[] = [];
  const { type, alias } = stage;
  const known = [type, alias].some((name) => typeof name === 'string' && supported.stageTypes.has(name));
  // A template may leave the type to a variable.
  if (!known && typeof type === 'string' && !type.includes('${')) {
    found.push({
      path: `${path}.type`,
      feature: 'stage',
      value: type,
      message: `stages of type "${type}" are not supported`,
      blocks: true,
    });
  }
  findProviders(stage, path, supported, found);
  found.push(...inNotifications(stage.notifications, `${path}.notifications`, supported));
  return found;
}

function findProviders(
  value: unknown,
  path: string,
  supported: SupportedFeatures,
  found: Unsupported[],
): void {
  if (found.length >= MAX_FOUND || path.split('.').length > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) => findProviders(item, `${path}[${index}]`, supported, found));
    return;
  }
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = `${path}.${key}`;
    if (!PROVIDER_KEYS.has(key)) findProviders(inner, at, supported, found);
    else if (typeof inner === 'string' && inner !== '' && !supported.cloudProviders.has(inner))
      found.push(ofProvider(at, inner, true));
  }
}

function inTrigger(trigger: JsonObject, path: string, supported: SupportedFeatures): Unsupported[] {
  const found: Unsupported[] = [];
  const type = textOf(trigger.type);
  if (!supported.triggers.has(type)) {
    found.push({
      path: `${path}.type`,
      feature: 'trigger',
      value: type,
      message: `triggers of type "${type}" do not start pipelines here; starting it by hand, by webhook or by another pipeline's stage does`,
      blocks: false,
    });
  }
  if (typeof trigger.runAsUser === 'string' && trigger.runAsUser !== '') {
    found.push(
      ofServiceAccount(
        `${path}.runAsUser`,
        'there are no service accounts here: it runs as whoever causes it',
      ),
    );
  }
  return found;
}

function inNotifications(
  list: unknown,
  path: string,
  supported: SupportedFeatures,
  given?: string,
): Unsupported[] {
  const found: Unsupported[] = [];
  each(list, path, (notification, at) => {
    const type = given ?? textOf(notification.type);
    if (supported.notifications.has(type)) return;
    found.push({
      path: given === undefined ? `${at}.type` : at,
      feature: 'notification',
      value: type,
      message: `notifications of type "${type}" are kept, and not sent`,
      blocks: false,
    });
  });
  return found;
}

function ofProvider(path: string, value: string, blocks: boolean): Unsupported {
  const message = `there is no cloud provider "${value}" here`;
  return { path, feature: 'cloudProvider', value, message, blocks };
}

function ofServiceAccount(path: string, message: string): Unsupported {
  return { path, feature: 'serviceAccount', value: path, message, blocks: false };
}

function each(list: unknown, path: string, visit: (entry: JsonObject, path: string) => void): void {
  if (!Array.isArray(list)) return;
  list.forEach((entry: unknown, index) => {
    if (isObject(entry)) visit(entry, `${path}[${index}]`);
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
