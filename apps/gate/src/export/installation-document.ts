import type { CatalogKind } from '@gennaker/catalog';
import { DOCUMENT_SECTIONS, type DocumentSection } from '@gennaker/contracts';
import { InvalidInputError } from '@gennaker/kernel';

/** The kind of document that each list of an installation's file holds. */
export const SECTION_KINDS: Readonly<Record<DocumentSection, CatalogKind>> = {
  applications: 'application',
  templates: 'template',
  pipelines: 'pipeline',
  strategies: 'strategy',
  notifications: 'notification',
  projects: 'project',
  canaryConfigs: 'canaryConfig',
};

/** @throws InvalidInputError for a name that is none; all of them when none is given */
export function sectionsNamed(names: readonly string[]): DocumentSection[] {
  const unknown = names.filter((name) => !(DOCUMENT_SECTIONS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new InvalidInputError('gate.no_such_section', [
      { path: 'sections', message: `must be among ${DOCUMENT_SECTIONS.join(', ')}` },
    ]);
  }
  return DOCUMENT_SECTIONS.filter((section) => names.length === 0 || names.includes(section));
}
