//! Trains the weights by which statements are judged (what a saying does, whom an accusation blames, which denial answers
//! which accusation), and measures them by cross-validation over the articles of the development sets.
//!
//!     cargo run --release --example train_statements -- [--shared ../shared] [--labels FILE] [--out FILE] [--folds N]
//!
//! Learns from the labelled development sets and from `training/labels.jsonl` (more articles of `../shared/corpora`,
//! labelled by reading, as offsets). Writes weights trained on all of them, then prints the scorer's figures: of ten folds,
//! each read with weights that have not seen its articles, and of `training/week.jsonl` (labels of the news week, which is
//! there for measuring only) read with the weights written. Deterministic: the same labels give the same file.

use anyhow::{Context, bail};
use gainsay::statements::judgement::{Candidate, Question, Weights};
use gainsay::statements::{Actors, asked, extract_with, json};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDS: usize = 10;
const ROUNDS: usize = 40;
/// How many articles a feature must stand in to have a weight.
const LEAST: usize = 4;

/// How strongly the weights of each question are held down, in the order of [`Question::ALL`].
const DECAY: [f64; 3] = [15.0, 0.3, 20.0];

/// A labelled accusation or denial.
struct Label {
    id: String,
    denial: bool,
    /// The passages that carry it, in bytes; any of them counts.
    passages: Vec<Range<usize>>,
    /// Whom an accusation blames.
    accused: Option<String>,
    answers: Vec<String>,
    /// Who denies, and for whom.
    deniers: Vec<String>,
    borderline: bool,
}

struct Article {
    /// The development set; none for what is only learned from.
    set: Option<&'static str>,
    name: String,
    text: String,
    date: Option<Date>,
    labels: Vec<Label>,
    fold: usize,
}

/// Alternatives with their features, and which of them is right.
struct Sample {
    article: usize,
    alternatives: Vec<Vec<String>>,
    /// For [`Question::Act`] 0 neither, 1 accuses, 2 denies; for [`Question::Link`] 0 or 1.
    class: usize,
    /// For [`Question::Target`]: the right alternatives.
    right: Vec<usize>,
}

fn main() -> anyhow::Result<()> {
    let mut shared = PathBuf::from("../shared");
    let mut labels = PathBuf::from("training/labels.jsonl");
    let mut out = PathBuf::from("src/statements/weights.tsv");
    let mut decay = DECAY;
    let mut parts = FOLDS;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--shared" => shared = value.into(),
            "--labels" => labels = value.into(),
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
    let dev = articles.iter().filter(|article| article.set.is_some()).count();
    eprintln!("{dev} articles of the development sets, {} more", articles.len() - dev);

    // Each question is learned from what the ones before it say of articles that they have not seen.
    let mut folds = vec![String::new(); parts];
    let mut all = String::new();
    for question in Question::ALL {
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
    measure_week(&week, &Weights::read(&all), &shared)
}

/// What the scorer says of articles that no weights have seen.
fn measure_week(articles: &[Article], weights: &Weights, shared: &Path) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("gainsay-week-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("articles"))?;
    let actors = Actors::builtin();
    let mut labels = std::fs::File::create(folder.join("labels.jsonl"))?;
    let mut predictions = std::fs::File::create(folder.join("predictions.jsonl"))?;
    for article in articles {
        std::fs::write(folder.join("articles").join(format!("{}.txt", article.name)), &article.text)?;
        let entries = |denial: bool| -> Vec<Value> {
            let labels = article.labels.iter().filter(|label| label.denial == denial);
            labels.map(|label| label.as_scored(&article.text)).collect()
        };
        let label = serde_json::json!({
            "article": article.name, "accusations": entries(false), "denials": entries(true)
        });
        writeln!(labels, "{label}")?;
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
    let found = extract_with(&article.text, article.date, actors, weights);
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
        let mut candidates = asked(&article.text, article.date, &actors, &weights[article.fold]);
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
    let (class, right) = match first.question {
        Question::Act => {
            let accuses = on(&first.spans, false);
            let denies = on(&first.spans, true);
            if accuses.iter().chain(&denies).any(|label| label.borderline) {
                return None;
            }
            (if denies.is_empty() { usize::from(!accuses.is_empty()) } else { 2 }, Vec::new())
        }
        Question::Target => {
            let labels = on(&first.spans, false);
            let accused = labels.iter().find_map(|label| label.accused.as_deref())?;
            let fits = |candidate: &Candidate| candidate.names.iter().any(|name| same_name(accused, name));
            let right: Vec<usize> = group.iter().enumerate().filter(|(_, c)| fits(c)).map(|(at, _)| at).collect();
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
            let by = |label: &&&Label| {
                label.deniers.is_empty()
                    || label.deniers.iter().any(|denier| first.names.iter().any(|name| same_name(denier, name)))
            };
            let answered: HashSet<&String> = denials.iter().filter(by).flat_map(|label| &label.answers).collect();
            let accusations = on(&first.other, false);
            (usize::from(accusations.iter().any(|label| answered.contains(&label.id))), Vec::new())
        }
    };
    Some(Sample { article: number, alternatives, class, right })
}

impl Label {
    /// As the scorer reads it.
    fn as_scored(&self, text: &str) -> Value {
        let mut passages = self.passages.iter().filter_map(|range| text.get(range.clone()));
        let first = passages.next().unwrap_or_default();
        serde_json::json!({
            "id": self.id, "text": first, "also": passages.collect::<Vec<_>>(), "accused": self.accused,
            "denier": self.deniers.first(), "for": self.deniers.get(1), "answers": self.answers,
            "borderline": self.borderline,
        })
    }

    /// Whether words (their starts) lie on the label as the scorer sees it: a third of them in its passages, and a fifth
    /// of one passage among them.
    fn carries(&self, text: &str, mine: &HashSet<usize>) -> bool {
        let passages: Vec<HashSet<usize>> =
            self.passages.iter().map(|range| words(text, range.clone()).collect()).collect();
        let inside = mine.iter().filter(|word| passages.iter().any(|passage| passage.contains(word))).count();
        !mine.is_empty()
            && inside * 3 >= mine.len()
            && passages.iter().any(|p| !p.is_empty() && p.intersection(mine).count() * 5 >= p.len())
    }
}

/// Whether a candidate's name is that of the labelled party: the same words, or one within the other.
fn same_name(labelled: &str, name: &str) -> bool {
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

fn report(question: Question, samples: &[Sample]) {
    let count = |class| samples.iter().filter(|sample| sample.class == class).count();
    let nobody = samples.iter().filter(|sample| sample.right == [sample.alternatives.len().saturating_sub(1)]).count();
    match question {
        Question::Act => eprintln!("{} contents: {} accuse, {} deny", samples.len(), count(1), count(2)),
        Question::Target => eprintln!("{} accusations: whom they blame is no candidate in {nobody}", samples.len()),
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
    let indexed: Vec<Indexed> =
        samples.iter().map(|s| (s.alternatives.iter().map(known).collect(), s.class, s.right.clone())).collect();
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
                Question::Link => {
                    let p = 1.0 / (1.0 + (-sums[0][0].clamp(-30.0, 30.0)).exp());
                    vec![[p - f64::from(*class == 1), 0.0]]
                }
                Question::Target => {
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

fn read_set(
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
        articles.push(Article { set: Some(set), name, text, date, labels, fold: 0 });
    }
    Ok(())
}

/// The articles of `training/labels.jsonl`, whose labels are offsets in code points of the corpora's texts.
fn read_more(file: &Path, corpora: &Path, articles: &mut Vec<Article>) -> anyhow::Result<()> {
    let lines = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let output = |command: &mut Command| -> anyhow::Result<Vec<u8>> {
        let output = command.output().with_context(|| format!("{command:?}"))?;
        anyhow::ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    };
    let week = String::from_utf8(output(Command::new("xz").arg("-dc").arg(corpora.join("news-week.jsonl.xz")))?)?;
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
        articles.push(Article { set: None, name, date, labels, fold: 0, text: text.clone() });
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The key of an article in the labels: its corpus's name for it often is its headline, which is not ours to spread.
fn key(name: &str) -> String {
    let mut key = gainsay::articles::sha256(name.as_bytes());
    key.truncate(16);
    key
}

fn labels_of(
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
                deniers: [party(&entry["denier"]), party(&entry["for"])].into_iter().flatten().collect(),
                borderline: entry["borderline"].as_bool() == Some(true),
            });
        }
    }
    labels
}

/// The starts of the words between two bytes.
fn words(text: &str, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
    let mut before = false;
    let start = range.start;
    text[range].char_indices().filter_map(move |(at, c)| {
        let word = c.is_alphanumeric() || c == '_';
        let begins = word && !before;
        before = word;
        begins.then_some(start + at)
    })
}

fn date_in_name(name: &str) -> Option<Date> {
    name.split('_').nth(1).and_then(|part| part.parse().ok())
}

fn dates(file: &Path) -> anyhow::Result<HashMap<String, Date>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.filter_map(|(name, time)| Some((name.to_owned(), time.get(..10)?.parse().ok()?))).collect())
}
