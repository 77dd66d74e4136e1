// Every declaration of memwatch, used as its users do and compared with the exact type it
// should have. Only compiled, never run.

import memwatch = require('memwatch');
import { EventEmitter } from 'node:events';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<T extends true>(): T | void {}

// The module is an EventEmitter and can be passed on as one.
const emitter: EventEmitter = memwatch;
const nodes: NodeJS.EventEmitter = memwatch;
const named: memwatch.MemWatch = memwatch;
memwatch.setMaxListeners(20).removeAllListeners().removeAllListeners('leak');
const counts: number[] = [memwatch.listenerCount('stats'), memwatch.getMaxListeners()];
const all: Function[] = memwatch.listeners('leak');

// Listeners get the type of their event, in each method that takes a listener.
memwatch
  .on('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .once('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .addListener('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .prependListener('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .prependOnceListener('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .off('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .removeListener('stats', (stats) => holds<Same<typeof stats, memwatch.Stats>>())
  .on('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>())
  .on('leak-confirmed', (leak) => holds<Same<typeof leak, memwatch.ConfirmedLeak>>())
  .once('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>())
  .addListener('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>())
  .prependListener('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>())
  .prependOnceListener('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>())
  .off('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>())
  .removeListener('leak', (leak) => holds<Same<typeof leak, memwatch.LeakEvent>>());

// Other events, and names that are only known at run time, are those of any EventEmitter.
declare const name: string;
memwatch.on('newListener', (event, listener) => holds<Same<typeof event, any>>());
memwatch.once(name, (...args) => holds<Same<typeof args, any[]>>());
memwatch.emit(Symbol('mine'), 1, 2);

// Events can be emitted by hand and awaited.
const leak: memwatch.LeakInformation = { start: new Date(0), end: new Date(1), growth: 1, reason: 'because' };
const heard: boolean = memwatch.emit('leak', leak);
async function next(): Promise<memwatch.Stats> {
  const [stats] = (await EventEmitter.once(memwatch, 'stats')) as [memwatch.Stats];
  return stats;
}

// The numbers of a stats event.
memwatch.on('stats', (stats) => {
  const original: memwatch.StatsInformation = stats;
  const later: memwatch.GcStats = stats;
  const { num_full_gc, current_base, gc_time, pause_ms, external_memory, array_buffers, rss } = stats;
  const numbers: number[] = [num_full_gc, current_base, gc_time, pause_ms, external_memory, array_buffers, rss];
  return [original, later, numbers];
});

// A listener may ask for less than it gets.
memwatch.on('stats', ({ usage_trend }: { usage_trend: number }) => usage_trend.toFixed(1));
memwatch.on('stats', () => {});
memwatch.on('leak', ({ reason }: Pick<memwatch.LeakInformation, 'reason'>) => reason.split(' '));

// gc and the settings.
holds<Same<ReturnType<typeof memwatch.gc>, void>>();
for (const setting of ['consecutive_growth_limit', 'recent_period', 'ancient_period', 'extremes_period'] as const) {
  const value: number = memwatch[`get_${setting}`]();
  memwatch[`set_${setting}`](value + 1);
}

// HeapDiff: made with new, three methods, one report.
const diff: memwatch.HeapDiff = new memwatch.HeapDiff();
const { HeapDiff } = memwatch;
const isOne: boolean = diff instanceof HeapDiff;
holds<Same<InstanceType<typeof HeapDiff>, memwatch.HeapDiff>>();
holds<Same<ReturnType<typeof diff.update>, void>>();
holds<Same<ReturnType<typeof diff.compare>, memwatch.HeapDiffReport>>();
const grown: Promise<memwatch.LiveComparison> = new HeapDiff({ engine: 'reader' }).end({ top: 5 });
const generated: memwatch.HeapDiffReport = new HeapDiff({ engine: 'v8' }).end();
const report: memwatch.HeapDiffReport = diff.end();
const seconds: number = (report.after.time.getTime() - report.before.time.getTime()) / 1000;
const text: string = report.before.size + report.after.size + report.change.size;
const bytes: number = report.before.size_bytes + report.after.nodes + report.change.freed_nodes;
for (const { what, size_bytes, size, '+': allocated, '-': freed } of report.change.details) {
  const row: [string, number, string, number] = [what, size_bytes, size, allocated - freed];
}

// It can be extended and replaced.
class Timed extends memwatch.HeapDiff {
  readonly since: number = Date.now();
  override end() {
    return { ...super.end(), seconds: (Date.now() - this.since) / 1000 };
  }
}
const timed: { seconds: number; change: memwatch.HeapChange } = new Timed().end();
memwatch.HeapDiff = Timed;
memwatch.gc = () => {};

// The page.
async function look(): Promise<string> {
  const { url, close } = await memwatch.dashboard({ port: 0, host: '127.0.0.1', token: 'sixteen-or-more-' });
  holds<Same<ReturnType<typeof close>, Promise<void>>>();
  await memwatch.dashboard();
  return url;
}

// Errors have one of the codes.
function isEnded(error: Error & { code?: memwatch.ErrorCode }): boolean {
  switch (error.code) {
    case 'ERR_MEMWATCH_DIFF_ENDED':
      return true;
    default:
      return false;
  }
}
