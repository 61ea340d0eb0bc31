//! Trains the weights by which statements are judged (what a saying does, who denies, whom an accusation blames, which denial
//! answers which accusation), and measures them by cross-validation over the articles of the development sets.
//!
//!     cargo run --release --example train_statements -- [--shared ../shared] [--labels FILE] [--out FILE] [--folds N] \
//!         [--readers FOLDER] [--keep FOLDER] [--only QUESTION]
//!
//! FOLDER holds readers `0.safetensors` and so on, each trained without the articles of its part of the development sets
//! (`docs/reader.md`): what the weights learn from and are measured on is then read by one that has not seen it. Without
//! them the built-in reader reads, which has seen it all.
//!
//! `--only` learns one question anew and leaves the others as they are, so that no figure of the development sets is held out
//! then but in that question. `--keep` puts into a folder what was read, which takes most of the time, and a later run takes
//! it from there: one folder for each reader.
//!
//! Learns from the labelled development sets and from `training/labels.jsonl` (more articles of `../shared/corpora`,
//! labelled by reading, as offsets). Writes weights trained on all of them, then prints the scorer's figures: of ten folds,
//! each read with weights that have not seen its articles, and of `training/week.jsonl` (labels of the news week, which is
//! there for measuring only) read with the weights written. Deterministic: the same labels give the same file.

#[path = "support/labelled.rs"]
mod labelled;

use anyhow::{Context, bail};
use gainsay::language::Document;
use gainsay::statements::judgement::{Candidate, Question, Weights};
use gainsay::statements::reader::Reader;
use gainsay::statements::{Actors, asked, find_with, json};
use labelled::{Article, Label, dates, is_right, key, read_more, read_set, same_name, words, write_set};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDS: usize = 10;
const ROUNDS: usize = 40;
/// How many articles a feature must stand in to have a weight.
const LEAST: usize = 4;

/// How strongly the weights of each question are held down, in the order of [`Question::ALL`].
const DECAY: [f64; 6] = [20.0, 1.0, 0.3, 8.0, 20.0, 6.0];

/// Alternatives with their features, and which of them is right.
struct Sample {
    article: usize,
    alternatives: Vec<Vec<String>>,
    /// For [`Question::Act`] 0 neither, 1 accuses, 2 denies; for [`Question::Link`] 0 or 1.
    class: usize,
    /// For [`Question::Denier`] and [`Question::Target`]: the right alternatives.
    right: Vec<usize>,
}

fn main() -> anyhow::Result<()> {
    let mut shared = PathBuf::from("../shared");
    let mut labels = PathBuf::from("training/labels.jsonl");
    let mut out = PathBuf::from("src/statements/weights.tsv");
    let mut readers = None;
    let mut keep = None;
    let mut only = None;
    let mut decay = DECAY;
    let mut parts = FOLDS;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--shared" => shared = value.into(),
            "--labels" => labels = value.into(),
            "--readers" => readers = Some(PathBuf::from(value)),
            "--keep" => keep = Some(PathBuf::from(value)),
            "--only" => {
                let known = Question::ALL.iter().any(|question| question.name() == value);
                anyhow::ensure!(known, "there is no question {value}");
                only = Some(value);
            }
            "--out" => out = value.into(),
            "--folds" => parts = value.parse()?,
            "--decay" => {
                for (place, part) in decay.iter_mut().zip(value.split(',')) {
                    *place = part.parse()?;
                }
            }
            other => bail!("unknown argument {other}"),
        }
    }
    let dates = dates(&shared.join("eval/world/dates.tsv"))?;
    let mut articles = Vec::new();
    for set in ["politics", "world", "wire"] {
        read_set(&shared.join("eval").join(set), set, &dates, &mut articles)?;
    }
    read_more(&labels, &shared.join("corpora"), &mut articles)?;
    for (number, article) in articles.iter_mut().enumerate() {
        article.fold = number % parts;
    }
    if readers.is_some() {
        // Every reader has seen the others.
        articles.retain(|article| article.set.is_some());
    }
    let keep = |name: &str| keep.as_ref().map(|folder| folder.join(format!("{name}.jsonl")));
    read_all(&mut articles, readers.as_deref(), keep("learned"))?;
    let dev = articles.iter().filter(|article| article.set.is_some()).count();
    eprintln!("{dev} articles of the development sets, {} more", articles.len() - dev);

    // Each question is learned from what the ones before it say of articles that they have not seen.
    let mut folds = vec![String::new(); parts];
    let mut all = String::new();
    let known = only.as_ref().map_or(Ok(String::new()), |_| std::fs::read_to_string("src/statements/weights.tsv"))?;
    for question in Question::ALL {
        if only.as_ref().is_some_and(|only| only != question.name()) {
            let lines = known.lines().filter(|line| line.split('\t').next() == Some(question.name()));
            let table: String = lines.flat_map(|line| [line, "\n"]).collect();
            folds.iter_mut().chain([&mut all]).for_each(|all| all.push_str(&table));
            continue;
        }
        let samples = samples(&articles, question, &folds);
        report(question, &samples);
        let decay = decay[question as usize];
        for (fold, table) in folds.iter_mut().enumerate() {
            let seen: Vec<&Sample> = samples.iter().filter(|sample| articles[sample.article].fold != fold).collect();
            table.push_str(&train(question, &seen, decay));
        }
        all.push_str(&train(question, &samples.iter().collect::<Vec<_>>(), decay));
    }
    let head = "# question\tfeature\tweights\n# Trained by examples/train_statements.rs.\n";
    std::fs::write(&out, format!("{head}{all}")).with_context(|| format!("cannot write {}", out.display()))?;
    measure(&articles, &folds, &shared)?;
    let mut week = Vec::new();
    read_more(Path::new("training/week.jsonl"), &shared.join("corpora"), &mut week)?;
    read_all(&mut week, None, keep("week"))?;
    measure_week(&week, &Weights::read(&all), &shared)
}

/// Has every article read: by the reader of `folder` that has not seen it, else by the one built in; or takes what the file
/// `kept` has of an earlier run.
fn read_all(articles: &mut [Article], folder: Option<&Path>, kept: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(kept) = kept.as_ref().filter(|kept| kept.exists()) {
        let lines = std::fs::read_to_string(kept)?;
        anyhow::ensure!(lines.lines().count() == articles.len(), "{} is of other articles", kept.display());
        for (line, article) in lines.lines().zip(articles) {
            article.reading = serde_json::from_str(line)?;
        }
        return Ok(());
    }
    let mut files = Vec::new();
    while let Some(file) =
        folder.map(|folder| folder.join(format!("{}.safetensors", files.len()))).filter(|f| f.exists())
    {
        files.push(std::fs::read(file)?);
    }
    let readers: Vec<Reader> =
        files.iter().map(|file| Reader::load(file).context("no reader")).collect::<Result<_, _>>()?;
    let (first, second) = articles.split_at_mut(articles.len() / 2);
    std::thread::scope(|scope| {
        for half in [first, second] {
            scope.spawn(|| {
                for article in half {
                    let part =
                        u64::from_str_radix(&key(&article.name), 16).map_or(0, |key| key % readers.len().max(1) as u64);
                    let reader = readers.get(part as usize).unwrap_or_else(|| Reader::builtin());
                    article.reading = reader.read(&Document::read(&article.text));
                }
            });
        }
    });
    if let Some(kept) = kept {
        std::fs::create_dir_all(kept.parent().unwrap_or(Path::new(".")))?;
        let mut file = std::io::BufWriter::new(std::fs::File::create(&kept)?);
        for article in articles {
            writeln!(file, "{}", serde_json::to_string(&article.reading)?)?;
        }
        file.flush()?;
    }
    Ok(())
}

/// What the scorer says of articles that no weights have seen.
fn measure_week(articles: &[Article], weights: &Weights, shared: &Path) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("gainsay-week-{}", std::process::id()));
    write_set(&folder, articles)?;
    let actors = Actors::builtin();
    let mut predictions = std::fs::File::create(folder.join("predictions.jsonl"))?;
    for article in articles {
        predict(article, &actors, weights, &mut predictions)?;
    }
    eprintln!("the news week, {} articles: {}", articles.len(), folder.display());
    let predictions = folder.join("predictions.jsonl");
    score(shared, [(folder, predictions)].into_iter())
}

/// What the scorer says of the development sets, each article read with weights that have not seen it.
fn measure(articles: &[Article], folds: &[String], shared: &Path) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("gainsay-train-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let actors = Actors::builtin();
    let weights: Vec<Weights> = folds.iter().map(|table| Weights::read(table)).collect();
    let mut files: BTreeMap<&str, std::fs::File> = BTreeMap::new();
    for article in articles {
        let Some(set) = article.set else { continue };
        let file = match files.entry(set) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(std::fs::File::create(folder.join(format!("{set}.jsonl")))?)
            }
        };
        predict(article, &actors, &weights[article.fold], file)?;
    }
    let pairs = files.keys().map(|set| (shared.join("eval").join(set), folder.join(format!("{set}.jsonl"))));
    score(shared, pairs)?;
    eprintln!("held-out predictions: {}", folder.display());
    Ok(())
}

/// Writes what is found in an article, as the scorer reads it.
fn predict(article: &Article, actors: &Actors, weights: &Weights, file: &mut std::fs::File) -> anyhow::Result<()> {
    let document = Document::read(&article.text);
    let found = find_with(&document, article.date, actors, &article.reading, weights);
    let statements = json::statements(&article.text, &found);
    writeln!(file, "{}", serde_json::json!({"article": article.name, "statements": statements}))?;
    Ok(())
}

/// Prints what the scorer says of sets and what was found in them.
fn score(shared: &Path, pairs: impl Iterator<Item = (PathBuf, PathBuf)>) -> anyhow::Result<()> {
    let mut scorer = Command::new("python3");
    scorer.arg(shared.join("eval/score_acts.py"));
    for (set, predictions) in pairs {
        scorer.arg(set).arg(predictions);
    }
    scorer.status().context("python3 is needed for the scorer")?;
    Ok(())
}

/// The samples of a question over all articles, each article asked with the weights of its own fold.
fn samples(articles: &[Article], question: Question, folds: &[String]) -> Vec<Sample> {
    let actors = Actors::builtin();
    let weights: Vec<Weights> = folds.iter().map(|table| Weights::read(table)).collect();
    let mut samples = Vec::new();
    for (number, article) in articles.iter().enumerate() {
        let document = Document::read(&article.text);
        let mut candidates = asked(&document, article.date, &actors, &article.reading, &weights[article.fold]);
        candidates.retain(|candidate| candidate.question == question);
        for group in candidates.chunk_by(|a, b| a.group == b.group) {
            samples.extend(sample(article, number, group));
        }
    }
    samples
}

/// A group of candidates with the right answer; none where the labels don't tell.
fn sample(article: &Article, number: usize, group: &[Candidate]) -> Option<Sample> {
    let first = group.first()?;
    let alternatives = group.iter().map(|candidate| candidate.features.clone()).collect();
    let on = |spans: &[gainsay::language::Span], denial: bool| -> Vec<&Label> {
        let mine: HashSet<usize> = spans.iter().flat_map(|span| words(&article.text, span.start..span.end)).collect();
        let labels = article.labels.iter().filter(|label| label.denial == denial);
        labels.filter(|label| label.carries(&article.text, &mine)).collect()
    };
    let those = |fit: &dyn Fn(&Candidate) -> bool| -> Vec<usize> {
        group.iter().enumerate().filter(|(_, candidate)| fit(candidate)).map(|(at, _)| at).collect()
    };
    let (class, right) = match first.question {
        Question::Act => {
            let accuses = on(&first.spans, false);
            let denies = on(&first.spans, true);
            if accuses.iter().chain(&denies).any(|label| label.borderline) {
                return None;
            }
            (if denies.is_empty() { usize::from(!accuses.is_empty()) } else { 2 }, Vec::new())
        }
        Question::Denier => {
            let denials = on(&first.spans, true);
            if denials.is_empty() || denials.iter().any(|label| label.borderline) {
                return None;
            }
            let right = those(&|candidate| denials.iter().any(|label| label.is_by(&candidate.names)));
            if right.is_empty() {
                return None;
            }
            (0, right)
        }
        Question::Target => {
            let labels = on(&first.spans, false);
            let accused = labels.iter().find_map(|label| label.accused.as_deref())?;
            let right = those(&|candidate| candidate.names.iter().any(|name| same_name(accused, name)));
            // Where no candidate is right, nobody is the best answer.
            let nobody = group.len() - 1;
            (0, if right.is_empty() { vec![nobody] } else { right })
        }
        Question::Link => {
            let denials = on(&first.spans, true);
            if denials.iter().any(|label| label.borderline || label.answers.is_empty()) {
                return None;
            }
            // Who denies must be right as well: an alert names them.
            let by = denials.iter().filter(|label| label.is_by(&first.names));
            let answered: HashSet<&String> = by.flat_map(|label| &label.answers).collect();
            let accusations = on(&first.other, false);
            (usize::from(accusations.iter().any(|label| answered.contains(&label.id))), Vec::new())
        }
        Question::Answer => {
            let denials = on(&first.spans, true);
            if denials.iter().any(|label| label.borderline) {
                return None;
            }
            let mut by = denials.iter().filter(|label| label.is_by(&first.names) && !label.answers.is_empty());
            // What a denial itself says is alleged needs no other passage.
            let own = first.features.iter().any(|feature| matches!(feature.as_str(), "own" | "implied"));
            let accusations = on(&first.other, false);
            let answers = |label: &&Label| own || accusations.iter().any(|found| label.answers.contains(&found.id));
            (usize::from(by.any(answers)), Vec::new())
        }
        Question::Sure => {
            let denial = first.features.iter().any(|feature| feature == "Denial");
            (usize::from(is_right(article, denial, &first.spans, &first.names)?), Vec::new())
        }
    };
    Some(Sample { article: number, alternatives, class, right })
}

fn report(question: Question, samples: &[Sample]) {
    let count = |class| samples.iter().filter(|sample| sample.class == class).count();
    let nobody = samples.iter().filter(|sample| sample.right == [sample.alternatives.len().saturating_sub(1)]).count();
    match question {
        Question::Act => eprintln!("{} contents: {} accuse, {} deny", samples.len(), count(1), count(2)),
        Question::Denier => {
            let own = samples.iter().filter(|sample| sample.right.contains(&0)).count();
            eprintln!("{} denials by a pronoun, a role or nobody: the words alone are right in {own}", samples.len())
        }
        Question::Target => eprintln!("{} accusations: whom they blame is no candidate in {nobody}", samples.len()),
        Question::Sure => eprintln!("{} acts: {} are right", samples.len(), count(1)),
        Question::Answer => eprintln!("{} answers: {} are right", samples.len(), count(1)),
        Question::Link => eprintln!("{} pairs: {} answer", samples.len(), count(1)),
    }
}

/// A linear model by AdaGrad with weight decay, as lines of the table of weights: softmax over the acts, over the
/// alternatives of a choice, or logistic for yes and no.
fn train(question: Question, samples: &[&Sample], decay: f64) -> String {
    let mut stands_in: HashMap<&str, HashSet<usize>> = HashMap::new();
    for sample in samples {
        for feature in sample.alternatives.iter().flatten() {
            stands_in.entry(feature).or_default().insert(sample.article);
        }
    }
    let mut names: Vec<&str> = stands_in.iter().filter(|(_, n)| n.len() >= LEAST).map(|(name, _)| *name).collect();
    names.sort_unstable();
    let index: HashMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    type Indexed = (Vec<Vec<usize>>, usize, Vec<usize>);
    let known = |features: &Vec<String>| features.iter().filter_map(|f| index.get(f.as_str()).copied()).collect();
    let mut indexed: Vec<Indexed> =
        samples.iter().map(|s| (s.alternatives.iter().map(known).collect(), s.class, s.right.clone())).collect();
    // Every content twice, the second time without the reader's marks, so that neither words nor marks lean on the other.
    if question == Question::Act {
        let heard = |f: &usize| names[*f].starts_with("reads ");
        let deaf = |features: &Vec<usize>| features.iter().copied().filter(|f| !heard(f)).collect();
        let unread: Vec<Indexed> =
            indexed.iter().map(|(a, class, right)| (a.iter().map(deaf).collect(), *class, right.clone())).collect();
        indexed.extend(unread);
    }
    let mut weights = vec![[0.0f64; 2]; names.len()];
    let mut squares = vec![[1e-6f64; 2]; names.len()];
    let mut order: Vec<usize> = (0..indexed.len()).collect();
    let mut state = 1u64;
    let per_step = decay / indexed.len() as f64 * 100.0;
    // The mean over the later rounds is steadier than the last one.
    let mut means = vec![[0.0f64; 2]; names.len()];
    for round in 0..ROUNDS {
        for i in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        for &number in &order {
            let (alternatives, class, right) = &indexed[number];
            let sums: Vec<[f64; 2]> = alternatives
                .iter()
                .map(|features| features.iter().fold([0.0; 2], |[a, b], &f| [a + weights[f][0], b + weights[f][1]]))
                .collect();
            // The error of each alternative's sums.
            let errors: Vec<[f64; 2]> = match question {
                Question::Act => {
                    let exps = sums[0].map(|sum| sum.clamp(-30.0, 30.0).exp());
                    let total = 1.0 + exps[0] + exps[1];
                    vec![[0, 1].map(|act| exps[act] / total - f64::from(*class == act + 1))]
                }
                Question::Link | Question::Sure | Question::Answer => {
                    let p = 1.0 / (1.0 + (-sums[0][0].clamp(-30.0, 30.0)).exp());
                    vec![[p - f64::from(*class == 1), 0.0]]
                }
                Question::Denier | Question::Target => {
                    let exps: Vec<f64> = sums.iter().map(|sum| sum[0].clamp(-30.0, 30.0).exp()).collect();
                    let total: f64 = exps.iter().sum();
                    let good: f64 = right.iter().map(|&at| exps[at]).sum();
                    let wanted = |at: usize| if right.contains(&at) { exps[at] / good } else { 0.0 };
                    (0..exps.len()).map(|at| [exps[at] / total - wanted(at), 0.0]).collect()
                }
            };
            for (features, error) in alternatives.iter().zip(errors) {
                for (act, error) in error.into_iter().enumerate().take(if question == Question::Act { 2 } else { 1 }) {
                    for &f in features {
                        let gradient = error + per_step * weights[f][act];
                        squares[f][act] += gradient * gradient;
                        weights[f][act] -= 0.15 * gradient / squares[f][act].sqrt();
                    }
                }
            }
        }
        if round >= ROUNDS / 2 {
            let share = 1.0 / (ROUNDS - ROUNDS / 2) as f64;
            for (mean, weight) in means.iter_mut().zip(&weights) {
                *mean = [mean[0] + share * weight[0], mean[1] + share * weight[1]];
            }
        }
    }
    let mut table = String::new();
    for (name, [first, second]) in names.iter().zip(&means) {
        if first.abs() >= 0.02 || second.abs() >= 0.02 {
            let _ = match question {
                Question::Act => writeln!(table, "{}\t{name}\t{first:.3}\t{second:.3}", question.name()),
                _ => writeln!(table, "{}\t{name}\t{first:.3}", question.name()),
            };
        }
    }
    table
}
