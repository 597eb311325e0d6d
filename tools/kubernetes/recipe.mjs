/**
 * How a Kubernetes control plane is made from Debian 12's own source package `kubernetes`, the last
 * package that still holds the server. Only what decides the binaries' content stands in this file: its
 * hash is a part of the cache key, so editing it builds anew.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp, rename } from 'node:fs/promises';
import { join } from 'node:path';

export const RECIPE_HASH = createHash('sha256')
  .update(readFileSync(import.meta.filename))
  .digest('hex')
  .slice(0, 12);

const MIRROR = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Go, etcd and the C libraries that Debian's rsync and jq load; unpacked, never installed. */
const PACKAGES = [
  'golang-1.19-go',
  'golang-1.19-src',
  'golang-github-modern-go-reflect2-dev',
  'etcd-server',
  'make',
  'patch',
  'xz-utils',
  'rsync',
  'libpopt0',
  'libxxhash0',
  'jq',
  'libjq1',
  'libonig5',
];

const TARGETS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

/** What ends up in the cache's `bin` folder. */
export const BINARIES = [...TARGETS, 'etcd'];

/**
 * The steps in order. Each runs once per work folder, so an interrupted build goes on where it stopped.
 * @type {{name: string, says: string, run: (build: Build) => Promise<void>}[]}
 * @typedef {{work: string, run: (command: string, args: string[], options?: object) => Promise<string>}} Build
 */
export const STEPS = [
  { name: 'lists', says: 'reading the package lists of Debian 12', run: readLists },
  {
    name: 'packages',
    says: 'fetching Go 1.19, etcd and tools (unpacked, not installed)',
    run: fetchPackages,
  },
  { name: 'source', says: 'fetching and unpacking the source of kubernetes', run: fetchSource },
  { name: 'reflect2', says: 'replacing the vendored reflect2', run: replaceReflect2 },
  { name: 'make', says: `compiling ${TARGETS.join(', ')} (5 to 10 minutes)`, run: compile },
  { name: 'bin', says: 'collecting the binaries', run: collect },
];

async function readLists({ work, run }) {
  for (const folder of ['apt/lists/partial', 'apt/cache/archives/partial', 'apt/sources']) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  const stanza = `URIs: ${MIRROR}\nSuites: bookworm\nComponents: main\nSigned-By: ${KEYRING}\n`;
  writeFileSync(join(work, 'apt/sources/debian.sources'), `Types: deb deb-src\n${stanza}`);
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': join(work, 'apt/sources'),
    'Dir::State::Lists': join(work, 'apt/lists'),
    'Dir::Cache': join(work, 'apt/cache'),
    // The private folders may be out of reach of apt's own user.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  writeFileSync(
    aptConfig(work),
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  );
  await run('apt-get', ['-qq', 'update'], { env: { APT_CONFIG: aptConfig(work) } });
}

async function fetchPackages({ work, run }) {
  const downloads = join(work, 'debs');
  mkdirSync(downloads, { recursive: true });
  await run('apt-get', ['-qq', 'download', ...PACKAGES], {
    cwd: downloads,
    env: { APT_CONFIG: aptConfig(work) },
  });
  for (const file of readdirSync(downloads).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg', ['-x', join(downloads, file), join(work, 'root')]);
  }
  rmSync(downloads, { recursive: true });
}

async function fetchSource({ work, run }) {
  const downloads = join(work, 'source');
  mkdirSync(downloads, { recursive: true });
  await run('apt-get', ['-qq', '--download-only', 'source', 'kubernetes'], {
    cwd: downloads,
    env: { APT_CONFIG: aptConfig(work) },
  });
  const files = readdirSync(downloads);
  const named = (suffix) => join(downloads, files.find((name) => name.endsWith(suffix)) ?? suffix);
  rmSync(tree(work), { recursive: true, force: true });
  mkdirSync(tree(work), { recursive: true });
  // apt has checked both archives against the signed lists; with quilt sources, unpacking is tar and patch.
  await run('tar', ['-xzf', named('.orig.tar.gz'), '--strip-components=1', '-C', tree(work)]);
  await run('tar', ['-xJf', named('.debian.tar.xz'), '-C', tree(work)], { env: tools(work) });
  const series = readFileSync(join(tree(work), 'debian/patches/series'), 'utf8');
  for (const patch of series.split('\n').filter((line) => line.trim() && !line.startsWith('#'))) {
    await run('patch', ['-p1', '-s', '-i', join('debian/patches', patch.trim())], {
      cwd: tree(work),
      env: tools(work),
    });
  }
  writeFileSync(join(work, 'version'), packageVersion(files));
  rmSync(downloads, { recursive: true });
}

/** reflect2 1.0.1 compiles with Go 1.19 and then panics on every write; Debian packages 1.0.2. */
async function replaceReflect2({ work }) {
  const packaged = join(work, 'root/usr/share/gocode/src/github.com/modern-go/reflect2');
  const vendored = join(tree(work), 'vendor/github.com/modern-go/reflect2');
  const code = (name) => name.endsWith('.go') || name.endsWith('.s');
  for (const name of readdirSync(vendored).filter(code)) rmSync(join(vendored, name));
  for (const name of readdirSync(packaged).filter((file) => code(file) && !file.endsWith('_test.go'))) {
    await cp(join(packaged, name), join(vendored, name), { dereference: true });
  }
}

async function compile({ work, run }) {
  const source = tree(work);
  mkdirSync(join(source, '.go/src/k8s.io'), { recursive: true });
  const link = join(source, '.go/src/k8s.io/kubernetes');
  if (!existsSync(link)) symlinkSync('../../..', link);
  mkdirSync(join(work, 'home'), { recursive: true });
  await run('make', [`WHAT=${TARGETS.map((name) => `cmd/${name}`).join(' ')}`], {
    cwd: source,
    env: {
      ...tools(work),
      HOME: join(work, 'home'),
      GOROOT: join(work, 'root/usr/lib/go-1.19'),
      GOPATH: join(source, '.go'),
      GOCACHE: join(work, 'go-cache'),
      GOFLAGS: '',
      CGO_ENABLED: '0',
    },
  });
}

async function collect({ work }) {
  const bin = join(work, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of TARGETS) await rename(join(tree(work), '_output/bin', name), join(bin, name));
  await rename(join(work, 'root/usr/bin/etcd'), join(bin, 'etcd'));
}

/** The Debian version, from a `.dsc` name such as `kubernetes_1.20.5+really1.20.2-1.1.dsc`. */
function packageVersion(files) {
  const description = files.find((name) => name.endsWith('.dsc')) ?? 'kubernetes_unknown.dsc';
  return description.slice('kubernetes_'.length, -'.dsc'.length);
}

function tree(work) {
  return join(work, 'tree');
}

function aptConfig(work) {
  return join(work, 'apt/apt.conf');
}

/** The unpacked tools come after the machine's own, so that they only fill gaps; Go comes first. */
function tools(work) {
  const root = join(work, 'root');
  const libraries = join(root, 'usr/lib');
  const multiarch = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu')) ?? '.';
  return {
    PATH: [join(libraries, 'go-1.19/bin'), process.env.PATH, join(root, 'usr/bin')].join(':'),
    LD_LIBRARY_PATH: join(libraries, multiarch),
  };
}
