//! The `snapshot` object at the start of a file: how its columns are laid out.
//! Goes by the names in `meta`, never by a version. Reads no column.

use serde_json::Value;

use super::error::{SnapshotError, SnapshotErrorKind::Header as HeaderKind};
use super::reading::Reading;
use super::types::{EdgeType, NodeType};

/// Fields a record may have; V8 writes 3 to 7, and a record is read into an
/// array of this size.
pub(crate) const MAX_FIELDS: usize = 16;

/// Types a section may number; they are translated through a table with one
/// entry for each value of a byte.
const MAX_TYPES: usize = 255;

/// What V8 writes of a stack that allocated, and of a moment: all versions the same.
const TRACE_NODE_FIELDS: [&str; 5] = ["id", "function_info_index", "count", "size", "children"];
const SAMPLE_FIELDS: [&str; 2] = ["timestamp_us", "last_assigned_id"];

/// The largest size in bytes: beyond, JavaScript cannot count, and no machine has as much.
pub(crate) const MAX_BYTES: u64 = 1 << 53;

/// The values, each of its type: read by hand, for derived code is four times as large and no clearer.
struct RawHeader {
    meta: RawMeta,
    node_count: u64,
    edge_count: u64,
    root_index: Option<u64>,
    extra_native_bytes: Option<u64>,
    memwatch_reading: Option<Reading>,
}

struct RawMeta {
    node_fields: Vec<String>,
    node_types: Vec<Value>,
    edge_fields: Vec<String>,
    edge_types: Vec<Value>,
    location_fields: Option<Vec<String>>,
    trace_function_info_fields: Option<Vec<String>>,
    trace_node_fields: Option<Vec<String>>,
    sample_fields: Option<Vec<String>>,
}

impl RawHeader {
    fn of(json: &Value) -> Result<Self, String> {
        let meta = get(json, "meta").ok_or_else(|| missing("meta"))?;
        Ok(Self {
            meta: RawMeta {
                node_fields: required(names(meta, "node_fields")?, "node_fields")?,
                node_types: required(list(meta, "node_types")?, "node_types")?.to_vec(),
                edge_fields: required(names(meta, "edge_fields")?, "edge_fields")?,
                edge_types: required(list(meta, "edge_types")?, "edge_types")?.to_vec(),
                location_fields: names(meta, "location_fields")?,
                trace_function_info_fields: names(meta, "trace_function_info_fields")?,
                trace_node_fields: names(meta, "trace_node_fields")?,
                sample_fields: names(meta, "sample_fields")?,
            },
            node_count: required(number(json, "node_count")?, "node_count")?,
            edge_count: required(number(json, "edge_count")?, "edge_count")?,
            root_index: number(json, "root_index")?,
            extra_native_bytes: number(json, "extra_native_bytes")?,
            memwatch_reading: match get(json, "memwatch_reading") {
                Some(reading) => Some(Reading::of(reading)?),
                None => None,
            },
        })
    }
}

/// Where each value stands in the record of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeLayout {
    pub fields: usize,
    pub kind: usize,
    pub name: usize,
    pub id: usize,
    pub self_size: usize,
    pub edge_count: usize,
    pub detachedness: Option<usize>,
}

/// Where each value stands in the record of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EdgeLayout {
    pub fields: usize,
    pub kind: usize,
    pub name: usize,
    pub to: usize,
}

/// Where each value stands in the record of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocationLayout {
    pub fields: usize,
    pub object: usize,
    pub script_id: usize,
    pub line: usize,
    pub column: usize,
}

/// Where the names stand in what is known of a function that allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionInfoLayout {
    pub fields: usize,
    pub name: usize,
    pub script_name: usize,
    /// The script's number, the line and the column, where all are there.
    pub place: Option<[usize; 3]>,
}

/// Everything the sections after it need.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub node_count: u64,
    pub edge_count: u64,
    pub root_ordinal: u64,
    pub extra_native_bytes: u64,
    pub reading: Option<Reading>,
    pub node: NodeLayout,
    pub edge: EdgeLayout,
    pub location: Option<LocationLayout>,
    pub function_info: Option<FunctionInfoLayout>,
    /// Where in the record of a node is what allocated it.
    pub trace_node: Option<usize>,
    /// Whether stacks and samples have the fields that V8 writes.
    pub has_traces: bool,
    pub node_type_names: Vec<String>,
    pub edge_types: Vec<EdgeType>,
}

impl Header {
    /// Reads the JSON of the `snapshot` object, which starts at `offset`.
    pub(crate) fn parse(json: &[u8], offset: u64) -> Result<Self, SnapshotError> {
        let fail = |message: String| SnapshotError::new(HeaderKind, offset, message);
        let unusable = |why: String| fail(format!("the snapshot header cannot be used: {why}"));
        let raw: Value =
            serde_json::from_slice(json).map_err(|error| unusable(error.to_string()))?;
        let raw = RawHeader::of(&raw).map_err(unusable)?;
        let node = node_layout(&raw.meta.node_fields).map_err(fail)?;
        let edge = edge_layout(&raw.meta.edge_fields).map_err(fail)?;
        let location = match &raw.meta.location_fields {
            Some(fields) => Some(location_layout(fields).map_err(fail)?),
            None => None,
        };
        let function_info = raw.meta.trace_function_info_fields;
        let function_info = function_info.and_then(|fields| function_info_layout(&fields));
        let has_fields = |fields: &Option<Vec<String>>, wanted: &[&str]| {
            fields.as_ref().is_some_and(|fields| fields == wanted)
        };
        let has_traces = has_fields(&raw.meta.trace_node_fields, &TRACE_NODE_FIELDS)
            && has_fields(&raw.meta.sample_fields, &SAMPLE_FIELDS);
        let trace_node = position(&raw.meta.node_fields, "node_fields", "trace_node_id").ok();
        let mut node_type_names =
            type_names(&raw.meta.node_types, node.kind, "node_types").map_err(fail)?;
        // Old versions of V8 number types that their own list lacks, such as symbols. They are
        // V8's own kinds, none of which a program names.
        node_type_names.resize(MAX_TYPES, NodeType::Hidden.name().to_owned());
        let edge_types = type_names(&raw.meta.edge_types, edge.kind, "edge_types")
            .map_err(fail)?
            .iter()
            .map(|name| EdgeType::from_name(name))
            .collect();
        if raw
            .extra_native_bytes
            .is_some_and(|bytes| bytes > MAX_BYTES)
        {
            return Err(fail(
                "extra_native_bytes is more than any memory holds".to_owned(),
            ));
        }
        let root_index = raw.root_index.unwrap_or(0);
        if !root_index.is_multiple_of(node.fields as u64) {
            return Err(fail(format!(
                "root_index {root_index} is not a multiple of the {} node fields",
                node.fields
            )));
        }
        Ok(Self {
            node_count: raw.node_count,
            edge_count: raw.edge_count,
            root_ordinal: root_index / node.fields as u64,
            extra_native_bytes: raw.extra_native_bytes.unwrap_or(0),
            reading: raw.memwatch_reading,
            node,
            edge,
            location,
            function_info,
            trace_node,
            has_traces,
            node_type_names,
            edge_types,
        })
    }

    /// The canonical type of each node type number of the file.
    pub(crate) fn node_types(&self) -> Vec<NodeType> {
        self.node_type_names
            .iter()
            .map(|name| NodeType::from_name(name))
            .collect()
    }
}

/// What stands under a key; `null` is nothing.
fn get<'a>(json: &'a Value, key: &str) -> Option<&'a Value> {
    json.get(key).filter(|value| !value.is_null())
}

fn missing(key: &str) -> String {
    format!("missing field `{key}`")
}

fn required<T>(value: Option<T>, key: &str) -> Result<T, String> {
    value.ok_or_else(|| missing(key))
}

/// A whole number, where there is one.
pub(super) fn number(json: &Value, key: &str) -> Result<Option<u64>, String> {
    let Some(value) = get(json, key) else {
        return Ok(None);
    };
    let number = value.as_u64();
    number
        .map(Some)
        .ok_or_else(|| format!("`{key}` is not a whole number"))
}

fn list<'a>(json: &'a Value, key: &str) -> Result<Option<&'a [Value]>, String> {
    let Some(value) = get(json, key) else {
        return Ok(None);
    };
    let list = value.as_array().map(Vec::as_slice);
    list.map(Some)
        .ok_or_else(|| format!("`{key}` is not a list"))
}

fn names(json: &Value, key: &str) -> Result<Option<Vec<String>>, String> {
    let Some(values) = list(json, key)? else {
        return Ok(None);
    };
    let names = values.iter().map(|name| name.as_str().map(str::to_owned));
    let names: Option<Vec<String>> = names.collect();
    names
        .map(Some)
        .ok_or_else(|| format!("`{key}` has something that is not a string"))
}

fn position(fields: &[String], list: &str, name: &str) -> Result<usize, String> {
    fields
        .iter()
        .position(|field| field == name)
        .ok_or_else(|| format!("{list} has no field \"{name}\""))
}

fn checked_len(fields: &[String], list: &str) -> Result<usize, String> {
    if fields.len() > MAX_FIELDS {
        return Err(format!("{list} has {} fields", fields.len()));
    }
    Ok(fields.len())
}

fn node_layout(fields: &[String]) -> Result<NodeLayout, String> {
    let list = "node_fields";
    Ok(NodeLayout {
        fields: checked_len(fields, list)?,
        kind: position(fields, list, "type")?,
        name: position(fields, list, "name")?,
        id: position(fields, list, "id")?,
        self_size: position(fields, list, "self_size")?,
        edge_count: position(fields, list, "edge_count")?,
        detachedness: position(fields, list, "detachedness").ok(),
    })
}

fn edge_layout(fields: &[String]) -> Result<EdgeLayout, String> {
    let list = "edge_fields";
    Ok(EdgeLayout {
        fields: checked_len(fields, list)?,
        kind: position(fields, list, "type")?,
        name: position(fields, list, "name_or_index")?,
        to: position(fields, list, "to_node")?,
    })
}

fn location_layout(fields: &[String]) -> Result<LocationLayout, String> {
    let list = "location_fields";
    Ok(LocationLayout {
        fields: checked_len(fields, list)?,
        object: position(fields, list, "object_index")?,
        script_id: position(fields, list, "script_id")?,
        line: position(fields, list, "line")?,
        column: position(fields, list, "column")?,
    })
}

/// Only what names are kept depends on it, so one that cannot be used is none.
fn function_info_layout(fields: &[String]) -> Option<FunctionInfoLayout> {
    let list = "trace_function_info_fields";
    let place = ["script_id", "line", "column"].map(|name| position(fields, list, name));
    let place: Result<Vec<usize>, String> = place.into_iter().collect();
    Some(FunctionInfoLayout {
        fields: checked_len(fields, list).ok().filter(|&len| len > 0)?,
        name: position(fields, list, "name").ok()?,
        script_name: position(fields, list, "script_name").ok()?,
        place: place.ok().and_then(|place| place.try_into().ok()),
    })
}

/// The list of type names, which stands at the place of the field `type`.
fn type_names(types: &[Value], at: usize, list: &str) -> Result<Vec<String>, String> {
    let names = types
        .get(at)
        .and_then(Value::as_array)
        .ok_or_else(|| format!("{list} has no list of type names at {at}"))?;
    if names.len() > MAX_TYPES {
        return Err(format!("{list} has {} type names", names.len()));
    }
    names
        .iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{list} has a type name that is not a string"))
}
