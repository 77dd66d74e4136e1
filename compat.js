'use strict';
// `memwatch/compat`: the settings that memwatch-ng added to memwatch, by name. They are methods of the
// module as well, because that is where memwatch-ng has them. What they set is in docs/events.md.

const memwatch = require('./index.js');

module.exports.get_consecutive_growth_limit = memwatch.get_consecutive_growth_limit;
module.exports.set_consecutive_growth_limit = memwatch.set_consecutive_growth_limit;
module.exports.get_recent_period = memwatch.get_recent_period;
module.exports.set_recent_period = memwatch.set_recent_period;
module.exports.get_ancient_period = memwatch.get_ancient_period;
module.exports.set_ancient_period = memwatch.set_ancient_period;
module.exports.get_extremes_period = memwatch.get_extremes_period;
module.exports.set_extremes_period = memwatch.set_extremes_period;
