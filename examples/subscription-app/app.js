'use strict';
// The application: users and their subscriptions on express. It knows nothing of memwatch;
// watched-app.js adds that from outside. The leak is in subscription.js.
//
//   node examples/subscription-app/app.js
//
//   PORT         where it listens on loopback, 3000 by default; 0 takes a free port
//   REFRESH_MS   time between two refreshes of a subscription, 1000 by default
//   FIXED=1      subscriptions without the leak

const express = require('express');
const { subscribe, subscribeWithoutLeak } = require('./subscription.js');

const DEFAULT_REFRESH_MS = 1000;

const refreshMs = Number(process.env.REFRESH_MS ?? DEFAULT_REFRESH_MS);
if (!(refreshMs >= 1)) throw new Error(`REFRESH_MS is a number of milliseconds, not "${process.env.REFRESH_MS}".`);

const startSubscription = process.env.FIXED === '1' ? subscribeWithoutLeak : subscribe;

/** Users by name, and how many subscriptions each has. */
const users = new Map();

const app = express();
app.disable('x-powered-by');
app.use(express.urlencoded({ extended: false }));

app.get('/', (request, response) => {
  response.json({ users: users.size });
});

app.post('/users/new', (request, response) => {
  const { name } = request.body;
  if (!name) return response.status(400).json({ error: 'A user needs a name.' });
  users.set(name, { name, subscriptions: 0 });
  response.status(201).json(users.get(name));
});

app.get(
  '/users/:name',
  withUser(
    (request) => request.params.name,
    (user, response) => {
      response.json(user);
    },
  ),
);

app.post(
  '/users/subscribe',
  withUser(
    (request) => request.body.name,
    (user, response) => {
      user.subscriptions += 1;
      startSubscription(refreshMs);
      response.json(user);
    },
  ),
);

/** A handler for requests that name a user. */
function withUser(nameOf, handle) {
  return (request, response) => {
    const user = users.get(nameOf(request));
    if (user === undefined) return response.status(404).json({ error: 'There is no such user.' });
    handle(user, response);
  };
}

module.exports = app;

if (require.main === module) require('./serve.js').serve(app);
