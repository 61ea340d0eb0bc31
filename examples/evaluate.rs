//! Runs the engine over the development sets and prints the scorers' figures.
//!
//!     cargo run --release --example evaluate [-- --shared ../shared] [--errors N] [--json FILE] [--polnear]
//!
//! It writes one predictions file a set to a temporary folder and calls the Python scorers beside the sets.

use anyhow::{Context, ensure};
use gainsay::statements::{Actors, extract, json};
use jiff::civil::Date;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let mut shared = PathBuf::from("../shared");
    let mut errors = "0".to_owned();
    let mut json_file = None;
    let mut polnear = None;
    let mut only = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--shared" => shared = value()?.into(),
            "--errors" => errors = value()?,
            "--json" => json_file = Some(value()?),
            "--polnear" => polnear = Some(PathBuf::from(value()?)),
            "--only" => only = Some(value()?),
            other => anyhow::bail!("unknown argument {other}"),
        }
    }
    ensure!(shared.join("eval").is_dir(), "no development sets at {}", shared.display());
    let out = std::env::temp_dir().join(format!("gainsay-evaluate-{}", std::process::id()));
    std::fs::create_dir_all(&out)?;
    let dates = dates(&shared.join("eval/world/dates.tsv"))?;
    let mut pairs: Vec<PathBuf> = Vec::new();
    let (mut words, started) = (0, Instant::now());
    for (set, folder) in
        [("seed", "seed"), ("politics", "eval/politics"), ("world", "eval/world"), ("wire", "eval/wire")]
    {
        if only.as_deref().is_some_and(|only| only != set) {
            continue;
        }
        let predictions = out.join(format!("{set}.jsonl"));
        words += predict(&shared.join(folder).join("articles"), &predictions, &dates)?;
        pairs.extend([shared.join(folder), predictions]);
    }
    eprintln!("{words} words in {:.1} s", started.elapsed().as_secs_f64());
    let scorer = shared.join("eval/score_acts.py");
    let status = Command::new("python3")
        .arg(&scorer)
        .args(&pairs)
        .args(["--errors", &errors])
        .status()
        .context("python3 is needed for the scorers")?;
    ensure!(status.success(), "{} failed", scorer.display());
    if let Some(file) = json_file {
        let scored = Command::new("python3").arg(&scorer).args(&pairs).arg("--json").output()?;
        std::fs::write(&file, scored.stdout).with_context(|| format!("cannot write {file}"))?;
    }
    if let Some(folder) = polnear {
        let predictions = out.join("polnear.jsonl");
        predict(&folder.join("text"), &predictions, &HashMap::new())?;
        Command::new("python3")
            .arg(shared.join("eval/score_attributions.py"))
            .arg("--ann")
            .arg(folder.join("attributions"))
            .arg("--text")
            .arg(folder.join("text"))
            .arg("--pred")
            .arg(&predictions)
            .arg("--md")
            .status()?;
    }
    eprintln!("predictions: {}", out.display());
    Ok(())
}

/// Writes one line an article, as `gainsay extract --format jsonl` does. Returns the number of words read.
fn predict(articles: &Path, predictions: &Path, dates: &HashMap<String, Date>) -> anyhow::Result<usize> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(articles)
        .with_context(|| format!("cannot read {}", articles.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let actors = Actors::builtin();
    let mut out = std::io::BufWriter::new(std::fs::File::create(predictions)?);
    let mut words = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "txt")) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file)?;
        words += text.split_whitespace().count();
        // Names of campaign coverage carry the date: outlet_2016-03-14_….
        let date = dates.get(&name).copied().or_else(|| name.split('_').nth(1).and_then(|part| part.parse().ok()));
        let found = extract(&text, date, &actors);
        let line = serde_json::json!({"article": name, "statements": json::statements(&text, &found)});
        writeln!(out, "{line}")?;
    }
    Ok(words)
}

fn dates(file: &Path) -> anyhow::Result<HashMap<String, Date>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, time)| Some((name.to_owned(), time.get(..10)?.parse().ok()?)))
        .collect())
}
