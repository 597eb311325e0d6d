import { AccessDeniedError, ConflictError, NotFoundError } from '@gennaker/kernel';
import type { CatalogKind, CatalogVersion } from './catalog-item.js';

const LABELS: Record<CatalogKind, string> = {
  application: 'Application',
  canaryConfig: 'Canary config',
  notification: 'Notification',
  pipeline: 'Pipeline',
  project: 'Project',
  strategy: 'Strategy',
  template: 'Pipeline template',
};

export function labelOf(kind: CatalogKind): string {
  return LABELS[kind];
}

/** Somebody else has changed the document since the writer read it. Says who, when and what. */
export class StaleWriteError extends ConflictError {
  constructor(kind: CatalogKind, name: string, expectedVersion: number, since: CatalogVersion[]) {
    const told = since.map(
      (version) =>
        `version ${version.version} by ${version.author} at ${new Date(version.at).toISOString()} ` +
        `(${version.action === 'deleted' ? 'deleted' : summary(version)})`,
    );
    super(
      'catalog.stale_write',
      `${labelOf(kind)} "${name}" is stale: it has changed since version ${expectedVersion}: ${told.join(', ')}. ` +
        'Read it again and repeat your change',
      {
        details: {
          expectedVersion,
          currentVersion: since.at(-1)?.version,
          changedSince: since.map(({ version, author, at, reason, action, changes }) => ({
            version,
            author,
            at,
            reason,
            action,
            paths: changes.map((change) => change.path),
          })),
        },
      },
    );
  }
}

function summary({ changes }: CatalogVersion): string {
  const paths = changes.slice(0, 5).map((change) => change.path || 'everything');
  const more = changes.length - paths.length;
  return paths.length === 0 ? 'saved' : `${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Another document of the kind has that name already. */
export class DuplicateNameError extends ConflictError {
  constructor(kind: CatalogKind, name: string, application: string) {
    const where = application === '' ? '' : ` in application ${application}`;
    super(
      'catalog.duplicate_name',
      `A ${labelOf(kind).toLowerCase()} with name ${name} already exists${where}`,
    );
  }
}

export function notFound(kind: CatalogKind, id: string): NotFoundError {
  return new NotFoundError(`catalog.no_such_${kind.toLowerCase()}`, `${labelOf(kind)} not found (id: ${id})`);
}

/** The configuration may not be edited from the UI. */
export class LockedError extends AccessDeniedError {
  constructor(kind: CatalogKind, name: string) {
    super('catalog.locked', `${labelOf(kind)} "${name}" is locked and cannot be changed from the UI`);
  }
}
