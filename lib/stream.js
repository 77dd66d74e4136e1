'use strict';
// The one stream of what happens in this environment: facts of the addon in the order in which they
// happened, and those that parts in JavaScript publish. Consumers subscribe; each gets each fact
// once, in the order of the subscriptions. The addon decides what a fact means, and the consumers
// what to do about it.

const { isMainThread } = require('node:worker_threads');
const { weakly } = require('./lifetime.js');
const { setImmediate } = require('./own-time.js');
const { startTicks } = require('./ticks.js');

/** The events on leaks. */
const LEAK_EVENTS = /** @type {const} */ ([
  'leak',
  'leak-confirmed',
  'leak-suspected',
  'leak-paused',
  'leak-resumed',
  'leak-cleared',
]);

/**
 * A fact by its name:
 *
 * - `stats`, those of LEAK_EVENTS, and `snapshot`: with what is emitted.
 * - `gc`: each collection, as V8 ran it: `kind`, `pauseMs`, `endedAt`. Kept only while it is subscribed to.
 * - `full-gc`: a full collection has ended; `early-sign`: the heap grows fast and is still small.
 * - `native-memory`: the rows of the resident set were read, with the report.
 * - `tick`: every second or two.
 *
 * @callback Consume
 * @param {string} name
 * @param {any} payload
 * @returns {void}
 */

/**
 * @typedef {object} Consumer
 * @property {ReadonlySet<string>} names
 * @property {Consume} consume
 * @property {() => boolean} isListening
 */

/** Ends the subscription where it is called. @typedef {(names: Iterable<string>, consume: Consume, isListening?: () => boolean) => () => void} Subscribe */

/**
 * The stream of one loading of memwatch in this thread.
 * @typedef {ReturnType<typeof streamOf>} Stream
 * @param {Pick<import('./types.js').Addon, 'Environment'>} addon
 */
function streamOf({ Environment }) {
  /** @type {Consumer[]} */
  let consumers = [];

  /** Adds to the addon's facts what only JavaScript knows. @type {Map<string, Consume>} */
  const completions = new Map();

  const environment = new Environment(weakly(deliver), isMainThread);

  /** What was taken from the addon and not published yet. @type {[name: string, payload: any][]} */
  let left = [];

  /**
   * Takes and publishes what has happened: the addon calls it on the event loop. An event comes last, and the rest in the
   * next turn. Where something throws on the way, the facts behind it come in the next turn too.
   */
  function deliver() {
    try {
      if (left.length === 0) left = environment.take(isWanted('stats'));
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [name, payload] = next;
        try {
          completions.get(name)?.(name, payload);
        } finally {
          publish(name, payload);
        }
      }
    } finally {
      if (left.length > 0 || environment.moreWait()) setImmediate(deliver);
    }
  }

  /**
   * Gives a fact to all who have subscribed to it. What a consumer throws (a listener of the program's, as a rule) is thrown
   * on when the others have got the fact. It is not caught on the way: tools are to see where it was thrown.
   * @param {string} name
   * @param {any} [payload]
   */
  function publish(name, payload) {
    give(
      consumers.filter(({ names }) => names.has(name)),
      0,
      name,
      payload,
    );
  }

  /** @param {Consumer[]} to @param {number} first @param {string} name @param {any} payload */
  function give(to, first, name, payload) {
    if (first >= to.length) return;
    try {
      to[first].consume(name, payload);
    } finally {
      give(to, first + 1, name, payload);
    }
  }

  /** Whether a consumer wants a fact at the moment. @param {string} name */
  function isWanted(name) {
    return consumers.some(({ names, isListening }) => names.has(name) && isListening());
  }

  /**
   * Calls `consume` for each of these facts from now on.
   * @param {Iterable<string>} names
   * @param {Consume} consume
   * @param {() => boolean} [isListening]  whether `stats` are to be made for it; asked after each full collection
   * @returns {() => void} ends it
   */
  function subscribe(names, consume, isListening = () => true) {
    const consumer = { names: new Set(names), consume, isListening };
    consumers = [...consumers, consumer];
    followCollections();
    return () => {
      consumers = consumers.filter((other) => other !== consumer);
      followCollections();
    };
  }

  let isFollowing = false;

  /** Single collections cost something, so they are kept only for those who have subscribed to them. */
  function followCollections() {
    const isNeeded = consumers.some(({ names }) => names.has('gc'));
    if (isNeeded !== isFollowing) environment.follow(isNeeded);
    isFollowing = isNeeded;
  }

  /** Adds to these facts of the addon before anybody gets them. @param {Iterable<string>} names @param {Consume} add */
  function complete(names, add) {
    for (const name of names) completions.set(name, add);
  }

  // Memory outside of the heap grows without collections.
  const tickSoon = startTicks(() => {
    publish('tick');
    return environment.tick();
  });
  subscribe(['tick-soon'], tickSoon);

  return { complete, environment, publish, subscribe };
}

module.exports = { LEAK_EVENTS, streamOf };
