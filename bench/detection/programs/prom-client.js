'use strict';
// A histogram with a label for each user has a time series, with all its buckets, for each user. The healthy program
// has a label for each of ten routes.

function setUp({ load, variant }) {
  const { Histogram } = load('prom-client');
  const histogram = new Histogram({ name: 'request_seconds', help: 'Seconds.', labelNames: ['by'] });
  return {
    operate: (i) => histogram.observe({ by: variant === 'healthy' ? `route-${i % 10}` : `user-${i}` }, 0.1),
  };
}

module.exports = { setUp };
