'use strict';
// ajv keeps every schema it has compiled in a Map keyed by the schema object, so one object has to be compiled once.

function setUp({ load, variant }) {
  const Ajv = load('ajv');
  const ajv = new Ajv();
  const schema = (minimum) => ({ type: 'object', properties: { a: { type: 'integer', minimum } } });
  const once = schema(1);
  return {
    operate(i) {
      const validate = ajv.compile(variant === 'healthy' ? once : schema(i));
      validate({ a: i });
    },
  };
}

module.exports = { setUp };
