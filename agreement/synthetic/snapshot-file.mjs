// A heap graph under construction, and its text in any of the layouts in which
// V8 has written snapshots. It writes what it is told to; which graphs are worth
// writing is decided elsewhere.

export const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'object shape',
];
export const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];

const INDEXED_EDGES = new Set(['element', 'hidden']);

const V8_LAYOUT = {
  edgeFields: ['type', 'name_or_index', 'to_node'],
  locationFields: ['object_index', 'script_id', 'line', 'column'],
};
const NODE_FIELDS = ['type', 'name', 'id', 'self_size', 'edge_count'];

/** The layouts: Node 18 to 22, Node 24 on, before there was detachedness, and one with other orders and white space. */
export const LAYOUTS = {
  traced: { ...V8_LAYOUT, nodeFields: [...NODE_FIELDS, 'trace_node_id', 'detachedness'], separator: '\n,' },
  lean: { ...V8_LAYOUT, nodeFields: [...NODE_FIELDS, 'detachedness'], separator: ',' },
  old: { ...V8_LAYOUT, nodeFields: [...NODE_FIELDS, 'trace_node_id'], separator: '\n,' },
  loose: {
    nodeFields: ['id', 'type', 'name', 'edge_count', 'self_size', 'detachedness'],
    edgeFields: ['to_node', 'type', 'name_or_index'],
    locationFields: ['script_id', 'object_index', 'column', 'line'],
    separator: ' ,\r\n\t ',
  },
};

export class Graph {
  nodes = [];
  #strings = new Map();

  /** Adds a node and returns it; `detachedness`: 0 unknown, 1 attached, 2 detached. */
  add(type, name, id, selfSize = 0, detachedness = 0) {
    const node = { ordinal: this.nodes.length, type, name, id, selfSize, detachedness, edges: [], location: null };
    this.nodes.push(node);
    return node;
  }

  /** `name` is a string, or a number for element and hidden edges. */
  connect(from, type, name, to) {
    if (INDEXED_EDGES.has(type) !== (typeof name === 'number')) {
      throw new TypeError(`${type} edge named ${typeof name}`);
    }
    from.edges.push({ type, name, to });
  }

  #string(text) {
    let index = this.#strings.get(text);
    if (index === undefined) {
      index = this.#strings.size;
      this.#strings.set(text, index);
    }
    return index;
  }

  /** The whole file. V8 writes ASCII only, so everything else is escaped. */
  text(layout) {
    this.#strings.clear();
    this.#string('<dummy>');
    const { nodeFields, edgeFields, locationFields, separator } = layout;
    const records = (fields, list) =>
      list.map((record) => fields.map((field) => record[field]).join(',')).join(separator);
    const nodes = this.nodes.map((node) => ({
      type: NODE_TYPES.indexOf(node.type),
      name: this.#string(node.name),
      id: node.id,
      self_size: node.selfSize,
      edge_count: node.edges.length,
      trace_node_id: 0,
      detachedness: node.detachedness,
    }));
    const edges = this.nodes.flatMap((node) =>
      node.edges.map((edge) => ({
        type: EDGE_TYPES.indexOf(edge.type),
        name_or_index: typeof edge.name === 'number' ? edge.name : this.#string(edge.name),
        to_node: edge.to.ordinal * nodeFields.length,
      })),
    );
    const locations = this.nodes
      .filter((node) => node.location)
      .map((node) => ({ object_index: node.ordinal * nodeFields.length, ...node.location }));
    const typeOf = (field, types) => (field === 'type' ? types : field === 'name' ? 'string' : 'number');
    const header = {
      meta: {
        node_fields: nodeFields,
        node_types: nodeFields.map((field) => typeOf(field, NODE_TYPES)),
        edge_fields: edgeFields,
        edge_types: edgeFields.map((field) =>
          field === 'name_or_index' ? 'string_or_number' : field === 'to_node' ? 'node' : EDGE_TYPES,
        ),
        trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
        trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
        sample_fields: ['timestamp_us', 'last_assigned_id'],
        location_fields: locationFields,
      },
      node_count: nodes.length,
      edge_count: edges.length,
      trace_function_count: 0,
    };
    const section = (name, body) => `"${name}":[${body}]`;
    const sections = [
      `"snapshot":${JSON.stringify(header)}`,
      section('nodes', records(nodeFields, nodes)),
      section('edges', records(edgeFields, edges)),
      section('trace_function_infos', ''),
      section('trace_tree', ''),
      section('samples', ''),
      section('locations', records(locationFields, locations)),
      section('strings', [...this.#strings.keys()].map(asciiJson).join(',\n')),
    ];
    return `{${sections.join(',\n')}}`;
  }
}

function asciiJson(text) {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
