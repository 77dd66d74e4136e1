// Names that some rule of DevTools treats in its own way, beside plain ones.

/** Constructor names, and what only looks like one. */
export const OBJECT_NAMES = [
  'Object',
  'Object',
  'Object',
  'Object',
  'Array',
  'Foo',
  'Bar',
  'RegExp',
  'Function',
  '(system)',
  '(array)',
  '<div id="a b">',
  '<div>',
  '<a href="x">',
  '<x',
  'Detached <div class="x y">',
  'Detached <div>',
  'Detached <p',
  'Detached Foo',
  'Window / localhost',
  'Größe',
  '\ud835\udcb3',
  '\ud800',
  'two\nlines',
  '',
];

export const NATIVE_NAMES = [
  'Foo',
  'Detached Foo',
  '<div id="z">',
  '<div>',
  'Detached <div id="z">',
  'system / ExternalStringData',
  'system / ExternalStringData',
  'system / JSArrayBufferData',
  'Node / TCP',
  'Window',
];

export const HIDDEN_NAMES = ['system / Map', 'system / NativeContext', 'system / Context', 'system / Context / x', ''];

export const ARRAY_NAMES = [
  '',
  '(object elements)',
  '(map descriptors)',
  '(map descriptors)',
  'system / ExternalStringData',
];

export const OTHER_NAMES = ['', 'text', 'Object', 'code', 'system / NativeContext', '(map descriptors)', 'get x'];

/**
 * Property names; those with commas, quotes and braces are written as JSON
 * strings in the name of a shape. None has half of a surrogate pair beside
 * those: JSON would write it as an escape, everything else as U+FFFD.
 */
export const PROPERTY_NAMES = [
  'a',
  'b',
  'c',
  'aa',
  'ab',
  'z',
  'a,b',
  "it's",
  '{x}',
  '"q"',
  'line\n,',
  '\u2028,',
  '\u007f,',
  '\\,',
  '__proto__',
  '__proto__x',
  '\ud835\udcb3y',
  '\uff5ey',
  '\ud800',
  'ключ',
  '',
  'x'.repeat(58),
  'y'.repeat(59),
  'z'.repeat(118),
  'é'.repeat(140),
];

/**
 * Names of internal edges; numbers written as text matter in descriptor arrays.
 * No `first` and `second`: DevTools never comes back from a concatenated string
 * that contains itself, which no program can make.
 */
export const INTERNAL_NAMES = [
  'map',
  'elements',
  'properties',
  'sloppy_function_map',
  'native_context',
  '0',
  '1',
  '2',
  '4',
  '7',
  '10',
  '3',
  '7 things',
  '4x',
  ' 4',
  '+4',
  '-3',
  '-',
  '0x10',
  'x4',
  '١',
];

export const SHORTCUT_NAMES = ['x', '1', '4', '7', 'sloppy_function_map', '7 things', ''];
