// Fetches one package of the npm registry through npm itself and unpacks it. Nothing of it is run or installed.
import { execFileSync } from 'node:child_process';

// npm is a script on Windows, which only a shell can start.
const shell = process.platform === 'win32';

/**
 * Unpacks it into `directory`, whole or only the named files, under `package/`.
 * @param {string} specifier name@version @param {string} directory @param {string[]} files inside of the package
 */
export function unpackPackage(specifier, directory, files = []) {
  const printed = execFileSync('npm', ['pack', '--json', '--silent', specifier], {
    cwd: directory,
    encoding: 'utf8',
    shell,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Its list of the files in a package may be long.
    maxBuffer: 256 * 1024 * 1024,
  });
  const packed = JSON.parse(printed);
  // npm before 12 prints a list, later ones an object by name.
  const { filename } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  execFileSync('tar', ['-xzf', filename, ...files.map((file) => `package/${file}`)], { cwd: directory });
}
