'use strict';
// A DataLoader keeps all it has loaded, by key: it is meant for one request. The leak is one loader for all of them.

function setUp({ load, variant }) {
  const DataLoader = load('dataloader');
  const loadUsers = async (ids) => ids.map((id) => ({ id, name: `user ${id}` }));
  const shared = new DataLoader(loadUsers);
  return {
    operate: (i) => (variant === 'healthy' ? new DataLoader(loadUsers) : shared).load(i),
  };
}

module.exports = { setUp };
