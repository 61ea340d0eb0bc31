//! Rows as a table that fits the terminal, as records, as JSON lines or as CSV; each safe where it is read.

use super::terminal::{json_line, safe};
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line each, cut to the terminal's width; times in the local zone
    Table,
    /// Everything, a field on each line; times in UTC
    Long,
    /// An object a line, everything as it is stored; times in UTC
    Jsonl,
    /// With a header, for spreadsheets; times in UTC
    Csv,
}

/// A column of a table.
pub struct Column<T> {
    name: &'static str,
    value: fn(&T) -> String,
    /// The width below which it can hardly be read; `None`: it is never cut.
    least: Option<u16>,
    /// It goes first when the terminal is narrow.
    optional: bool,
}

impl<T> Column<T> {
    /// A column that is never cut: an id, a time, a number.
    pub const fn whole(name: &'static str, value: fn(&T) -> String) -> Self {
        Column { name, value, least: None, optional: false }
    }

    /// A column of text, cut or wrapped where there is no room, to `least` columns of the terminal; to fewer only
    /// where nothing else is left to give.
    pub const fn text(name: &'static str, least: u16, value: fn(&T) -> String) -> Self {
        Column { name, value, least: Some(least), optional: false }
    }
}

/// The column, left out where the terminal is too narrow; the last of such first.
pub const fn optional<T>(column: Column<T>) -> Column<T> {
    Column { optional: true, ..column }
}

/// The value as text; nothing where there is none.
pub fn or_empty<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map(T::to_string).unwrap_or_default()
}

/// A field of a record: its name in CSV, its value.
pub type Field<T> = (&'static str, fn(&T) -> String);

/// What can be listed.
pub trait Listed: Serialize + Sized + 'static {
    /// The columns of the table.
    const TABLE: &'static [Column<Self>];
    /// Every field, for CSV and records. Times in UTC.
    const FIELDS: &'static [Field<Self>];
}

/// Prints `rows` to standard output.
pub fn print<T: Listed>(rows: &[T], format: Format) -> anyhow::Result<()> {
    std::io::stdout().write_all(render(rows, format)?.as_bytes())?;
    Ok(())
}

/// `rows` as they are printed.
pub fn render<T: Listed>(rows: &[T], format: Format) -> anyhow::Result<String> {
    match format {
        Format::Table => Ok(table(T::TABLE, rows, terminal_width().unwrap_or(120), Overflow::Cut)),
        Format::Long => Ok(long(rows)),
        Format::Jsonl => jsonl(rows),
        Format::Csv => csv(rows),
    }
}

/// A time for people: in the local zone, to the minute.
pub fn local(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The terminal's width in columns, where standard output is one.
pub fn terminal_width() -> Option<u16> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
    (columns >= 20).then_some(columns)
}

/// What becomes of text that is wider than its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// It is cut: a row is one line.
    Cut,
    /// It goes on in the next line; lines part the rows.
    Wrap,
}

/// Between two columns, by comfy-table's default: one space on each side of every cell.
const PADDING: u16 = 2;
/// No text is cut to fewer columns than this.
const NARROWEST: u16 = 6;

/// The rows as a table that keeps to `width`; empty where there are none.
pub fn table<T>(columns: &[Column<T>], rows: &[T], width: u16, overflow: Overflow) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cell = |text: String| match overflow {
        Overflow::Cut => safe(&text).into_owned(),
        Overflow::Wrap => text.lines().map(safe).collect::<Vec<_>>().join("\n"),
    };
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| cell((column.value)(row))).collect()).collect();
    let (style, gap) = match overflow {
        Overflow::Cut => (presets::NOTHING, PADDING),
        // Its lines cross a blank between two columns.
        Overflow::Wrap => (presets::UTF8_HORIZONTAL_ONLY, PADDING + 1),
    };
    let (shown, least) = fit(columns, &cells, width, gap);

    let line = |cells: Vec<&str>| {
        let mut line = Row::from(cells);
        if overflow == Overflow::Cut {
            line.max_height(1);
        }
        line
    };
    let mut table = Table::new();
    table
        .load_style(style)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_truncation_indicator("…")
        .set_header(line(shown.iter().map(|n| columns[*n].name).collect()));
    for row in &cells {
        table.add_row(line(shown.iter().map(|n| row[*n].as_str()).collect()));
    }
    for (position, n) in shown.iter().enumerate() {
        if let Some(column) = table.column_mut(position) {
            column.set_constraint(match columns[*n].least {
                None => ColumnConstraint::ContentWidth,
                Some(_) => ColumnConstraint::LowerBoundary(Width::Fixed(least[*n] + PADDING)),
            });
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Which columns there is room for, each with `gap` around it, and the least width of every column: optional ones go
/// first, then text gets narrower, then the last columns go.
fn fit<T>(columns: &[Column<T>], cells: &[Vec<String>], width: u16, gap: u16) -> (Vec<usize>, Vec<u16>) {
    let natural = |n: usize| {
        let widest = cells.iter().flat_map(|row| row[n].lines()).map(UnicodeWidthStr::width).max().unwrap_or(0);
        u16::try_from(widest.max(columns[n].name.width())).unwrap_or(u16::MAX - PADDING)
    };
    let least = |n: usize| columns[n].least.map_or(natural(n), |least| natural(n).min(least));
    let mut least: Vec<u16> = (0..columns.len()).map(least).collect();
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    while shown.iter().map(|n| u32::from(least[*n]) + u32::from(gap)).sum::<u32>() > u32::from(width) {
        if let Some(last) = shown.iter().rposition(|n| columns[*n].optional) {
            shown.remove(last);
            continue;
        }
        let text = shown.iter().copied().filter(|n| columns[*n].least.is_some());
        match text.max_by_key(|n| least[*n]).filter(|n| least[*n] > NARROWEST) {
            Some(widest) => least[widest] -= 1,
            None if shown.len() > 2 => _ = shown.pop(),
            None => break,
        }
    }
    (shown, least)
}

fn long<T: Listed>(rows: &[T]) -> String {
    let mut text = String::new();
    let name_width = T::FIELDS.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (n, row) in rows.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        for (name, value) in T::FIELDS {
            let value = value(row);
            if !value.is_empty() {
                let _ = writeln!(text, "{name:name_width$}  {}", safe(&value));
            }
        }
    }
    text
}

fn jsonl<T: Listed>(rows: &[T]) -> anyhow::Result<String> {
    let mut text = String::new();
    for row in rows {
        text.push_str(&json_line(row)?);
    }
    Ok(text)
}

fn csv<T: Listed>(rows: &[T]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(T::FIELDS.iter().map(|(name, _)| name))?;
    for row in rows {
        writer.write_record(T::FIELDS.iter().map(|(_, value)| without_formula(&value(row))))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// The text as a cell that no spreadsheet takes for a formula: OWASP, "CSV Injection". Without what a terminal obeys.
fn without_formula(text: &str) -> String {
    let plain = safe(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
        || plain.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
    {
        format!("'{plain}")
    } else {
        plain.into_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::plain::is_plain;

    #[derive(Serialize)]
    struct Line {
        id: u32,
        title: &'static str,
        outlet: &'static str,
    }

    impl Listed for Line {
        const TABLE: &'static [Column<Self>] = &[
            Column::whole("ID", |line| line.id.to_string()),
            Column::text("Title", 12, |line| line.title.to_owned()),
            optional(Column::text("Outlet", 10, |line| line.outlet.to_owned())),
        ];
        const FIELDS: &'static [Field<Self>] =
            &[("id", |line| line.id.to_string()), ("title", |line| line.title.to_owned())];
    }

    fn lines() -> Vec<Line> {
        vec![
            Line {
                id: 1_000_000,
                title: "Vadunia denies arming rebels in the hills of its neighbour",
                outlet: "herald.example",
            },
            Line {
                id: 2, title: "ヴァドゥニアは否定した、そして国境は閉じたまま", outlet: "post.example"
            },
        ]
    }

    fn table(rows: &[Line], width: u16) -> String {
        super::table(Line::TABLE, rows, width, Overflow::Cut)
    }

    #[test]
    fn a_table_keeps_to_the_width_and_cuts_text_and_never_ids() {
        for width in [20, 30, 40, 60, 80, 200] {
            let text = table(&lines(), width);
            assert!(text.lines().all(|line| line.width() <= usize::from(width)), "{width}\n{text}");
            assert!(text.contains("1000000"), "{width}\n{text}");
        }
        let narrow = table(&lines(), 30);
        assert!(!narrow.contains("herald") && narrow.contains('…'), "{narrow}");
        assert!(table(&lines(), 200).contains("of its neighbour"));
    }

    #[test]
    fn a_headline_cannot_reach_the_terminal_as_an_escape_in_any_format() {
        let evil = vec![Line { id: 1, title: "\u{1b}[2J\u{9b}31m\u{202e}x\ny\u{7f}\u{1f642}", outlet: "a" }];
        for text in [table(&evil, 80), long(&evil), jsonl(&evil).unwrap(), csv(&evil).unwrap()] {
            let bad: Vec<char> = text.chars().filter(|c| !is_plain(*c) && *c != '\n').collect();
            assert!(bad.is_empty(), "{bad:?} in {text}");
        }
        let parsed: serde_json::Value = serde_json::from_str(&jsonl(&evil).unwrap()).unwrap();
        assert_eq!(parsed["title"], evil[0].title, "a parser reads what is stored");
    }

    #[test]
    fn a_spreadsheet_sees_no_formula() {
        for title in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\u{200b}=1", "＝1"] {
            let text =
                csv(&[Line { id: 1, title: Box::leak(title.to_owned().into_boxed_str()), outlet: "a" }]).unwrap();
            let cell = csv::Reader::from_reader(text.as_bytes()).records().next().unwrap().unwrap()[1].to_owned();
            assert!(cell.starts_with('\''), "{title:?}: {cell:?}");
        }
        let text = csv(&[Line { id: 1, title: "a \"quoted\", title", outlet: "a" }]).unwrap();
        assert_eq!(text, "id,title\n1,\"a \"\"quoted\"\", title\"\n");
    }
}
