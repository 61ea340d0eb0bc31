//! Rows as a table that fits the terminal, as records, as JSON lines or as CSV; each safe where it is read.

use super::terminal::{is_plain, safe};
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
    /// The width below which it can't be read; `None`: it is never cut.
    least: Option<u16>,
    /// It goes first when the terminal is narrow.
    optional: bool,
}

impl<T> Column<T> {
    /// A column that is never cut: an id, a time, a number.
    pub const fn whole(name: &'static str, value: fn(&T) -> String) -> Self {
        Column { name, value, least: None, optional: false }
    }

    /// A column of text, cut where there is no room, to `least` columns of the terminal at most.
    pub const fn text(name: &'static str, least: u16, value: fn(&T) -> String) -> Self {
        Column { name, value, least: Some(least), optional: false }
    }
}

/// The column, left out where the terminal is too narrow; the last of such first.
pub const fn optional<T>(column: Column<T>) -> Column<T> {
    Column { optional: true, ..column }
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
        Format::Table => Ok(table(rows, width())),
        Format::Long => Ok(long(rows)),
        Format::Jsonl => jsonl(rows),
        Format::Csv => csv(rows),
    }
}

/// A time for people: in the local zone, to the minute.
pub fn local(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The terminal's width in columns; 120 where there is none.
fn width() -> u16 {
    match terminal_size::terminal_size_of(std::io::stdout()) {
        Some((terminal_size::Width(columns), _)) if columns >= 20 => columns,
        _ => 120,
    }
}

/// Between two columns, by comfy-table's default: one space on each side of every cell.
const PADDING: u16 = 2;

fn table<T: Listed>(rows: &[T], width: u16) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| T::TABLE.iter().map(|column| safe(&(column.value)(row)).into_owned()).collect())
        .collect();
    let natural = |n: usize| {
        let widest = cells.iter().map(|row| row[n].width()).max().unwrap_or(0);
        u16::try_from(widest.max(T::TABLE[n].name.width())).unwrap_or(u16::MAX)
    };
    let least = |n: usize| T::TABLE[n].least.map_or(natural(n), |least| natural(n).min(least));
    let mut shown: Vec<usize> = (0..T::TABLE.len()).collect();
    let needed = |shown: &[usize]| shown.iter().map(|n| u32::from(least(*n)) + u32::from(PADDING)).sum::<u32>();
    while needed(&shown) > u32::from(width) {
        match shown.iter().rposition(|n| T::TABLE[*n].optional) {
            Some(last) => shown.remove(last),
            None => break,
        };
    }

    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_truncation_indicator("…")
        .set_header(shown.iter().map(|n| T::TABLE[*n].name));
    for row in &cells {
        let mut line = Row::from(shown.iter().map(|n| row[*n].as_str()).collect::<Vec<_>>());
        line.max_height(1);
        table.add_row(line);
    }
    for (position, n) in shown.iter().enumerate() {
        if let Some(column) = table.column_mut(position) {
            column.set_constraint(match T::TABLE[*n].least {
                None => ColumnConstraint::ContentWidth,
                Some(_) => ColumnConstraint::LowerBoundary(Width::Fixed(least(*n) + PADDING)),
            });
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
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
        text.push_str(&safe_json(&serde_json::to_string(row)?));
        text.push('\n');
    }
    Ok(text)
}

/// The same JSON, with every character that a terminal might obey as an escape: a parser reads it unchanged.
pub fn safe_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
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

    #[test]
    fn a_table_keeps_to_the_width_and_cuts_text_and_never_ids() {
        for width in [30, 40, 60, 80, 200] {
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
