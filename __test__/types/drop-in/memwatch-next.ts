// A program as it is written against @types/memwatch-next. Compiled twice, against those
// declarations and against ours, without a change. Only compiled, never run.

import * as memwatch from 'memwatch-next';
import { EventCallback, HeapDiff, LeakInformation, on, StatsInformation } from 'memwatch-next';

declare const log: { info(text: string, data?: object): void };

// Listeners as people write them.
memwatch.on('leak', (info) => log.info(JSON.stringify(info)));
memwatch.on('leak', (info) => {
  const leak = info as LeakInformation;
  log.info(`${leak.reason}: ${leak.growth} bytes, ${leak.start.toISOString()} to ${leak.end.toISOString()}`);
});
memwatch.on('stats', (info) => log.info('stats', <StatsInformation>info));
memwatch.on('stats', (info: any) => log.info(`base ${info.current_base}`));
memwatch.on('stats', function (info: Object) {
  log.info(info.toString());
});
memwatch.on('leak', () => process.exit(1));
on('leak', console.error);

// Listeners with a name and a type.
const listener: EventCallback = (data) => log.info('event', data);
memwatch.on('leak', listener);
memwatch.on('stats', listener);
function either(data: memwatch.LeakInformation | memwatch.StatsInformation | Object): void {
  if ('growth' in data) log.info((data as memwatch.LeakInformation).reason);
  else log.info(String((data as memwatch.StatsInformation).usage_trend));
}
for (const event of ['leak', 'stats']) memwatch.on(event, either);
const subscribe: (eventName: string, callback: EventCallback) => void = memwatch.on;

// Heap diffs, whose end() returned nothing.
let diff: memwatch.HeapDiff | undefined;
memwatch.on('stats', () => {
  if (diff) {
    const result: any = diff.end();
    log.info('diff', result);
    const typed = diff.end() as unknown as { change: { size_bytes: number } };
    log.info(`${typed.change.size_bytes}`);
  }
  diff = new HeapDiff();
  const end: () => void = diff.end;
  end.call(diff);
});
class Tagged extends HeapDiff {
  constructor(readonly tag: string) {
    super();
  }
}
const tagged: HeapDiff = new Tagged('request');

// Objects of the declared shapes, as tests of listeners make them.
const leak: LeakInformation = { end: new Date(), growth: 1, reason: 'test', start: new Date() };
const stats: StatsInformation = {
  current_base: 1,
  estimated_base: 1,
  heap_compactions: 1,
  max: 1,
  min: 1,
  num_full_gc: 1,
  num_inc_gc: 1,
  usage_trend: 0,
};
class Recorded implements StatsInformation {
  current_base = 0;
  estimated_base = 0;
  heap_compactions = 0;
  max = 0;
  min = 0;
  num_full_gc = 0;
  num_inc_gc = 0;
  usage_trend = 0;
}
interface Reported extends LeakInformation {
  host: string;
}
const reported: Reported = { ...leak, host: 'a' };
listener(stats);
listener(leak);

// The module as a value with a type.
type Watcher = typeof memwatch;
const watcher: Watcher = memwatch;
declare module 'memwatch-next' {
  interface LeakInformation {
    ticket?: number;
  }
}
const ticket: number | undefined = leak.ticket;
