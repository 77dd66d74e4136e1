// Fetches one wheel of PyPI through pip itself and unpacks it. Nothing of it is run or installed.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const PIP = ['-m', 'pip', 'download', '--quiet', '--pre', '--no-deps', '--only-binary=:all:'];

/**
 * Unpacks it into `directory`, which is empty.
 * @param {string} specifier name==version @param {string} tag of the platform @param {string} directory
 */
export function unpackWheel(specifier, tag, directory) {
  execFileSync('python3', [...PIP, `--platform=${tag}`, '--dest', directory, specifier], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const file = fs.readdirSync(directory).find((entry) => entry.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip fetched no wheel of ${specifier} for ${tag}`);
  execFileSync('python3', ['-m', 'zipfile', '-e', file, directory], { cwd: directory });
  fs.rmSync(`${directory}/${file}`);
}
