// Packages of Debian 13, fetched by apt and unpacked into one directory of the cache: the C library and the emulator of
// other platforms. Nothing is installed, and the system's own package lists stay as they are.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../node-versions.mjs';

/** Its musl can load the Nodes of PyPI (1.2.3 of Debian 12 cannot), and its qemu starts Node 18 (7.2 cannot). */
export const SUITE = 'trixie';

export const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DIRECTORY = path.join(root, '.cache', 'debian');

/** The archive that this machine has its own packages from; another distribution's machine has none. */
export function archive() {
  const targets = ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Identifier: Packages'];
  const { stdout, error } = spawnSync('apt-get', targets, { encoding: 'utf8' });
  if (error) throw new Error(`packages of Debian are fetched by apt-get, which is not here: ${error.message}`);
  const uri = process.env.MEMWATCH_DEBIAN_ARCHIVE ?? /^Debian (\S+\/debian\/?)$/m.exec(stdout)?.[1];
  if (uri !== undefined) return uri;
  throw new Error('this machine has no source of Debian packages: name an archive in MEMWATCH_DEBIAN_ARCHIVE');
}

/** Directories of apt's own that are not the system's. @param {string[]} architectures beside this machine's */
function aptOptions(architectures) {
  const apt = path.join(DIRECTORY, 'apt');
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'debs']) {
    fs.mkdirSync(path.join(apt, part), { recursive: true });
  }
  const sources = path.join(apt, 'sources.list');
  fs.writeFileSync(sources, `deb [signed-by=${KEYS}] ${archive()} ${SUITE} main\n`);
  const options = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State': path.join(apt, 'state'),
    'Dir::Cache': path.join(apt, 'cache'),
    'Acquire::Languages': 'none',
    // It may not write here as the user that it downloads as.
    'APT::Sandbox::User': 'root',
  };
  const lists = architectures.map((name) => ['APT::Architectures::', name]);
  return [...Object.entries(options), ...lists].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Where a package lies, unpacked. @param {string} name */
export const unpacked = (name) => path.join(DIRECTORY, name.replace(':', '-'));

/** Its version; undefined before it is fetched. @param {string} name */
export function versionOf(name) {
  const file = path.join(unpacked(name), 'version.txt');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

/** Fetches those that are not there. @param {string[]} names  with `:arm64` behind it, of that architecture */
export function fetchPackages(names) {
  const missing = names.filter((name) => versionOf(name) === undefined);
  if (missing.length === 0) return;
  console.log(`fetching ${missing.join(', ')} of Debian 13`);
  // The lists of another architecture are fetched where a package of it is asked for.
  const others = new Set(missing.flatMap((name) => name.split(':').slice(1)));
  const options = aptOptions([...others]);
  execFileSync('apt-get', [...options, '-qq', 'update'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const debs = path.join(DIRECTORY, 'apt', 'debs');
  for (const name of missing) {
    fs.rmSync(debs, { recursive: true, force: true });
    fs.mkdirSync(debs);
    execFileSync('apt-get', [...options, '-qq', 'download', name], {
      cwd: debs,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [deb] = fs.readdirSync(debs).map((file) => path.join(debs, file));
    const version = execFileSync('dpkg-deb', ['--field', deb, 'Version'], { encoding: 'utf8' }).trim();
    fs.rmSync(unpacked(name), { recursive: true, force: true });
    execFileSync('dpkg-deb', ['--extract', deb, unpacked(name)]);
    // Last: a package without it was not unpacked whole.
    fs.writeFileSync(path.join(unpacked(name), 'version.txt'), version);
  }
}
