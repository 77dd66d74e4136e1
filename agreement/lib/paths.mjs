// Where the harness keeps what it fetches and makes: everything under the
// repository's ignored `.cache`. Nothing made here is ever committed.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const AGREEMENT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const REPOSITORY = path.dirname(AGREEMENT);
export const CACHE = path.join(REPOSITORY, '.cache', 'agreement');
export const NODES = path.join(REPOSITORY, '.cache', 'nodes');
