'use strict';
// A child container of inversify for each request, with bindings of its own.

function setUp({ load }) {
  load('reflect-metadata');
  const { Container } = load('inversify');
  const parent = new Container();
  parent.bind('settings').toConstantValue({ level: 'info' });
  return {
    operate(i) {
      const child = parent.createChild();
      child.bind('request').toConstantValue({ id: i });
      child.bind('handler').toDynamicValue(({ container }) => [container.get('settings'), container.get('request')]);
      child.get('handler');
    },
  };
}

module.exports = { setUp };
