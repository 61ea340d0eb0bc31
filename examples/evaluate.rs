//! Runs the engine over all development sets and prints every figure: acts, links and alerts, attributions, how far the
//! confidence can be trusted, dates, words a second.
//!
//!     cargo run --release --example evaluate [-- --shared ../shared] [--errors N] [--json FILE] [--against docs/figures.json] \
//!         [--week FOLDER]
//!
//! `--json` writes the figures to a file; `--against` fails where a pooled one lies more than 0.03 below that of a file. The
//! engine has learned from the development sets: what it makes of other news is printed by `examples/train_statements.rs` and,
//! for the labelled articles of the news week, from which nothing was learned, with `--week`, which puts them and what was found
//! in them into FOLDER.
//! Needs Python 3 for the scorers beside the sets.

#[path = "support/labelled.rs"]
mod labelled;

use anyhow::{Context, ensure};
use gainsay::language::Document;
use gainsay::statements::{Act, Actors, Statement, find, json};
use labelled::{Article, dates, output, read_more, read_set, write_set};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// How far a figure may fall.
const SLACK: f64 = 0.03;

/// The figures that may not fall: where they stand in the JSON.
const HELD: [&str; 9] = [
    "/acts/pooled/denial/F1",
    "/acts/pooled/denial_speaker/share",
    "/acts/pooled/accusation/F1",
    "/acts/pooled/accusation_target/share",
    "/acts/pooled/link/F1",
    "/acts/pooled/alert/P",
    "/acts/pooled/alert/R",
    "/attributions/content/f1",
    "/attributions/content_speaker/f1",
];

fn main() -> anyhow::Result<()> {
    let mut shared = PathBuf::from("../shared");
    let mut errors = "0".to_owned();
    let mut week = None;
    let mut json_file = None;
    let mut against = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--shared" => shared = value.into(),
            "--errors" => errors = value,
            "--week" => week = Some(PathBuf::from(value)),
            "--json" => json_file = Some(value),
            "--against" => against = Some(value),
            other => anyhow::bail!("unknown argument {other}"),
        }
    }
    ensure!(shared.join("eval").is_dir(), "no development sets at {}", shared.display());
    let out = tempfile::tempdir()?;
    let dates = dates(&shared.join("eval/world/dates.tsv"))?;
    let actors = Actors::builtin();
    let (mut words, started) = (0, Instant::now());
    let mut pairs: Vec<PathBuf> = Vec::new();
    let mut all: Vec<(Article, Vec<Statement>)> = Vec::new();
    for set in ["politics", "world", "wire"] {
        let folder = shared.join("eval").join(set);
        let mut articles = Vec::new();
        read_set(&folder, set, &dates, &mut articles)?;
        let predictions = out.path().join(format!("{set}.jsonl"));
        words += articles.iter().map(|article| article.text.split_whitespace().count()).sum::<usize>();
        all.extend(read(articles, &actors, &predictions)?);
        pairs.extend([folder, predictions]);
    }
    let speed = words as f64 / started.elapsed().as_secs_f64();
    let acts = shared.join("eval/score_acts.py");
    python(&acts, &pairs, &["--errors", &errors])?;
    if let Some(folder) = week {
        let mut articles = Vec::new();
        read_more(Path::new("training/week.jsonl"), &shared.join("corpora"), &mut articles)?;
        write_set(&folder, &articles)?;
        let predictions = folder.join("predictions.jsonl");
        read(articles, &actors, &predictions)?;
        println!("\nThe news week, from which nothing was learned:");
        python(&acts, &[folder, predictions], &["--errors", &errors])?;
    }
    let acts: Value = serde_json::from_str(&output(Command::new("python3").arg(&acts).args(&pairs).arg("--json"))?)?;
    let attributions = attributions(&shared, out.path(), &actors)?;
    let reliability = reliability(&all);
    let times = times(&all)?;
    println!("\n{words} words, {speed:.0} a second");
    let figures = json!({
        "acts": acts, "attributions": attributions, "reliability": reliability, "times": times
    });
    if let Some(file) = json_file {
        std::fs::write(&file, format!("{figures:#}\n")).with_context(|| format!("cannot write {file}"))?;
    }
    let Some(file) = against else { return Ok(()) };
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(&file)?)?;
    let mut fallen = 0;
    for place in HELD {
        let at = |figures: &Value| figures.pointer(place).and_then(Value::as_f64);
        let recorded = at(&recorded).with_context(|| format!("{file} has no {place}"))?;
        let now = at(&figures).with_context(|| format!("no {place} was measured"))?;
        let fell = now < recorded - SLACK;
        fallen += usize::from(fell);
        println!("{place}: {now:.3}, recorded {recorded:.3}{}", if fell { " FELL" } else { "" });
    }
    ensure!(fallen == 0, "{fallen} figures fell by more than {SLACK}");
    Ok(())
}

/// Has the articles read, and writes what was found in them as the scorers want it.
fn read(articles: Vec<Article>, actors: &Actors, predictions: &Path) -> anyhow::Result<Vec<(Article, Vec<Statement>)>> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(predictions)?);
    let mut all = Vec::with_capacity(articles.len());
    for article in articles {
        let found = find(&Document::read(&article.text), article.date, actors);
        write_found(&mut file, &article.name, &article.text, &found)?;
        all.push((article, found));
    }
    file.flush()?;
    Ok(all)
}

fn write_found(file: &mut impl Write, name: &str, text: &str, found: &[Statement]) -> anyhow::Result<()> {
    let line = json!({"article": name, "statements": json::statements(text, found)});
    writeln!(file, "{line}")?;
    Ok(())
}

/// What the scorer says of PolNeAR's dev part.
fn attributions(shared: &Path, out: &Path, actors: &Actors) -> anyhow::Result<Value> {
    output(Command::new("tar").arg("-xJf").arg(shared.join("corpora/polnear.tar.xz")).arg("-C").arg(out))?;
    let dev = out.join("polnear/dev");
    let predictions = out.join("polnear.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&predictions)?);
    let mut texts: Vec<PathBuf> =
        std::fs::read_dir(dev.join("text"))?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    texts.sort();
    for path in texts {
        let text = std::fs::read_to_string(&path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        write_found(&mut file, &name, &text, &find(&Document::read(&text), None, actors))?;
    }
    file.flush()?;
    let scores = out.join("attributions.json");
    let folders = ["--ann".into(), dev.join("attributions"), "--text".into(), dev.join("text")];
    let files = ["--pred".into(), predictions, "--json".into(), scores.clone()];
    let paths: Vec<PathBuf> = folders.into_iter().chain(files).collect();
    python(&shared.join("eval/score_attributions.py"), &paths, &["--md"])?;
    let scores: Value = serde_json::from_str(&std::fs::read_to_string(scores)?)?;
    Ok(scores["polnear"].clone())
}

/// Of the accusations and denials of each confidence, how many are right in act and speaker.
fn reliability(all: &[(Article, Vec<Statement>)]) -> Value {
    let mut bins = [(0usize, 0.0f64, 0usize); 10];
    for (article, found) in all {
        for statement in found.iter().filter(|statement| statement.act != Act::Other) {
            let spans: Vec<_> = statement.cue.iter().chain(&statement.content).copied().collect();
            let names: Vec<String> = statement
                .speaker
                .iter()
                .chain(&statement.on_behalf_of)
                .flat_map(|party| party.names())
                .map(str::to_owned)
                .collect();
            let denial = statement.act == Act::Denial;
            let Some(right) = labelled::is_right(article, denial, &spans, &names) else { continue };
            let bin = &mut bins[((statement.confidence * 10.0) as usize).min(9)];
            *bin = (bin.0 + 1, bin.1 + statement.confidence, bin.2 + usize::from(right));
        }
    }
    println!("\nconfidence   acts   mean   right");
    let rows = bins.iter().enumerate().filter(|(_, (count, ..))| *count > 0).map(|(number, (count, sum, right))| {
        let (mean, share) = (sum / *count as f64, *right as f64 / *count as f64);
        let from = number as f64 / 10.0;
        println!("{from:.1}–{:.1}      {count:5}   {mean:.2}   {share:.2}", from + 0.1);
        json!({"from": from, "acts": count, "mean": mean, "right": share})
    });
    Value::Array(rows.collect())
}

/// Of the denials of `training/said.jsonl` that were found, how many have the day on which they were said, and are told
/// from those only remembered.
fn times(all: &[(Article, Vec<Statement>)]) -> anyhow::Result<Value> {
    let by_key: HashMap<String, &(Article, Vec<Statement>)> =
        all.iter().map(|entry| (labelled::key(&entry.0.name), entry)).collect();
    let (mut labelled, mut found, mut dated, mut day, mut undated, mut open, mut recalled) = (0, 0, 0, 0, 0, 0, 0);
    for line in std::fs::read_to_string("training/said.jsonl")?.lines() {
        let said: Value = serde_json::from_str(line)?;
        let field = |name: &str| said[name].as_str().unwrap_or_default();
        let Some((article, statements)) = by_key.get(field("article")) else { continue };
        labelled += 1;
        let Some(label) = article.labels.iter().find(|label| label.denial && label.id == field("denial")) else {
            continue;
        };
        let on = |statement: &&Statement| {
            let spans = statement.cue.iter().chain(&statement.content);
            let mine = spans.flat_map(|span| labelled::words(&article.text, span.start..span.end)).collect();
            statement.act == Act::Denial && label.carries(&article.text, &mine)
        };
        let Some(statement) = statements.iter().find(on) else { continue };
        found += 1;
        let date = |which: &str| said[which].as_str().and_then(|day| day.parse().ok());
        let right = (statement.said_at.earliest, statement.said_at.latest) == (date("earliest"), date("latest"));
        match said["earliest"].is_null() && said["latest"].is_null() {
            true => (undated, open) = (undated + 1, open + usize::from(right)),
            false => (dated, day) = (dated + 1, day + usize::from(right)),
        }
        recalled += usize::from(Some(statement.recalled) == said["recalled"].as_bool());
    }
    println!(
        "\nOf {labelled} denials labelled with their time {found} are found: of {dated} dated {day} have their days,"
    );
    println!(
        "of {undated} undated {open} have none; {recalled} are rightly told from those only remembered, or as those."
    );
    Ok(json!({"labelled": labelled, "found": found, "dated": dated, "dated_right": day, "undated": undated,
        "undated_right": open, "recalled_right": recalled}))
}

fn python(scorer: &Path, paths: &[PathBuf], options: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("python3").arg(scorer).args(paths).args(options).status();
    ensure!(status.context("python3 is needed for the scorers")?.success(), "{} failed", scorer.display());
    Ok(())
}
