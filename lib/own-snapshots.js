'use strict';
// Snapshots of this program: live-snapshot.js with the addon that was loaded. Nothing else is here.

const addon = require('./addon.js');
const { liveSnapshots } = require('./live-snapshot.js');

module.exports = liveSnapshots(addon);
