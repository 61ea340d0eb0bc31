//! Labelled articles of `../shared` and of `training/`, for the examples that learn from them and measure on them.

#![allow(dead_code, reason = "each example needs a part of it")]

use anyhow::Context;
use gainsay::language::Span;
use gainsay::statements::reader::Reading;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

/// A labelled accusation or denial.
pub struct Label {
    pub id: String,
    pub denial: bool,
    /// The passages that carry it, in bytes; any of them counts.
    pub passages: Vec<Range<usize>>,
    /// Whom an accusation blames.
    pub accused: Option<String>,
    pub answers: Vec<String>,
    /// Who denies, and for whom; who accuses.
    pub speakers: Vec<String>,
    pub borderline: bool,
}

pub struct Article {
    /// The development set; none for what is only learned from.
    pub set: Option<&'static str>,
    pub name: String,
    pub text: String,
    pub date: Option<Date>,
    pub labels: Vec<Label>,
    pub fold: usize,
    pub reading: Reading,
}

impl Label {
    /// As the scorer reads it.
    pub fn as_scored(&self, text: &str) -> Value {
        let mut passages = self.passages.iter().filter_map(|range| text.get(range.clone()));
        let first = passages.next().unwrap_or_default();
        serde_json::json!({
            "id": self.id, "text": first, "also": passages.collect::<Vec<_>>(), "accused": self.accused,
            "denier": self.speakers.first(), "for": self.speakers.get(1), "answers": self.answers,
            "borderline": self.borderline,
        })
    }

    /// Whether one of the names is its speaker's; of a label without one, any is.
    pub fn is_by(&self, names: &[String]) -> bool {
        let known = |speaker: &String| names.iter().any(|name| same_name(speaker, name));
        self.speakers.is_empty() || self.speakers.iter().any(known)
    }

    /// Whether words (their starts) lie on the label as the scorer sees it: a third of them in its passages, and a fifth
    /// of one passage among them.
    pub fn carries(&self, text: &str, mine: &HashSet<usize>) -> bool {
        let passages: Vec<HashSet<usize>> =
            self.passages.iter().map(|range| words(text, range.clone()).collect()).collect();
        let inside = mine.iter().filter(|word| passages.iter().any(|passage| passage.contains(word))).count();
        !mine.is_empty()
            && inside * 3 >= mine.len()
            && passages.iter().any(|p| !p.is_empty() && p.intersection(mine).count() * 5 >= p.len())
    }
}

/// What the labels say of an act that was found: whether it is one, and its speaker the right one. None where they leave it
/// open.
pub fn is_right(article: &Article, denial: bool, spans: &[Span], speaker: &[String]) -> Option<bool> {
    let mine: HashSet<usize> = spans.iter().flat_map(|span| words(&article.text, span.start..span.end)).collect();
    let labels = article.labels.iter().filter(|label| label.carries(&article.text, &mine));
    let labels: Vec<&Label> = labels.collect();
    if labels.iter().any(|label| label.borderline) {
        return None;
    }
    Some(labels.iter().any(|label| label.denial == denial && label.is_by(speaker)))
}

/// Whether a candidate's name is that of the labelled party: the same words, or one within the other.
pub fn same_name(labelled: &str, name: &str) -> bool {
    let words = |name: &str| -> HashSet<String> {
        let lower = name.replace("U.S.", "United States").to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let idle = [
            "the",
            "a",
            "an",
            "of",
            "and",
            "for",
            "in",
            "on",
            "at",
            "to",
            "by",
            "mr",
            "mrs",
            "ms",
            "s",
            "his",
            "her",
            "their",
            "its",
            "who",
            "that",
            "is",
            "was",
            "were",
            "president",
            "former",
        ];
        words.filter(|word| !idle.contains(word)).map(str::to_owned).collect()
    };
    let (labelled, name) = (words(labelled), words(name));
    !labelled.is_empty()
        && !name.is_empty()
        && (name.is_subset(&labelled) || labelled.is_subset(&name) && name.len() <= labelled.len() + 8)
}

pub fn read_set(
    folder: &Path,
    set: &'static str,
    dates: &HashMap<String, Date>,
    articles: &mut Vec<Article>,
) -> anyhow::Result<()> {
    let labels = std::fs::read_to_string(folder.join("labels.jsonl"))
        .with_context(|| format!("no labels in {}", folder.display()))?;
    for line in labels.lines().filter(|line| !line.trim().is_empty()) {
        let label: Value = serde_json::from_str(line)?;
        let name = label["article"].as_str().context("a label without an article")?.to_owned();
        let text = std::fs::read_to_string(folder.join("articles").join(format!("{name}.txt")))?;
        let date = dates.get(&name).copied().or_else(|| date_in_name(&name));
        let passages = |entry: &Value| {
            let also = entry["also"].as_array().into_iter().flatten();
            let needles = std::iter::once(&entry["text"]).chain(also).filter_map(Value::as_str);
            needles.flat_map(|needle| text.match_indices(needle).map(|(at, _)| at..at + needle.len())).collect()
        };
        let party = |value: &Value| value.as_str().map(str::to_owned);
        let labels = labels_of(&label, passages, party);
        articles.push(Article { set: Some(set), name, text, date, labels, fold: 0, reading: Reading::default() });
    }
    Ok(())
}

/// The articles of `training/labels.jsonl`, whose labels are offsets in code points of the corpora's texts.
pub fn read_more(file: &Path, corpora: &Path, articles: &mut Vec<Article>) -> anyhow::Result<()> {
    let lines = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let week = output(Command::new("xz").arg("-dc").arg(corpora.join("news-week.jsonl.xz")))?;
    let mut texts: HashMap<String, (String, Option<Date>)> = HashMap::new();
    for line in week.lines() {
        let article: Value = serde_json::from_str(line)?;
        let field = |name: &str| article[name].as_str().unwrap_or_default();
        let date = field("published").get(..10).and_then(|day| day.parse().ok());
        texts.insert(key(field("id")), (format!("{}\n\n{}", field("title"), field("text")), date));
    }
    let folder = std::env::temp_dir().join(format!("gainsay-polnear-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let archive = corpora.join("polnear.tar.xz");
    output(Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(&folder).arg("polnear/train/text"))?;
    for entry in std::fs::read_dir(folder.join("polnear/train/text"))? {
        let file = entry?.path();
        let Some(name) = file.file_stem().and_then(|name| name.to_str()) else { continue };
        texts.insert(key(name), (std::fs::read_to_string(&file)?, date_in_name(name)));
    }
    for line in lines.lines() {
        let label: Value = serde_json::from_str(line)?;
        let name = label["article"].as_str().context("a label without an article")?.to_owned();
        let (text, date) = texts.get(&name).cloned().with_context(|| format!("no article {name}"))?;
        let mut bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        bytes.push(text.len());
        let range = |span: &Value| -> Option<Range<usize>> {
            let at = |end: usize| bytes.get(usize::try_from(span[end].as_u64()?).ok()?).copied();
            Some(at(0)?..at(1)?)
        };
        let passages = |entry: &Value| entry["spans"].as_array().into_iter().flatten().filter_map(range).collect();
        let party = |value: &Value| range(value).and_then(|range| text.get(range)).map(str::to_owned);
        let labels = labels_of(&label, passages, party);
        articles.push(Article {
            set: None,
            name,
            date,
            labels,
            fold: 0,
            reading: Reading::default(),
            text: text.clone(),
        });
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Writes the articles and their labels as the scorer of acts reads a set.
pub fn write_set(folder: &Path, articles: &[Article]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder.join("articles"))?;
    let mut labels = std::fs::File::create(folder.join("labels.jsonl"))?;
    for article in articles {
        std::fs::write(folder.join("articles").join(format!("{}.txt", article.name)), &article.text)?;
        let entries = |denial: bool| -> Vec<Value> {
            let labels = article.labels.iter().filter(|label| label.denial == denial);
            labels.map(|label| label.as_scored(&article.text)).collect()
        };
        let label = json!({"article": article.name, "accusations": entries(false), "denials": entries(true)});
        writeln!(labels, "{label}")?;
    }
    Ok(())
}

/// What a program prints; its complaint as an error where it fails.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    anyhow::ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// The key of an article in the labels: its corpus's name for it often is its headline, which is not ours to spread.
pub fn key(name: &str) -> String {
    let mut key = gainsay::articles::sha256(name.as_bytes());
    key.truncate(16);
    key
}

pub fn labels_of(
    label: &Value,
    passages: impl Fn(&Value) -> Vec<Range<usize>>,
    party: impl Fn(&Value) -> Option<String>,
) -> Vec<Label> {
    let mut labels = Vec::new();
    for (kind, denial) in [("accusations", false), ("denials", true)] {
        for entry in label[kind].as_array().into_iter().flatten() {
            let answers = entry["answers"].as_array().into_iter().flatten();
            labels.push(Label {
                id: entry["id"].as_str().unwrap_or_default().to_owned(),
                denial,
                passages: passages(entry),
                accused: party(&entry["accused"]),
                answers: answers.filter_map(Value::as_str).map(str::to_owned).collect(),
                speakers: ["denier", "for", "accuser"]
                    .into_iter()
                    .filter_map(|who| party(&entry[who]).filter(|_| denial != (who == "accuser")))
                    .collect(),
                borderline: entry["borderline"].as_bool() == Some(true),
            });
        }
    }
    labels
}

/// The starts of the words between two bytes.
pub fn words(text: &str, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
    let mut before = false;
    let start = range.start;
    text[range].char_indices().filter_map(move |(at, c)| {
        let word = c.is_alphanumeric() || c == '_';
        let begins = word && !before;
        before = word;
        begins.then_some(start + at)
    })
}

pub fn date_in_name(name: &str) -> Option<Date> {
    name.split('_').nth(1).and_then(|part| part.parse().ok())
}

pub fn dates(file: &Path) -> anyhow::Result<HashMap<String, Date>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.filter_map(|(name, time)| Some((name.to_owned(), time.get(..10)?.parse().ok()?))).collect())
}
