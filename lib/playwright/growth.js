'use strict';
// What three snapshots of a page have in common: classes that grow with each action, and what holds their new objects.
// It uses memwatch's own queries on snapshot files, and selects the answers that are the page's leak.

const { Session } = require('../mcp/session.js');
const { isContext, partingOf, readablePath } = require('./readable-path.js');

// Classes that are reported: the first are the cause, the others their consequences.
const CLASSES = 5;
const MOST_CLASSES = 1000;
// Classes with more objects than this are not searched for new ones.
const MOST_INSTANCES = 200_000;
// New objects whose paths are compared: two show where the paths part, more that it is no exception.
const SAMPLES = 3;

// What V8 and Blink have for themselves: it comes with the objects of the page, and alone is not the page's.
const OF_THE_ENGINE =
  /^\((?!string|closure|concatenated|sliced|number|bigint|regexp|symbol)|^(Detached )?(blink::|InternalNode)|^system \//;
const NOT_WEIGHED = /^\((compiled code|object shape)\)|^(Detached )?blink::|^system \//;

/**
 * @typedef {object} PageGrowth
 * @property {boolean} isSameProcess
 * @property {object[]} classes  as PageLeakError has them
 * @property {number[]} bytes    by how much the page's objects grew in each half
 */

/**
 * @param {string[]} files  three snapshots
 * @param {number} actions  between two of them
 * @param {Map<number, string>} scripts  addresses by V8's numbers
 * @returns {Promise<PageGrowth>}
 */
async function growthOf(files, actions, scripts) {
  const session = new Session();
  const ask = async (/** @type {string[]} */ ...words) => JSON.parse(await session.ask([...words, '--json']));
  try {
    const { places, classes } = await ask('diff', ...files, '--top', `${MOST_CLASSES}`);
    const weighed = classes.classes.filter(({ name }) => !NOT_WEIGHED.test(name));
    const bytes = [1, 2].map((at) => sum(weighed.map(({ shallowBytes: of }) => of[at] - of[at - 1])));
    const grown = classes.classes.filter(
      ({ name, instances: of }) => !OF_THE_ENGINE.test(name) && Math.min(of[1] - of[0], of[2] - of[1]) >= actions,
    );
    return { isSameProcess: places.isSameProcess, classes: await held(grown, { files, scripts, ask }), bytes };
  } finally {
    session.close();
  }
}

/** Those whose new objects the page's code holds, the most significant first. */
async function held(grown, of) {
  const found = [];
  for (const entry of grown.sort(byWhatTheyTell)) {
    const one = await holderOf(entry, of);
    if (one !== null) found.push(one);
    if (found.length === CLASSES) break;
  }
  return found;
}

/** A class of the page's own, elements that no document has, then by what they retain. */
function byWhatTheyTell(a, b) {
  const rank = ({ name, position }) => (position ? 0 : name.startsWith('Detached <') ? 1 : 2);
  const retained = ({ retainedBytes: of }) => of[2] - of[0];
  return rank(a) - rank(b) || retained(b) - retained(a);
}

async function holderOf({ name, instances, retainedBytes, position }, { files, scripts, ask }) {
  if (instances[2] > MOST_INSTANCES) return null;
  const all = (/** @type {string} */ file) =>
    ask('instances', file, name, '--sort', 'id', '--top', `${MOST_INSTANCES}`).then((answer) => answer.instances);
  const old = new Set((await all(files[1])).map(({ id }) => id));
  const sampled = samplesOf((await all(files[2])).filter(({ id }) => !old.has(id)));
  const paths = [];
  for (const { id } of sampled) {
    const { shapes } = await ask('paths', files[2], `@${id}`, '--top', '1');
    if (shapes.length > 0) paths.push(shapes[0].path.parts);
  }
  const ofThePage = paths.filter((parts) => readablePath(parts).isOfThePage);
  if (ofThePage.length === 0 || 2 * ofThePage.length < sampled.length) return null;
  const [parts, other] = ofThePage;
  const parting = partingOf(parts, other);
  const closure = isContext(parts[parting]) ? await closureOf(parts[parting], files[2], ask) : null;
  const place = position ?? parts.at(-1)?.position ?? null;
  const { text, cut } = readablePath(parts, { parting, closure });
  return {
    class: nameOf(name, sampled[0].preview),
    count: instances[2] - instances[0],
    retainedBytes: retainedBytes[2] - retainedBytes[0],
    file: (place && (place.script || scripts.get(place.scriptId))) || null,
    line: place?.line ?? null,
    ...{ path: text, cut },
  };
}

/** The function that brings a context along, the nearest to the roots, and whether it listens to events. */
async function closureOf({ id }, file, ask) {
  const { references } = await ask('refs', file, `@${id}`);
  const closure = references.find(({ from }) => from.class === 'Function')?.from;
  if (closure === undefined) return null;
  const holders = await ask('refs', file, `@${closure.id}`);
  const listens = holders.references.some(({ from }) => /EventListener/.test(from.class));
  return `${closure.preview}${listens ? ', an event listener' : ''}`;
}

/** The first, the last and one between. */
function samplesOf(all) {
  const places = Array.from({ length: SAMPLES }, (_, at) => Math.round((at * (all.length - 1)) / (SAMPLES - 1)));
  return [...new Set(places)].flatMap((place) => all[place] ?? []);
}

/** Elements by what stands in the document, functions by their name. */
function nameOf(name, preview) {
  if (name.startsWith('Detached <') && preview?.startsWith('<')) return `Detached ${preview}`;
  return name === 'Function' && preview ? preview : name;
}

const sum = (/** @type {number[]} */ numbers) => numbers.reduce((all, one) => all + one, 0);

module.exports = { growthOf };
