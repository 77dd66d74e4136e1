'use strict';
// What all threads of this process have counted, as the addon's meters have it. Knows no names of
// metrics, and counts nothing itself.

const { readMeters, pauseBoundsSeconds } = require('../addon.js');

/** Collections as OpenTelemetry's conventions tell them apart; the addon's order. */
const GC_KINDS = ['minor', 'major', 'incremental', 'weakcb'];

/** Where memory grows; the addon's order. */
const LEAK_KINDS = ['heap', 'external', 'native', 'threads'];

module.exports = { GC_KINDS, LEAK_KINDS, pauseBounds: pauseBoundsSeconds(), read: readMeters };
