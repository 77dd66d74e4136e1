'use strict';
// A subscription: an e-mail that is made anew at every interval. Here is the leak that the
// whole example is about, and beside it the same code without it.
//
// A second thing is wrong on purpose in both: nobody ever stops the timer of a subscription.
// That costs one e-mail per subscriber, once. The leak costs one per interval, for ever.

const { debuglog } = require('node:util');
const { EmailTemplate } = require('./email-template.js');

// Silent unless NODE_DEBUG=subscription.
const log = debuglog('subscription');

/**
 * Why this leaks. Each function that V8 creates holds a reference to a Context: the variables
 * of the function around it that any inner function uses. There is one Context for each call
 * of `refreshSubscription`, shared by all functions created in that call, whichever of them
 * needs it.
 *
 *   - `logReplacement` uses `original`, so `original` lives in the Context of the call.
 *     `logReplacement` itself is dropped at once, and would be harmless alone.
 *   - `send` uses nothing, but it was created in the same call, so it holds the same Context.
 *   - `send` is kept, as a member of the new subscription.
 *
 * So the new subscription keeps `send`, which keeps the Context, which keeps `original`: the
 * previous subscription, whose own `send` keeps the one before, and so on to the first:
 *
 *   timer -> refreshSubscription -> Context.subscriptionTemplate -> send
 *         -> Context.original -> send -> Context.original -> send -> ...
 *
 * The chain gets one link longer at each refresh, and each link holds a whole EmailTemplate.
 * No line of the code looks at an old subscription again, and none lets it go.
 */
function subscribe(refreshMs) {
  let subscriptionTemplate = null;

  function refreshSubscription() {
    const original = subscriptionTemplate;

    const logReplacement = () => {
      if (original) log('Replacing original subscription.');
    };

    subscriptionTemplate = {
      template: new EmailTemplate(),
      send: () => log('Sending the e-mail.'),
    };

    logReplacement();
  }

  setInterval(refreshSubscription, refreshMs);
}

/**
 * The same without the closure that reads `original`. Now no inner function uses a variable
 * of the call, the call needs no Context of its own, and the previous subscription is garbage
 * as soon as it is replaced.
 */
function subscribeWithoutLeak(refreshMs) {
  let subscriptionTemplate = null;

  function refreshSubscription() {
    if (subscriptionTemplate) log('Replacing original subscription.');

    subscriptionTemplate = {
      template: new EmailTemplate(),
      send: () => log('Sending the e-mail.'),
    };
  }

  setInterval(refreshSubscription, refreshMs);
}

module.exports = { subscribe, subscribeWithoutLeak };
