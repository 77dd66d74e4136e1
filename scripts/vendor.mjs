// Puts the libraries that the dashboard draws with into the package, from the versions that
// package.json pins, with their licences. A test holds the copies against them.
//   node scripts/vendor.mjs [--check]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const vendor = path.join(root, 'lib', 'dashboard', 'assets', 'vendor');

const FILES = {
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
  'd3-hierarchy.js': 'd3-hierarchy/dist/d3-hierarchy.min.js',
};

/** The licences of all of them in one file. */
function licences() {
  const packages = [...new Set(Object.values(FILES).map((file) => file.split('/')[0]))];
  const texts = packages.map((name) => {
    const { version } = JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${fs.readFileSync(path.join(modules, name, 'LICENSE'), 'utf8').trim()}\n`;
  });
  return texts.join('\n----\n\n');
}

const wanted = {
  ...Object.fromEntries(
    Object.entries(FILES).map(([name, from]) => [name, fs.readFileSync(path.join(modules, from), 'utf8')]),
  ),
  'LICENSES.txt': licences(),
};

const isCheck = process.argv.includes('--check');
fs.mkdirSync(vendor, { recursive: true });
for (const [name, text] of Object.entries(wanted)) {
  const file = path.join(vendor, name);
  if (!isCheck) fs.writeFileSync(file, text);
  else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) {
    console.error(`${path.relative(root, file)} is not that of node_modules: node scripts/vendor.mjs`);
    process.exitCode = 1;
  }
}
