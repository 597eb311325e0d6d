import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { type ArtifactAccountOf, authorizationOf } from '../artifact-account.js';
import type { ArtifactRequest } from '../artifact-http.js';

/** Where a file of a repository is, as `groupId:artifactId[:extension[:classifier]]:version` says it. */
interface Coordinates {
  group: string;
  name: string;
  extension: string;
  classifier: string | undefined;
  version: string;
}

/** A part of a path: no slashes, no dots alone. */
const PART = /^(?!\.+$)[\w.+-]+$/;

/** A repository in Maven's layout, https://maven.apache.org/repository/layout.html. */
export class MavenRepository {
  constructor(
    private readonly account: ArtifactAccountOf<'maven'>,
    private readonly ask: (request: ArtifactRequest) => Promise<Buffer>,
  ) {}

  /**
   * The file that the coordinates name. `LATEST` and `RELEASE` (also as `latest.integration` and `latest.release`) and
   * snapshots are looked up in the repository's metadata.
   */
  async file(reference: string): Promise<Buffer> {
    const given = coordinatesIn(reference);
    const folder = `${given.group.replaceAll('.', '/')}/${given.name}`;
    const version = await this.versionOf(given, folder);
    const file = await this.fileVersionOf({ ...given, version }, `${folder}/${version}`);
    const classifier = given.classifier === undefined ? '' : `-${given.classifier}`;
    return this.read(`${folder}/${version}/${given.name}-${file}${classifier}.${given.extension}`);
  }

  private async versionOf({ version }: Coordinates, folder: string): Promise<string> {
    const tag = /^latest$|^latest\.integration$/i.test(version)
      ? 'latest'
      : /^release$|^latest\.release$/i.test(version)
        ? 'release'
        : undefined;
    if (tag === undefined) return version;
    const [found] = valuesOf(await this.metadata(folder), tag);
    if (found !== undefined && PART.test(found)) return found;
    throw this.none(`${folder} has no ${tag} version`);
  }

  /** A snapshot's files are named by when they were built. */
  private async fileVersionOf(wanted: Coordinates, folder: string): Promise<string> {
    const { version, extension, classifier } = wanted;
    if (!version.endsWith('-SNAPSHOT')) return version;
    const builds = valuesOf(await this.metadata(folder), 'snapshotVersion').filter(
      (build) =>
        valuesOf(build, 'extension')[0] === extension && valuesOf(build, 'classifier')[0] === classifier,
    );
    const [value] = valuesOf(builds[0] ?? '', 'value');
    if (value !== undefined && PART.test(value)) return value;
    throw this.none(`${folder} has no file of type ${extension}`);
  }

  private async metadata(folder: string): Promise<string> {
    return (await this.read(`${folder}/maven-metadata.xml`)).toString('utf8');
  }

  private async read(path: string): Promise<Buffer> {
    const authorization = await authorizationOf(this.account);
    return this.ask({
      url: `${this.account.repositoryUrl.replace(/\/+$/, '')}/${path}`,
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    });
  }

  private none(what: string): NotFoundError {
    return new NotFoundError('artifact.not_found', `${this.account.repositoryUrl}: ${what}`);
  }
}

function coordinatesIn(reference: string): Coordinates {
  const parts = reference.split(':');
  const [group, name, extension = 'jar', classifier] = parts.slice(0, -1);
  const version = parts.at(-1);
  const fits = parts.length >= 3 && parts.length <= 5 && parts.every((part) => PART.test(part));
  if (fits && group !== undefined && name !== undefined && version !== undefined) {
    return { group, name, extension, classifier, version };
  }
  throw new InvalidInputError('artifact.bad_reference', [
    {
      path: 'artifact.reference',
      message: `must be groupId:artifactId[:extension[:classifier]]:version, not "${reference}"`,
    },
  ]);
}

/** The texts between the tags of a name; the metadata's format has no attributes in them. */
function valuesOf(xml: string, tag: string): string[] {
  const pieces = xml.split(`<${tag}>`).slice(1);
  return pieces.map((piece) => (piece.split(`</${tag}>`, 1)[0] ?? '').trim());
}
