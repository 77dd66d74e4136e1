//! The JSON Schema of each report, from the types themselves: their doc comments are its
//! descriptions. Built for tests only (feature `schema`): `tests/schema.rs` writes the files of
//! `schema/`, which the npm package contains.
//!
//! Objects may have more properties than a schema lists: a later minor version adds some
//! (docs/reports.md). The contract tests read the schemas as closed, so that none is added unseen.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::{
    AnalyzeReport, BundleReport, ClassesReport, ClearedLeakReport, ClosuresReport,
    CollectionReport, ComparisonReport, ConfirmedLeakReport, ContainmentReport, CoreReport,
    DashboardHistory, DashboardMessage, Date, DetectorStateReport, DiffReport, FlightRecorderFile,
    FlightRecorderReport, FunctionsReport, GrowthReport, HeapDiffReport, InspectReport,
    InstancesReport, LeakReport, LiveAnalyzeReport, LiveComparisonReport, NativeMemoryReport,
    NativeSitesReport, PathsReport, PausedLeakReport, RealmsReport, RedactReport, RefsReport,
    RequestedSnapshotReport, SamplerOwner, ScopesReport, ShapesReport, SitesReport, StatsReport,
    StringsReport, SummaryReport, TimelineReport, TriggeredSnapshotReport, TrimReport,
    WrittenSnapshotReport,
};

/// The version of all schemas. The first number changes with a key that is renamed, removed or
/// changes its type or meaning, the second with a key that is added.
pub const VERSION: &str = "1.0";

/// What the `$id` of each schema begins with.
const BASE: &str = "https://github.com/memwatch/memwatch/schema";

/// Each report: the name of its schema, and the schema.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        // What commands print with `--json`.
        of::<AnalyzeReport>("analyze"),
        of::<BundleReport>("bundle"),
        of::<ClassesReport>("classes"),
        of::<ClosuresReport>("closures"),
        of::<ContainmentReport>("containment"),
        of::<CoreReport>("core"),
        of::<ComparisonReport<DiffReport>>("diff"),
        of::<FunctionsReport>("functions"),
        of::<ComparisonReport<GrowthReport>>("growth"),
        of::<InspectReport>("inspect"),
        of::<InstancesReport>("instances"),
        of::<PathsReport>("paths"),
        of::<RealmsReport>("realms"),
        of::<RedactReport>("redact"),
        of::<RefsReport>("refs"),
        of::<ScopesReport>("scopes"),
        of::<ShapesReport>("shapes"),
        of::<FlightRecorderReport>("report"),
        of::<RequestedSnapshotReport>("snapshot"),
        of::<StringsReport>("strings"),
        of::<SummaryReport>("summary"),
        of::<TimelineReport>("timeline"),
        // What events carry.
        of::<StatsReport>("stats"),
        of::<LeakReport>("leak"),
        of::<ConfirmedLeakReport>("leak-confirmed"),
        of::<PausedLeakReport>("leak-paused"),
        of::<ClearedLeakReport>("leak-cleared"),
        of::<TriggeredSnapshotReport>("triggered-snapshot"),
        of::<CollectionReport>("gc"),
        // What functions return.
        of::<DetectorStateReport>("detector-state"),
        of::<SitesReport>("sites"),
        of::<HeapDiffReport>("heap-diff"),
        of::<WrittenSnapshotReport>("write-snapshot"),
        of::<LiveAnalyzeReport>("analyze-now"),
        of::<LiveComparisonReport>("live-heap-diff"),
        of::<NativeMemoryReport>("native"),
        of::<NativeSitesReport>("native-sites"),
        of::<TrimReport>("trim-native-memory"),
        // What a flight recorder keeps, and what a dashboard serves.
        of::<FlightRecorderFile>("flight-recorder"),
        of::<DashboardMessage>("dashboard-message"),
        of::<DashboardHistory>("dashboard-history"),
    ]
}

fn of<T: JsonSchema>(name: &'static str) -> (&'static str, Schema) {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(AsSerialized);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    let object = schema.ensure_object();
    object.insert(
        "$id".to_owned(),
        format!("{BASE}/{VERSION}/{name}.json").into(),
    );
    (name, schema)
}

/// What serde knows and a schema made from a type alone does not, and what validators refuse.
#[derive(Clone, Debug)]
struct AsSerialized;

impl Transform for AsSerialized {
    fn transform(&mut self, schema: &mut Schema) {
        // `uint64` and the like are formats of other standards.
        if schema.get("format").and_then(Value::as_str) != Some("date-time") {
            schema.remove("format");
        }
        // Lines of a comment are those of the source.
        if let Some(Value::String(text)) = schema.get_mut("description") {
            let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
            *text = paragraphs.collect::<Vec<_>>().join("\n\n");
        }
        absent_is_not_null(schema);
        transform_subschemas(self, schema);
    }
}

/// A key that is left out where there is nothing is never `null`.
fn absent_is_not_null(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required = |key: &String| {
        let mut keys = required.as_array().into_iter().flatten();
        keys.any(|one| one == key.as_str())
    };
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for (_, property) in properties.iter_mut().filter(|(key, _)| !is_required(key)) {
        let Value::Object(property) = property else {
            continue;
        };
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|one| one != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                property.insert("type".to_owned(), only);
            }
        }
        let Some(Value::Array(choices)) = property.remove("anyOf") else {
            continue;
        };
        let something = choices.into_iter().find(|one| one["type"] != "null");
        if let Some(Value::Object(something)) = something {
            property.extend(something);
        }
    }
}

impl JsonSchema for SamplerOwner {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SamplerOwner".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whose sampler runs.",
            "oneOf": [
                { "description": "That of memwatch.", "type": "string", "const": "own" },
                { "description": "That of another agent.", "type": "string", "const": "other" },
                { "description": "None runs.", "type": "boolean", "const": false }
            ]
        })
    }
}

impl JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}
