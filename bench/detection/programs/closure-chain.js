'use strict';
// `refreshSubscription` makes two closures in one call, and V8 gives both one context. `probe` reads `original`, so the
// context holds it; `send` is kept, so the context is kept, and with it the subscription before, whose `send` keeps the
// context before that. The healthy program has no `probe`.

const TEMPLATE_LENGTH = 200_001;

class EmailTemplateNode {
  constructor(index) {
    this.index = index;
    this.index_desc = index.toString();
  }
}

class EmailTemplate {
  constructor(count) {
    this.data = Buffer.alloc(TEMPLATE_LENGTH, '*').toString('latin1');
    this.nodes = Array.from({ length: count }, (_, index) => new EmailTemplateNode(index));
  }
}

function setUp({ variant }) {
  let subscriptionTemplate = null;
  let subscriptions = 0;
  // As many nodes as by chance, and the same in each run: 0 to 1000.
  const nodes = () => (subscriptions++ * 379) % 1001;
  const refreshSubscription = function () {
    const original = subscriptionTemplate;
    const probe = function () {
      if (original) return 'Replacing original subscription.';
    };
    subscriptionTemplate = {
      template: new EmailTemplate(nodes()),
      send: function () {
        return 'sent';
      },
    };
    probe();
  };
  const replaceSubscription = function () {
    subscriptionTemplate = {
      template: new EmailTemplate(nodes()),
      send: function () {
        return 'sent';
      },
    };
  };
  return { operate: variant === 'healthy' ? replaceSubscription : refreshSubscription };
}

module.exports = { setUp };
