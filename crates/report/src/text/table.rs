//! Rows in columns, numbers to the right, as wide as the terminal: what can
//! shrink is cut, names in the middle, where they differ least.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::units::printable;

/// Between columns.
const GAP: &str = "  ";
/// Before the first.
const INDENT: &str = "  ";
/// No column is made narrower than this, nor than its title.
const MIN_WIDTH: usize = 12;

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// A number, to the right, never cut.
    Number(&'static str),
    /// A name to the left, cut in its middle where the line is full.
    Text(&'static str),
    /// A text to the left that is best cut at its end.
    Line(&'static str),
    /// A path to the left, cut at its start: the end names the file and line.
    Place(&'static str),
}

impl Column {
    const fn title(self) -> &'static str {
        match self {
            Self::Number(title) | Self::Text(title) | Self::Line(title) | Self::Place(title) => {
                title
            }
        }
    }

    fn can_shrink_from(self, width: usize) -> bool {
        !matches!(self, Self::Number(_)) && width > self.title().width().max(MIN_WIDTH)
    }
}

/// Rows under titles.
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// One cell for each column.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows
            .push(cells.iter().map(|cell| printable(cell)).collect());
    }

    /// Every row on its line; nothing, not even titles, when there are none.
    pub(super) fn render(&self, width: usize) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let widths = self.widths(width);
        let titles: Vec<String> = self
            .columns
            .iter()
            .map(|one| one.title().to_owned())
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&titles).chain(&self.rows) {
            let mut line = String::from(INDENT);
            for ((cell, &width), column) in row.iter().zip(&widths).zip(&self.columns) {
                if line.len() > INDENT.len() {
                    line.push_str(GAP);
                }
                let cell = match column {
                    Column::Line(_) => cut_end(cell, width),
                    Column::Place(_) => cut_start(cell, width),
                    Column::Number(_) | Column::Text(_) => cut(cell, width),
                };
                let space = " ".repeat(width.saturating_sub(cell.width()));
                match column {
                    Column::Number(_) => line.extend([space.as_str(), &cell]),
                    _ => line.extend([cell.as_str(), &space]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// As wide as the widest cell; the widest texts shrink until the line fits.
    fn widths(&self, width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|one| one.title().width()).collect();
        for row in &self.rows {
            for (known, cell) in widths.iter_mut().zip(row) {
                *known = (*known).max(cell.width());
            }
        }
        let gaps = INDENT.len() + GAP.len() * widths.len().saturating_sub(1);
        loop {
            let excess = (gaps + widths.iter().sum::<usize>()).saturating_sub(width);
            let texts = self.columns.iter().zip(&mut widths);
            let texts = texts.filter(|(column, width)| column.can_shrink_from(**width));
            let widest = texts.map(|(_, width)| width).max_by_key(|width| **width);
            match widest {
                Some(widest) if excess > 0 => *widest -= 1,
                _ => return widths,
            }
        }
    }
}

/// The text in so many columns of a terminal, `…` standing for its middle.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let front = take(text.chars(), room - room / 2);
    let back = take(text.chars().rev(), room / 2);
    let back: String = back.chars().rev().collect();
    format!("{front}…{back}")
}

/// The text in so many columns of a terminal, `…` standing for its end.
pub(super) fn cut_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    take(text.chars(), width.saturating_sub(1)) + "…"
}

/// The text in so many columns of a terminal, `…` standing for its start.
fn cut_start(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let end = take(text.chars().rev(), width.saturating_sub(1));
    let end: String = end.chars().rev().collect();
    format!("…{end}")
}

fn take(letters: impl Iterator<Item = char>, width: usize) -> String {
    let mut left = width;
    letters
        .take_while(|letter| {
            let needed = letter.width().unwrap_or(0);
            let fits = needed <= left;
            left = left.saturating_sub(needed);
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_in_the_middle() {
        assert_eq!(cut("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut("abcdefghijk", 10), "abcde…hijk");
        assert_eq!(cut("漢字漢字漢字", 7), "漢…字");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn texts_are_cut_at_the_end() {
        assert_eq!(cut_end("abcdefghijk", 10), "abcdefghi…");
        assert_eq!(cut_end("漢字漢字漢字", 6), "漢字…");
    }

    #[test]
    fn paths_are_cut_at_the_start() {
        assert_eq!(cut_start("/srv/shop/app.js:1:2", 12), "…/app.js:1:2");
    }

    #[test]
    fn numbers_stand_to_the_right_and_are_never_cut() {
        let mut table = Table::new(&[Column::Number("count"), Column::Text("name")]);
        table.row(["1".into(), "a".into()]);
        table.row([
            "1,234,567,890".into(),
            "a long name that goes on and on".into(),
        ]);
        assert_eq!(
            table.render(30),
            "          count  name\n              1  a\n  1,234,567,890  a long…and on\n"
        );
    }

    #[test]
    fn titles_are_never_cut() {
        let mut table = Table::new(&[Column::Number("count"), Column::Place("constructor at")]);
        table.row(["1".into(), "/srv/shop/application.js:1:2".into()]);
        assert_eq!(
            table.render(10),
            "  count  constructor at\n      1  …cation.js:1:2\n"
        );
    }

    #[test]
    fn a_table_without_rows_is_nothing() {
        assert_eq!(Table::new(&[Column::Number("count")]).render(80), "");
    }
}
