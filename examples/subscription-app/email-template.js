'use strict';
// What a subscription refreshes: an e-mail of some weight, innocent by itself. Nothing here
// leaks; it only makes each leaked object large and easy to recognise.

// Bytes of the e-mail's text, all ASCII, so one byte each in V8's heap too.
const TEXT_BYTES = 200_001;

// Parts of an e-mail: a random number from 0 up to this.
const MAX_NODES = 1000;

// The text as it would lie in a file; outside of V8's heap.
const text = Buffer.alloc(TEXT_BYTES, '*');

class EmailTemplateNode {
  constructor(index) {
    this.index = index;
    this.index_desc = index.toString();
  }
}

class EmailTemplate {
  constructor() {
    // Decoded anew, as if read from the file: each template has a string of its own.
    this.data = text.toString('utf8');
    const count = Math.floor(Math.random() * (MAX_NODES + 1));
    this.nodes = Array.from({ length: count }, (_, index) => new EmailTemplateNode(index));
  }
}

module.exports = { EmailTemplate, EmailTemplateNode };
