// The second thread of Chrome DevTools' heap snapshot worker: retainers, dominators and
// retained sizes, while the first computes the rest.
import { workerData } from 'node:worker_threads';
import { HeapSnapshot } from '../../../agreement/lib/devtools-tables.mjs';

new HeapSnapshot.SecondaryInitManager(workerData);
