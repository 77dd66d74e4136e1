//! `redact` for people.

use super::TextOptions;
use super::units::{bytes, count, count_of};
use crate::RedactReport;

/// The report: two lines.
#[must_use]
pub fn render(report: &RedactReport, _options: &TextOptions) -> String {
    let names = match report.names {
        0 => String::new(),
        names => format!(" and {}", count_of(names, "name")),
    };
    format!(
        "{}: {}\n{}{names} replaced by their lengths, {} kept\n",
        report.output,
        bytes(report.output_bytes),
        count_of(report.values, "value"),
        count(report.kept),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_where_how_large_and_how_much() {
        let mut report = RedactReport {
            file: "a.heapsnapshot".to_owned(),
            output: "b.heapsnapshot".to_owned(),
            output_bytes: 5 << 20,
            values: 12_345,
            names: 0,
            kept: 678,
        };
        assert_eq!(
            render(&report, &TextOptions::default()),
            "b.heapsnapshot: 5.0 MiB\n12,345 values replaced by their lengths, 678 kept\n"
        );
        report.names = 1;
        assert_eq!(
            render(&report, &TextOptions::default()),
            "b.heapsnapshot: 5.0 MiB\n12,345 values and 1 name replaced by their lengths, 678 kept\n"
        );
    }
}
