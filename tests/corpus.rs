//! The engine on the labelled development sets of `../shared`: the seed exactly, and no figure far below the recorded.
//!
//! `cargo test --release --test corpus -- --ignored`; needs Python 3 for the scorers.
#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pooled figures of the development sets, as `cargo run --release --example evaluate` last printed them.
const RECORDED: [(&str, &str, f64); 5] = [
    ("denial", "F1", 0.7915),
    ("accusation", "F1", 0.7309),
    ("link", "F1", 0.3538),
    ("alert", "P", 0.6094),
    ("denial_speaker", "share", 0.8216),
];
/// How far a figure may fall before it is a failure.
const SLACK: f64 = 0.03;

fn shared() -> PathBuf {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    assert!(shared.is_dir(), "{} is needed beside the checkout for the corpus tests", shared.display());
    shared
}

/// Runs `gainsay extract` over a set's articles; the file of what it found.
fn extract(set: &Path, folder: &Path, published: Option<&str>) -> PathBuf {
    let mut articles: Vec<PathBuf> =
        std::fs::read_dir(set.join("articles")).unwrap().map(|entry| entry.unwrap().path()).collect();
    articles.sort();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gainsay"));
    command.args(["extract", "--format", "jsonl"]).args(published.map(|at| format!("--published={at}"))).args(articles);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = folder.join(format!("{}.jsonl", set.file_name().unwrap().to_string_lossy()));
    std::fs::write(&file, output.stdout).unwrap();
    file
}

fn score(pairs: &[(PathBuf, PathBuf)]) -> Value {
    let mut command = Command::new("python3");
    command.arg(shared().join("eval/score_acts.py")).arg("--json");
    for (set, predictions) in pairs {
        command.arg(set).arg(predictions);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "needs ../shared"]
fn the_seed_is_read_right() {
    let folder = tempfile::tempdir().unwrap();
    let set = shared().join("seed");
    let predictions = extract(&set, folder.path(), Some("2022-11-08T09:00:00Z"));
    let score = score(&[(set, predictions.clone())]);
    for (figure, name) in [("denial", "P"), ("denial", "R"), ("link", "R"), ("alert", "R")] {
        assert_eq!(score[figure][name], 1.0, "{figure} {name}: {score:#}");
    }
    assert_eq!(score["denial_speaker"]["share"], 1.0, "{score:#}");
    assert_eq!(score["alert"]["fp"], 0, "no false alert: {score:#}");
    let found: Value = serde_json::from_str(&std::fs::read_to_string(predictions).unwrap()).unwrap();
    let recalled: Vec<&Value> = found["statements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["act"] == "denial" && statement["recalled"] == true)
        .collect();
    assert_eq!(recalled.len(), 1, "the denial of September is recalled: {recalled:#?}");
    assert_eq!(recalled[0]["said_at"], serde_json::json!({"earliest": "2022-09-01", "latest": "2022-09-30"}));
}

#[test]
#[ignore = "needs ../shared"]
fn no_pooled_figure_falls_far_below_the_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["politics", "world", "wire"].map(|name| shared().join("eval").join(name));
    let pairs = sets.map(|set| {
        let predictions = extract(&set, folder.path(), None);
        (set, predictions)
    });
    let score = &score(&pairs)["pooled"];
    for (figure, name, recorded) in RECORDED {
        let now = score[figure][name].as_f64().unwrap();
        println!("{figure} {name}: {now:.4}, recorded {recorded:.4}");
        assert!(now >= recorded - SLACK, "{figure} {name} fell from {recorded} to {now}");
    }
}
