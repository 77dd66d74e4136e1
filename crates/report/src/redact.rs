//! The answer of `redact`.

use memwatch_snapshot::redact::RedactedTexts;
use serde::Serialize;

/// What was redacted, and the file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RedactReport {
    /// The snapshot, as the caller named it.
    pub file: String,
    /// The file that was written.
    pub output: String,
    /// Its size.
    pub output_bytes: u64,
    /// Values that were replaced by their lengths.
    pub values: u64,
    /// Names that were replaced: in a strict redaction only.
    pub names: u64,
    /// Texts that stayed.
    pub kept: u64,
}

impl RedactReport {
    /// Of a file that was written.
    pub fn of(file: &str, output: &str, output_bytes: u64, texts: RedactedTexts) -> Self {
        Self {
            file: file.to_owned(),
            output: output.to_owned(),
            output_bytes,
            values: texts.values,
            names: texts.names,
            kept: texts.kept,
        }
    }
}
