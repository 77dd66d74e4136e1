'use strict';
// Says which error loading ends with, and goes on.
try {
  require('memwatch');
  console.log(JSON.stringify(null));
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }));
}
