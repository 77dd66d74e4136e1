'use strict';
// Has the application listen, on loopback alone. PORT is where: see app.js.

const DEFAULT_PORT = 3000;
const HOST = '127.0.0.1';

function serve(app) {
  const server = app.listen(Number(process.env.PORT ?? DEFAULT_PORT), HOST, () => {
    console.log(`subscription app on http://${HOST}:${server.address().port}/`);
  });
  server.on('error', (error) => {
    console.error(`subscription app: ${error.message}`);
    process.exitCode = 1;
  });
}

module.exports = { serve };
