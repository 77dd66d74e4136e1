'use strict';
// Which methods of the program's controllers serve which route, in NestJS: it calls them from a microtask, behind guards
// and pipes of its own, and express sees one function for all routes. NestJS writes beside each controller and each of its
// methods what they serve, with the package reflect-metadata; this reads it, for modules that were loaded with require().
// Says nothing where a route has more than one method that might serve it.

// Of @nestjs/common, since its first version.
const CONTROLLER = '__controller__';
const PATH = 'path';
const METHOD = 'method';
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL', 'OPTIONS', 'HEAD'];
const ALL = 'ALL';

/** A method of a controller. @typedef {{ method: string, path: string, work: Function }} Handler */

/** `/users/:id`, of parts with or without slashes. @param {unknown[]} parts */
const joined = (...parts) =>
  `/${parts
    .flatMap((part) => String(part).split('/'))
    .filter(Boolean)
    .join('/')}`;

/** @param {unknown} value */
const list = (value) => (Array.isArray(value) ? value : [value ?? '']);

/** What a module exports, where reading it runs nothing of the program's. @param {unknown} exported */
function valuesOf(exported) {
  if (typeof exported === 'function') return [exported];
  if (typeof exported !== 'object' || exported === null) return [];
  return Object.values(Object.getOwnPropertyDescriptors(exported)).map(({ value }) => value);
}

/**
 * @param {Function} controller
 * @param {(key: string, target: object) => any} read
 * @returns {Handler[]}
 */
function handlersOf(controller, read) {
  const methods = Object.values(Object.getOwnPropertyDescriptors(controller.prototype ?? {})).map(({ value }) => value);
  return methods
    .filter((work) => typeof work === 'function' && METHODS[read(METHOD, work)] !== undefined)
    .flatMap((work) =>
      list(read(PATH, controller)).flatMap((prefix) =>
        list(read(PATH, work)).map((path) => ({
          method: METHODS[read(METHOD, work)],
          path: joined(prefix, path),
          work,
        })),
      ),
    );
}

/**
 * The methods of all loaded controllers; none without NestJS.
 * @param {Record<string, { exports?: unknown } | undefined>} modules  `require.cache`
 * @param {{ getMetadata?: (key: string, target: object) => any }} [reflect]  as reflect-metadata completes it
 * @returns {Handler[]}
 */
function handlers(modules, reflect = /** @type {any} */ (Reflect)) {
  const { getMetadata } = reflect;
  if (typeof getMetadata !== 'function') return [];
  const classes = new Set(Object.values(modules).flatMap((module) => valuesOf(module?.exports)));
  const controllers = [...classes].filter((one) => typeof one === 'function' && getMetadata(CONTROLLER, one) === true);
  return controllers.flatMap((controller) => handlersOf(controller, getMetadata));
}

/**
 * The one method that serves a route; undefined where none does, or several might: a program can put a prefix or a version
 * before all paths.
 * @param {Handler[]} all
 * @param {string} method
 * @param {string} route
 */
function handlerOf(all, method, route) {
  const path = joined(route);
  const fits = all.filter(
    (one) => (one.method === method || one.method === ALL) && (path === one.path || path.endsWith(one.path)),
  );
  const whole = fits.filter((one) => one.path === path);
  const [first, second] = whole.length > 0 ? whole : fits;
  return second === undefined ? first?.work : undefined;
}

module.exports = { handlerOf, handlers };
