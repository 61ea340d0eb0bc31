//! `gainsay extract`: who said what, in files of any kind the daemon could meet.

use super::terminal::{json_line, safe};
use super::{input, progress};
use crate::articles::{self, Language, compose};
use crate::statements::{self, Act, Actors, Party, Statement, json};
use anyhow::Context;
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints who said what in articles: files, pages, an address or standard input.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gainsay extract article.txt page.html https://news.example/story
  gainsay extract --format jsonl articles/*.txt > statements.jsonl
  curl -s https://example.org/story.txt | gainsay extract --published 2022-11-08T09:00:00Z -")]
pub struct Arguments {
    /// .txt files, .html pages, .jsonl files ({"id", "title", "text", "published"} a line), addresses, or - for text
    /// on standard input.
    #[arg(required = true, value_name = "PATH|URL|-")]
    inputs: Vec<PathBuf>,
    /// A listing for people, or one JSON object an article.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// When articles that carry no date were published, such as 2022-11-08T09:00:00Z.
    #[arg(long, value_name = "RFC3339", value_parser = published)]
    published: Option<Timestamp>,
    /// A watchlist whose actors are recognised beside the built-in states.
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// List every attribution, not only accusations and denials.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Jsonl,
}

/// One article to read.
struct Input {
    id: String,
    title: Option<String>,
    published: Option<Timestamp>,
    text: String,
    /// A plain text file's offsets are the file's own, and its text is not printed again.
    plain: bool,
}

impl Arguments {
    /// Runs the subcommand. An input that cannot be read is reported, the others go on, and the exit code is 1.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let actors = self.actors()?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        // What is printed before a person's eyes shows how far it is.
        let watched = std::io::stdout().is_terminal();
        let bar = if watched { ProgressBar::hidden() } else { progress::bar(self.inputs.len(), "inputs") };
        let mut articles = 0;
        let mut failed = false;
        for path in &self.inputs {
            let result = self.each(path, &mut |input| {
                articles += 1;
                bar.set_message(format!("({articles} articles)"));
                self.print(input, &actors, &mut out)
            });
            bar.inc(1);
            if let Err(error) = result {
                if super::is_broken_pipe(&error) {
                    return Err(error);
                }
                out.flush()?;
                bar.suspend(|| eprintln!("gainsay: {}", safe(&format!("{error:#}"))));
                failed = true;
            }
        }
        out.flush()?;
        bar.finish_and_clear();
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn actors(&self) -> anyhow::Result<Actors> {
        match &self.watchlist {
            None => Ok(Actors::builtin()),
            Some(path) => {
                // Its actors need no secret.
                let watchlist = crate::watchlist::load_review(path).watchlist?;
                let user: Vec<_> = watchlist.actors.into_iter().map(|a| (a.name, a.aliases)).collect();
                Ok(Actors::builtin().with(&user))
            }
        }
    }

    /// Reads the articles of one input, one after the other.
    fn each(&self, path: &Path, read: &mut dyn FnMut(Input) -> anyhow::Result<()>) -> anyhow::Result<()> {
        if path == Path::new("-") {
            let text = utf8(input::read(path, input::MOST)?, "standard input")?;
            return read(Input { id: "-".to_owned(), title: None, published: None, text, plain: false });
        }
        let name = path.display().to_string();
        let extension =
            path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
        if matches!(extension.as_str(), "html" | "htm" | "xhtml") || input::address(&name).is_some() {
            let page = super::text::page(&name)?;
            let text = compose(page.title.as_deref(), &page.text);
            let id = super::text::article_name(&name);
            return read(Input { id, title: page.title, published: page.published, text, plain: false });
        }
        match extension.as_str() {
            "jsonl" | "ndjson" => {
                for (number, line) in std::io::BufReader::new(input::open(path)?).lines().enumerate() {
                    let at = || format!("{name}, line {}", number + 1);
                    let line = line.with_context(|| format!("cannot read {}", at()))?;
                    if !line.trim().is_empty() {
                        read(from_json(&line, number).with_context(at)?)?;
                    }
                }
                Ok(())
            }
            _ => {
                let text = utf8(input::read(path, input::MOST)?, &name)?;
                let id = path.file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned());
                read(Input { id, title: None, published: None, text, plain: true })
            }
        }
    }

    fn print(&self, input: Input, actors: &Actors, out: &mut impl Write) -> anyhow::Result<()> {
        let published = input.published.or(self.published);
        let date = published.map(|time| TimeZone::UTC.to_datetime(time).date());
        let language = language_of(&input.text);
        let found = if language == "en" { statements::extract(&input.text, date, actors) } else { Vec::new() };
        match self.format {
            Format::Jsonl => {
                let mut line = serde_json::json!({
                    "article": input.id,
                    "title": input.title,
                    "published": published,
                    "lang": language,
                });
                if !input.plain {
                    line["text"] = input.text.as_str().into();
                }
                line["statements"] = json::statements(&input.text, &found);
                out.write_all(json_line(&line)?.as_bytes())?;
            }
            Format::Text => {
                writeln!(out, "{}", safe(&input.id))?;
                if language != "en" {
                    writeln!(out, "  written in {language}; only English is read")?;
                }
                for statement in found.iter().filter(|statement| self.all || statement.act != Act::Other) {
                    listing(&input.text, statement, out)?;
                }
            }
        }
        Ok(())
    }
}

/// One statement for people: its number and act, who, whom, when, the words, and what it answers.
fn listing(text: &str, statement: &Statement, out: &mut impl Write) -> std::io::Result<()> {
    let act = match (statement.act, statement.presupposed) {
        (Act::Accusation, true) => "accusation (only mentioned)",
        (Act::Accusation, false) => "accusation",
        (Act::Denial, _) => "denial",
        (Act::Other, _) => "says",
    };
    let who = |party: &Option<Party>| match party {
        None => "somebody".to_owned(),
        Some(party) => match party.name.as_ref().or(party.actor.as_ref()) {
            Some(name) if *name != party.text => format!("{} ({name})", safe(&party.text)),
            _ => safe(&party.text).into_owned(),
        },
    };
    write!(out, "  {:>3}  {act}: {}", statement.id, who(&statement.speaker))?;
    if statement.on_behalf_of.is_some() {
        write!(out, " for {}", who(&statement.on_behalf_of))?;
    }
    if statement.target.is_some() {
        write!(out, " blames {}", who(&statement.target))?;
    }
    match (statement.said_at.earliest, statement.said_at.latest) {
        (Some(first), Some(last)) if first == last => write!(out, ", {first}")?,
        (Some(first), Some(last)) => write!(out, ", {first} to {last}")?,
        _ => {}
    }
    if statement.recalled {
        write!(out, ", recalled")?;
    }
    writeln!(out)?;
    let words: Vec<_> = statement.content.iter().map(|span| safe(span.of(text))).collect();
    writeln!(out, "       {}", words.join(" … "))?;
    if !statement.answers.is_empty() {
        let answers: Vec<_> = statement.answers.iter().map(u32::to_string).collect();
        writeln!(out, "       answers {}", answers.join(", "))?;
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Line {
    id: Option<serde_json::Value>,
    title: Option<String>,
    #[serde(default)]
    text: String,
    published: Option<Timestamp>,
}

fn from_json(line: &str, number: usize) -> anyhow::Result<Input> {
    let line: Line =
        serde_json::from_str(line).context("not a JSON object with \"id\", \"title\", \"text\" and \"published\"")?;
    let id = match line.id {
        Some(serde_json::Value::String(id)) => id,
        Some(serde_json::Value::Null) | None => (number + 1).to_string(),
        Some(other) => other.to_string(),
    };
    let title = line.title.filter(|title| !title.trim().is_empty());
    let text = match &title {
        Some(title) => format!("{title}\n\n{}", line.text),
        None => line.text,
    };
    Ok(Input { id, title, published: line.published, text, plain: false })
}

pub(super) fn published(typed: &str) -> Result<Timestamp, String> {
    typed.parse().map_err(|_| "expected a time with its zone, such as 2022-11-08T09:00:00Z".to_owned())
}

fn utf8(bytes: Vec<u8>, name: &str) -> anyhow::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!("{name} is not UTF-8 text (byte {}); convert it first", error.utf8_error().valid_up_to())
    })
}

/// The text's language as a code of two letters; English unless another is certain.
fn language_of(text: &str) -> &'static str {
    match articles::language_of(text) {
        other @ Language::Other(_) => other.code(),
        Language::English | Language::Unknown => "en",
    }
}
