//! The walk over the parsed TOML: every value is asked for by its key and type, and what is wrong with it is
//! noted with its place, so that one reading finds everything.

use super::problem::quoted;
use super::quantity;
use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// The longest name, alias or phrase, in characters: beyond any that a news text could contain.
const LONGEST_TEXT: usize = 300;

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings {
    found: RefCell<Vec<Finding>>,
    masks: RefCell<Vec<Range<usize>>>,
}

/// One finding, before its place is known as line and column.
pub(super) struct Finding {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
    pub weight: Weight,
}

/// What a finding means for the watchlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is refused.
    Error,
    /// The table that it is about can't be used by this process; the service may.
    Elsewhere,
    /// Worth knowing.
    Note,
}

impl Findings {
    pub fn error(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.push(span, message.into(), help.into(), Weight::Error);
    }

    pub fn note(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.push(span, message.into(), help.into(), Weight::Note);
    }

    /// A secret that only the service can read.
    pub fn elsewhere(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.push(span, message.into(), help.into(), Weight::Elsewhere);
    }

    /// How many secrets are elsewhere, as far as the file was read.
    pub fn elsewhere_count(&self) -> usize {
        self.found.borrow().iter().filter(|finding| finding.weight == Weight::Elsewhere).count()
    }

    fn push(&self, span: Range<usize>, message: String, help: String, weight: Weight) {
        let help = (!help.is_empty()).then_some(help);
        self.found.borrow_mut().push(Finding { span, message, help, weight });
    }

    /// Never shows these bytes of the file.
    pub fn mask(&self, span: Range<usize>) {
        self.masks.borrow_mut().push(span);
    }

    /// Never shows this value; of a table that names the place of a secret, the place may be seen.
    pub fn mask_value(&self, value: &Value<'_>) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    if !SECRET_KEYS.contains(&&**key.get_ref()) {
                        self.mask_value(value);
                    }
                }
            }
            DeValue::Array(values) => values.iter().for_each(|value| self.mask_value(value)),
            _ => self.mask(value.span()),
        }
    }

    /// Whether so much is wrong that to guess at what was meant is no longer worth its time.
    pub fn are_many(&self) -> bool {
        self.found.borrow().len() > 100
    }

    /// The findings, and the bytes to hide.
    pub fn finish(self) -> (Vec<Finding>, Vec<Range<usize>>) {
        (self.found.into_inner(), self.masks.into_inner())
    }
}

/// The keys of a table that says where a secret is.
pub(super) const SECRET_KEYS: &[&str] = &["credential", "env", "file"];

/// A text with its place.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub text: String,
    pub span: Range<usize>,
}

/// One table of the file, such as a `[[feed]]`.
#[derive(Clone)]
pub(super) struct Section<'a> {
    /// As messages call it.
    pub name: String,
    /// Its header, or the whole inline table.
    pub span: Range<usize>,
    entries: &'a DeTable<'a>,
    pub findings: &'a Findings,
}

impl<'a> Section<'a> {
    /// Takes `value` for a table; notes that it is none, and each key that is not in `known`.
    pub fn new(findings: &'a Findings, name: impl Into<String>, value: &'a Value<'a>, known: &[&str]) -> Option<Self> {
        let name = name.into();
        let DeValue::Table(entries) = value.get_ref() else {
            let keys = known.iter().map(|key| format!("{key} = …")).collect::<Vec<_>>().join(", ");
            findings.error(
                value.span(),
                format!("{name} must be a table, not {}", kind(value)),
                format!("write {{ {keys} }}"),
            );
            return None;
        };
        let section = Section { name, span: value.span(), entries, findings };
        section.refuse_unknown(known);
        Some(section)
    }

    /// The file itself: every top-level table.
    pub fn root(findings: &'a Findings, root: &'a Spanned<DeTable<'a>>) -> Self {
        Section { name: "the watchlist".into(), span: root.span(), entries: root.get_ref(), findings }
    }

    fn refuse_unknown(&self, known: &[&str]) {
        let holds_secrets = known.iter().any(|key| ["url", "password", "env"].contains(key));
        for (key, value) in self.entries.iter().filter(|(key, _)| !known.contains(&&**key.get_ref())) {
            if holds_secrets {
                self.findings.mask_value(value);
            }
            let help = match closest(key.get_ref(), known.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("{} knows {}", self.name, known.join(", ")),
            };
            self.findings.error(key.span(), format!("unknown key {} in {}", quoted(key.get_ref()), self.name), help);
        }
    }

    /// What stands under `key`, if anything does.
    pub fn get(&self, key: &'static str) -> Option<Field<'a>> {
        let value = self.entries.get(key)?;
        Some(Field { label: format!("{key:?} in {}", self.name), key, value, findings: self.findings })
    }

    /// What stands under `key`; notes where nothing does. `example` is the line to write.
    pub fn require(&self, key: &'static str, example: &str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() {
            self.findings.error(self.span.clone(), format!("{} has no {key:?}", self.name), format!("add {example}"));
        }
        field
    }

    /// All entries in the order of the file.
    pub fn entries(&self) -> Vec<(&'a str, Range<usize>, &'a Value<'a>)> {
        let mut entries: Vec<_> =
            self.entries.iter().map(|(key, value)| (&**key.get_ref(), key.span(), value)).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }
}

/// One value of a section, still of any type.
#[derive(Clone)]
pub(super) struct Field<'a> {
    /// As messages call it: `"url" in [[feed]]`.
    pub label: String,
    key: &'a str,
    pub value: &'a Value<'a>,
    pub findings: &'a Findings,
}

impl<'a> Field<'a> {
    /// A value under a key that the user chose.
    pub fn named(label: String, key: &'a str, value: &'a Value<'a>, findings: &'a Findings) -> Self {
        Field { label, key, value, findings }
    }

    pub fn span(&self) -> Range<usize> {
        self.value.span()
    }

    pub fn error(&self, what: impl std::fmt::Display, help: impl Into<String>) {
        self.findings.error(self.span(), format!("{} {what}", self.label), help);
    }

    fn wrong_type(&self, wanted: &str, example: &str) {
        let help = format!("write {} = {example}", self.key);
        self.error(format!("must be {wanted}, not {}", kind(self.value)), help);
    }

    pub fn flag(&self) -> Option<bool> {
        let flag = self.value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type("true or false", "true or false, without quotation marks");
        }
        flag
    }

    /// A text of at least one character, without spaces around it.
    pub fn text(&self, example: &str) -> Option<Text> {
        let Some(text) = self.value.get_ref().as_str() else {
            self.wrong_type("a text", example);
            return None;
        };
        sound_text(self.findings, &self.label, text, self.span())
    }

    /// A list of such texts. A list without any is noted; so is a text outside a list.
    pub fn texts(&self, example: &str) -> Vec<Text> {
        let DeValue::Array(values) = self.value.get_ref() else {
            let help = match self.value.get_ref().as_str() {
                Some(text) => format!("write {} = [{}]", self.key, quoted(text)),
                None => format!("write {} = {example}", self.key),
            };
            self.error(format!("must be a list of texts, not {}", kind(self.value)), help);
            return Vec::new();
        };
        if values.is_empty() {
            self.error("is an empty list", format!("write {} = {example}, or leave the key out", self.key));
        }
        let mut texts: Vec<Text> = Vec::with_capacity(values.len());
        for value in values.iter() {
            let Some(text) = value.get_ref().as_str() else {
                let message = format!("{} must hold texts only, not {}", self.label, kind(value));
                self.findings.error(value.span(), message, "put the value in quotation marks");
                continue;
            };
            texts.extend(sound_text(self.findings, &self.label, text, value.span()));
        }
        texts
    }

    /// A duration within `bounds`, both in seconds.
    pub fn duration(&self, bounds: RangeInclusive<u64>) -> Option<Duration> {
        let (least, most) = (Duration::from_secs(*bounds.start()), Duration::from_secs(*bounds.end()));
        let range = format!("from {} to {}", quantity::in_words(least), quantity::in_words(most));
        let Some(text) = self.value.get_ref().as_str() else {
            let help = match self.value.get_ref().as_integer() {
                Some(number) => format!(
                    "say of what: {} = \"{number}m\" is minutes; units are {}",
                    self.key,
                    quantity::DURATION_UNITS
                ),
                None => format!("the units are {}", quantity::DURATION_UNITS),
            };
            self.error(format!("must be a duration in quotation marks, not {}", kind(self.value)), help);
            return None;
        };
        let Some(duration) = quantity::duration(text) else {
            self.error(
                format!("is not a duration: {}", quoted(text)),
                format!("write whole numbers with their units: {}", quantity::DURATION_UNITS),
            );
            return None;
        };
        if !bounds.contains(&duration.as_secs()) {
            let way = if duration < least { "short" } else { "long" };
            self.error(format!("is too {way}: {}", quoted(text)), format!("it may be {range}"));
            return None;
        }
        Some(duration)
    }

    /// A whole number within `bounds`.
    pub fn count(&self, bounds: RangeInclusive<u64>) -> Option<u64> {
        let Some(number) = self.value.get_ref().as_integer() else {
            self.wrong_type("a whole number", &format!("{}", bounds.start()));
            return None;
        };
        let count = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| bounds.contains(count));
        if count.is_none() {
            self.error(
                format!("is out of bounds: {}", quoted_bare(&number.to_string())),
                format!("it may be from {} to {}", bounds.start(), bounds.end()),
            );
        }
        count
    }

    /// A size in bytes within `bounds`.
    pub fn size(&self, bounds: RangeInclusive<u64>) -> Option<u64> {
        let size = match self.value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(text) => quantity::size(text),
            _ => {
                self.wrong_type("a size", "\"16 MiB\"");
                return None;
            }
        };
        let Some(size) = size else {
            self.error("is not a size", format!("write a whole number and one of {}", quantity::SIZE_UNITS));
            return None;
        };
        if !bounds.contains(&size) {
            let kib = |bytes: &u64| {
                if *bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
            };
            let way = if size < *bounds.start() { "small" } else { "large" };
            self.error(
                format!("is too {way}"),
                format!("it may be from {} to {}", kib(bounds.start()), kib(bounds.end())),
            );
            return None;
        }
        Some(size)
    }

    /// A share, from 0 to 1.
    pub fn share(&self) -> Option<f64> {
        let number = match self.value.get_ref() {
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok().map(f64::from),
            _ => {
                self.wrong_type("a number from 0 to 1", "0.5");
                return None;
            }
        };
        let share = number.filter(|share| (0.0..=1.0).contains(share));
        if share.is_none() {
            self.error(
                "is out of bounds",
                "it may be from 0 (send everything) to 1 (send only what is certain), such as 0.5",
            );
        }
        share
    }

    /// One of `choices`.
    pub fn choice(&self, choices: &[&'static str]) -> Option<&'static str> {
        let all = choices.iter().map(|choice| format!("{choice:?}")).collect::<Vec<_>>().join(", ");
        let Some(text) = self.value.get_ref().as_str() else {
            self.wrong_type("a text", &format!("one of {all}"));
            return None;
        };
        let choice = choices.iter().copied().find(|choice| *choice == text);
        if choice.is_none() {
            let help = match closest(text, choices.iter().copied()) {
                Some(near) => format!("did you mean {near:?}? It may be {all}"),
                None => format!("it may be {all}"),
            };
            self.error(format!("is not a choice: {}", quoted(text)), help);
        }
        choice
    }
}

/// `text` trimmed; noted where nothing is left, or what is left can't be a name or phrase.
fn sound_text(findings: &Findings, label: &str, text: &str, span: Range<usize>) -> Option<Text> {
    let text = text.trim();
    if text.is_empty() {
        findings.error(span, format!("{label} is empty"), "write a text, or take the empty one out");
        return None;
    }
    if text.chars().count() > LONGEST_TEXT {
        findings.error(span, format!("{label} is longer than {LONGEST_TEXT} characters"), "shorten it");
        return None;
    }
    if let Some(c) = text.chars().find(|c| c.is_control()) {
        findings.error(span, format!("{label} holds the control character {}", c.escape_unicode()), "take it out");
        return None;
    }
    Some(Text { text: text.to_owned(), span })
}

/// A number as it stands in the file, not longer than a message can bear.
fn quoted_bare(number: &str) -> String {
    quoted(number).trim_matches('"').to_owned()
}

/// What kind of value it is, with its article.
pub(super) fn kind(value: &Value<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The candidate that `text` was most likely meant to be, if any is near enough.
pub(super) fn closest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Distances are quadratic in length; nothing this long is a slip of the pen.
    if text.chars().count() > 80 {
        return None;
    }
    let folded = text.to_lowercase();
    candidates
        .into_iter()
        // Cheap, and keeps all that could be near.
        .filter(|candidate| candidate.len().abs_diff(text.len()) <= 40)
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().min(text.chars().count()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
