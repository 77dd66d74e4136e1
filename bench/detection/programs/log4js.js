'use strict';
// log4js 0.6 keeps every logger it has made by name. The healthy program has one name for all requests.

function setUp({ load, variant }) {
  const log4js = load('log4js');
  log4js.setGlobalLogLevel('OFF');
  return {
    operate: (i) => void log4js.getLogger(variant === 'healthy' ? 'request' : `request-${i}`).info('served'),
  };
}

module.exports = { setUp };
