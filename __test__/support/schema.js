'use strict';
// Validates reports against the schemas of schema/, which are published, as closed ones: a key that a
// schema does not list is an error here, though readers are to expect some of later versions.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const DIRECTORY = path.join(__dirname, '..', '..', 'schema');

/** The names of all schemas. */
const names = () =>
  fs
    .readdirSync(DIRECTORY)
    .map((file) => path.parse(file).name)
    .sort();

/** A schema, as it is published. */
const schema = (name) => JSON.parse(fs.readFileSync(path.join(DIRECTORY, `${name}.json`), 'utf8'));

const isObject = (value) => typeof value === 'object' && value !== null;

const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([key, one]) => [key, change(one)]));

/** The same schema, in which each object has no other keys than those it lists. */
function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (!isObject(value)) return value;
  const { properties, ...rest } = value;
  const copy = mapped(rest, closed);
  if (!isObject(properties)) return copy;
  return { unevaluatedProperties: false, ...copy, properties: mapped(properties, closed) };
}

const validators = new Map();

function validator(name) {
  if (!validators.has(name)) {
    // Loaded where it is used: most tests validate nothing.
    const { default: Ajv } = require('ajv/dist/2020.js');
    const formats = { 'date-time': /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };
    validators.set(name, new Ajv({ allErrors: true, strictTypes: false, formats }).compile(closed(schema(name))));
  }
  return validators.get(name);
}

/** Asserts that a value, as JSON, is what a schema describes, and nothing more. */
function assertSchema(name, value) {
  const validate = validator(name);
  validate(JSON.parse(JSON.stringify(value)));
  const errors = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
  });
  assert.deepEqual(errors, [], `not what schema/${name}.json describes`);
}

/** The schema of what a command prints with `--json`; undefined for one that has none. */
function schemaOf([command], report) {
  // Of more than two files the report is another one.
  if (command === 'diff') return report.classes.snapshots === undefined ? 'diff' : 'growth';
  return names().includes(command) ? command : undefined;
}

/** The schema of what an event carries. */
function schemaOfEvent(name) {
  if (name === 'leak-suspected' || name === 'leak-resumed') return 'leak';
  return name === 'snapshot' ? 'triggered-snapshot' : name;
}

module.exports = { names, schema, assertSchema, schemaOf, schemaOfEvent };
