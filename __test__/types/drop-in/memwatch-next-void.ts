// The one thing that compiles against @types/memwatch-next and not against ours: those
// declarations said that `on` and `end` return nothing, and code that insists on it does not
// compile where they return what they really return. Only compiled, never run.

import * as memwatch from 'memwatch-next';

const start = (): void => memwatch.on('leak', () => {}); // TS2322
const nothing: void = new memwatch.HeapDiff().end(); // TS2322
