//! Trains the weights by which a saying is judged to accuse, to deny or neither, on the labelled development sets, and
//! measures them by cross-validation over articles.
//!
//!     cargo run --release --example train_acts -- [--shared ../shared] [--out src/statements/weights.tsv]
//!
//! Prints the scorer's pooled figures of five folds, each read with weights that have not seen its articles, then writes
//! weights trained on all. Deterministic: the same sets give the same file.

use anyhow::Context;
use gainsay::statements::judgement::{Candidate, Weights};
use gainsay::statements::{Actors, candidates, extract_with, json};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDS: usize = 5;
const ROUNDS: usize = 60;
/// How many articles a word must stand in to have a weight.
const LEAST: usize = 4;

struct Article {
    set: &'static str,
    name: String,
    text: String,
    date: Option<Date>,
    samples: Vec<Sample>,
}

struct Sample {
    features: Vec<String>,
    /// 0 neither, 1 accuses, 2 denies.
    class: usize,
}

fn main() -> anyhow::Result<()> {
    let mut shared = PathBuf::from("../shared");
    let mut out = PathBuf::from("src/statements/weights.tsv");
    let mut decay = 5.0;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--shared" => shared = value.into(),
            "--out" => out = value.into(),
            "--decay" => decay = value.parse()?,
            other => anyhow::bail!("unknown argument {other}"),
        }
    }
    let dates = dates(&shared.join("eval/world/dates.tsv"))?;
    let mut articles = Vec::new();
    for set in ["politics", "world", "wire"] {
        read(&shared.join("eval").join(set), set, &dates, &mut articles)?;
    }
    let samples: Vec<&Sample> = articles.iter().flat_map(|article| &article.samples).collect();
    let count = |class| samples.iter().filter(|sample| sample.class == class).count();
    eprintln!("{} articles, {} contents: {} accuse, {} deny", articles.len(), samples.len(), count(1), count(2));

    let folder = std::env::temp_dir().join(format!("gainsay-train-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let actors = Actors::builtin();
    let mut files: BTreeMap<&str, std::fs::File> = BTreeMap::new();
    for set in ["politics", "world", "wire"] {
        files.insert(set, std::fs::File::create(folder.join(format!("{set}.jsonl")))?);
    }
    for fold in 0..FOLDS {
        let seen: Vec<&Article> =
            articles.iter().enumerate().filter(|(i, _)| i % FOLDS != fold).map(|(_, a)| a).collect();
        let weights = Weights::read(&train(&seen, decay));
        for article in articles.iter().skip(fold).step_by(FOLDS) {
            let found = extract_with(&article.text, article.date, &actors, &weights);
            let line =
                serde_json::json!({"article": article.name, "statements": json::statements(&article.text, &found)});
            writeln!(files.get(article.set).context("a known set")?, "{line}")?;
        }
    }
    let mut scorer = Command::new("python3");
    scorer.arg(shared.join("eval/score_acts.py"));
    for set in files.keys() {
        scorer.arg(shared.join("eval").join(set)).arg(folder.join(format!("{set}.jsonl")));
    }
    scorer.status().context("python3 is needed for the scorer")?;
    eprintln!("held-out predictions: {}", folder.display());
    let all: Vec<&Article> = articles.iter().collect();
    std::fs::write(&out, train(&all, decay)).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(())
}

/// Multinomial logistic regression by AdaGrad with weight decay, as a table of weights.
fn train(articles: &[&Article], decay: f64) -> String {
    let mut stands_in: HashMap<&str, usize> = HashMap::new();
    for article in articles {
        let own: HashSet<&str> = article.samples.iter().flat_map(|s| s.features.iter().map(String::as_str)).collect();
        for feature in own {
            *stands_in.entry(feature).or_default() += 1;
        }
    }
    let mut names: Vec<&str> = stands_in.iter().filter(|(_, n)| **n >= LEAST).map(|(name, _)| *name).collect();
    names.sort_unstable();
    let index: HashMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let samples: Vec<(Vec<usize>, usize)> = articles
        .iter()
        .flat_map(|article| &article.samples)
        .map(|s| (s.features.iter().filter_map(|f| index.get(f.as_str()).copied()).collect(), s.class))
        .collect();
    let mut weights = vec![[0.0f64; 2]; names.len()];
    let mut squares = vec![[1e-6f64; 2]; names.len()];
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let mut state = 1u64;
    let per_step = decay / samples.len() as f64 * 100.0;
    for _ in 0..ROUNDS {
        for i in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        for &number in &order {
            let (features, class) = &samples[number];
            let mut sums = [0.0f64; 2];
            for &f in features {
                sums[0] += weights[f][0];
                sums[1] += weights[f][1];
            }
            let exps = sums.map(|s| s.clamp(-30.0, 30.0).exp());
            let total = 1.0 + exps[0] + exps[1];
            for act in 0..2 {
                let error = exps[act] / total - f64::from(*class == act + 1);
                for &f in features {
                    let gradient = error + per_step * weights[f][act];
                    squares[f][act] += gradient * gradient;
                    weights[f][act] -= 0.15 * gradient / squares[f][act].sqrt();
                }
            }
        }
    }
    let mut table = String::from(
        "# feature\taccuses\tdenies\n# Trained by examples/train_acts.rs on the labelled development sets.\n",
    );
    for (name, [accuses, denies]) in names.iter().zip(&weights) {
        if accuses.abs() >= 0.02 || denies.abs() >= 0.02 {
            let _ = writeln!(table, "{name}\t{accuses:.3}\t{denies:.3}");
        }
    }
    table
}

fn read(
    folder: &Path,
    set: &'static str,
    dates: &HashMap<String, Date>,
    articles: &mut Vec<Article>,
) -> anyhow::Result<()> {
    let actors = Actors::builtin();
    let labels = std::fs::read_to_string(folder.join("labels.jsonl"))
        .with_context(|| format!("no labels in {}", folder.display()))?;
    for line in labels.lines().filter(|line| !line.trim().is_empty()) {
        let label: Value = serde_json::from_str(line)?;
        let name = label["article"].as_str().context("a label without an article")?.to_owned();
        let text = std::fs::read_to_string(folder.join("articles").join(format!("{name}.txt")))?;
        let date = dates.get(&name).copied().or_else(|| name.split('_').nth(1).and_then(|part| part.parse().ok()));
        let samples = candidates(&text, date, &actors)
            .into_iter()
            .filter_map(|candidate| sample(&text, &label, candidate))
            .collect();
        articles.push(Article { set, name, text, date, samples });
    }
    Ok(())
}

/// A candidate with its class; none where it lies on a borderline label.
fn sample(text: &str, label: &Value, candidate: Candidate) -> Option<Sample> {
    let mine: HashSet<usize> = candidate.spans.iter().flat_map(|span| words(text, span.start, span.end)).collect();
    let mut class = 0;
    for (kind, number) in [("accusations", 1), ("denials", 2)] {
        for entry in label[kind].as_array().into_iter().flatten() {
            let passages: Vec<HashSet<usize>> = std::iter::once(&entry["text"])
                .chain(entry["also"].as_array().into_iter().flatten())
                .filter_map(Value::as_str)
                .flat_map(|needle| {
                    text.match_indices(needle)
                        .map(|(at, _)| words(text, at, at + needle.len()).collect())
                        .collect::<Vec<_>>()
                })
                .collect();
            let union: HashSet<usize> = passages.iter().flatten().copied().collect();
            let inside = mine.intersection(&union).count();
            let covers = passages.iter().any(|p| !p.is_empty() && p.intersection(&mine).count() * 5 >= p.len());
            if mine.is_empty() || inside * 3 < mine.len() || !covers {
                continue;
            }
            if entry["borderline"].as_bool() == Some(true) {
                return None;
            }
            class = number;
        }
    }
    Some(Sample { features: candidate.features, class })
}

/// The starts of the words between two bytes.
fn words(text: &str, start: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
    let mut before = false;
    text[start..end].char_indices().filter_map(move |(at, c)| {
        let word = c.is_alphanumeric() || c == '_';
        let begins = word && !before;
        before = word;
        begins.then_some(start + at)
    })
}

fn dates(file: &Path) -> anyhow::Result<HashMap<String, Date>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.filter_map(|(name, time)| Some((name.to_owned(), time.get(..10)?.parse().ok()?))).collect())
}
