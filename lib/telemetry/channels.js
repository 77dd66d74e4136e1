'use strict';
// node:diagnostics_channel: memwatch:gc, memwatch:stats and memwatch:leak. Nothing is built
// or copied without a subscriber.

const { channel } = require('node:diagnostics_channel');
const { after } = require('../lifetime.js');

// Held here: Node keeps channels by weak references.
const channels = {
  gc: channel('memwatch:gc'),
  stats: channel('memwatch:stats'),
  leak: channel('memwatch:leak'),
};

/** @param {import('../stream.js').Subscribe} subscribe */
function channelsOf(subscribe) {
  /** Ends the subscription to GC cycles; null without one. @type {(() => void) | null} */
  let unfollow = null;

  function publishCollection(_, collection) {
    if (channels.gc.hasSubscribers) return channels.gc.publish(collection);
    unfollow?.();
    unfollow = null;
  }

  function followWhenWanted() {
    if (channels.gc.hasSubscribers) unfollow ??= subscribe(['gc'], publishCollection);
  }

  // A channel does not report new subscribers, and checking it after each scavenge would
  // cost those who do not. So the ways to subscribe are watched; one that a later Node adds is
  // noticed within seconds.
  after(channels.gc, ['subscribe', 'bindStore'], followWhenWanted);

  // Who subscribed before memwatch was loaded.
  followWhenWanted();

  const channelOf = (name) => (Object.hasOwn(channels, name) ? channels[name] : undefined);

  /** Whether anybody has subscribed to this event of memwatch's. */
  function wants(name) {
    return channelOf(name)?.hasSubscribers === true;
  }

  /** An event of memwatch's, for those who subscribed. */
  function publish(name, payload) {
    if (wants(name)) channelOf(name).publish(payload);
  }

  return { followWhenWanted, publish, wants };
}

module.exports = { channelsOf };
