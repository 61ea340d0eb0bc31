//! Text from the net, made fit for a terminal.

use crate::plain::is_plain;
pub use crate::plain::safe;
use serde::Serialize;
use std::fmt::Write;

/// `value` as one line of JSON, with every character that a terminal might obey as an escape: a parser reads it
/// unchanged.
pub fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if is_plain(c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    Ok(line)
}
