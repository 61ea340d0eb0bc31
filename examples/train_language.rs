//! Trains the tagger and the parser of `gainsay::language` and writes `src/language/model.bin`.
//!
//! ```sh
//! tar xJf ud-english.tar.xz
//! cargo run --release --example train_language -- ud-english
//! cargo run --release --example train_language -- ud-english --measure   # after a rebuild: the compiled-in model
//! ```
//!
//! A second argument names news text that a teacher has annotated (`docs/language-model.md` has the script): its tags
//! train the tagger, and those of its edges that have a sure counterpart in Universal Dependencies the parser.
//!
//! The folder holds `ewt/` and `gum/`, each with `file-lists/files.{train,dev,test}`. The same folder gives the same
//! file, byte for byte. `docs/language-model.md` says what the data are and what the models reach.

use std::{
    collections::{HashMap, HashSet},
    fs,
    hash::{BuildHasherDefault, Hasher},
    path::Path,
    thread,
};

use anyhow::{Context, Result, bail};
use gainsay::language::{
    Dep, Document, Tag, Upos, lemmas,
    linear::Weights,
    model::{Model, nodes},
    parser::{self, Move, Node, State},
    tagger::{self, Form},
};

/// Genres of GUM whose texts are licensed for non-commercial use only; they are left out of training.
const NONCOMMERCIAL: [&str; 2] = ["GUM_whow_", "GUM_fiction_"];
/// A genre of GUM whose texts are not in the archive.
const NOT_DISTRIBUTED: &str = "GUM_reddit_";
/// The most cells of each classifier, which bounds the size of the file.
const TAGGER_CELLS: usize = 500_000;
const PARSER_CELLS: usize = 1_750_000;

/// The head of a word whose head is not known; the oracle charges nothing for it.
const UNKNOWN: usize = usize::MAX;

#[derive(Clone)]
struct Word {
    form: String,
    lemma: String,
    tag: Tag,
    upos: Upos,
    /// Index in the sentence; the sentence's length for the root; or [`UNKNOWN`].
    head: usize,
    /// [`Dep::Dep`] stands for any relation.
    dep: Dep,
    space_after: bool,
}

type Sentence = Vec<Word>;

fn main() -> Result<()> {
    const FOLDS: usize = 3;
    const EPOCHS: usize = 9;
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("which folder holds ewt/ and gum/?")?;
    let folder = Path::new(&folder);
    let dev = read(folder, "dev")?;
    let test = read(folder, "test")?;
    let second = arguments.next();
    if second.as_deref() == Some("--measure") {
        for (name, set) in [("dev", &dev), ("test", &test)] {
            measure(Model::built_in(), set, name);
            measure_own_tokens(set, name);
        }
        return Ok(());
    }
    let gold: Vec<Sentence> = read(folder, "train")?.into_iter().flatten().collect();
    write_lemmas(&gold)?;
    let mut train = gold.clone();
    let (origins, others): (Vec<usize>, Vec<Sentence>) = rewritten(&gold).into_iter().unzip();
    let mut origins: Vec<usize> = (0..gold.len()).chain(origins).collect();
    train.extend(others);
    if let Some(path) = second {
        let file = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let classes: HashSet<(Tag, Upos)> = gold.iter().flatten().map(|word| (word.tag, word.upos)).collect();
        let taught: Vec<Sentence> = file.split("\n\n").filter_map(|block| taught::sentence(block, &classes)).collect();
        println!("{} sentences of the teacher's", taught.len());
        // A part of them in the other manners of writing, too.
        let others = rewritten(&taught).into_iter().enumerate().filter(|(i, _)| i % 3 == 0);
        let (others_origins, others): (Vec<usize>, Vec<Sentence>) =
            others.map(|(_, (origin, sentence))| (gold.len() + origin, sentence)).unzip();
        origins.extend((gold.len()..gold.len() + taught.len()).chain(others_origins));
        train.extend(taught.into_iter().chain(others));
    }
    let words: usize = train.iter().map(Vec::len).sum();
    println!("{} sentences, {} with the rewritten ones, {words} words", gold.len(), train.len());

    let mut classes: Vec<(Tag, Upos)> = train.iter().flatten().map(|word| (word.tag, word.upos)).collect();
    classes.sort_unstable();
    classes.dedup();
    println!("{} classes", classes.len());
    let sets: Vec<&Sentence> = train.iter().collect();
    // The parser learns from tags with the faults that it will meet: each fold is tagged by a model that has not seen it.
    let fold = |fold: usize| {
        let is_held_out = |i: usize| origins[i] / 8 % FOLDS == fold;
        let rest: Vec<&Sentence> = train.iter().enumerate().filter(|(i, _)| !is_held_out(*i)).map(|(_, s)| s).collect();
        let weights = train_tagger(&rest, &classes, 3).weights(TAGGER_CELLS);
        let held_out = train.iter().enumerate().filter(|(i, _)| is_held_out(*i));
        held_out.map(|(_, sentence)| (tagged(&weights, &classes, sentence), sentence)).collect::<Vec<_>>()
    };
    let (tagger, mut seen) = thread::scope(|scope| {
        let folds: Vec<_> = (0..FOLDS)
            .map(|number| {
                scope.spawn({
                    let fold = &fold;
                    move || fold(number)
                })
            })
            .collect();
        let tagger = train_tagger(&sets, &classes, 6).weights(TAGGER_CELLS);
        let seen: Vec<_> = folds.into_iter().flat_map(|fold| fold.join().expect("a fold does not panic")).collect();
        (tagger, seen)
    });
    let mut model = Model { classes, tagger, moves: Vec::new(), parser: Weights::default() };
    model.moves = moves(&gold);
    println!("{} moves", model.moves.len());
    let mut learner = Learner::default();
    let mut random = Random(7);
    for epoch in 0..EPOCHS {
        random.shuffle(&mut seen);
        let wrong: usize = seen
            .iter()
            .map(|(nodes, sentence)| learn_tree(&mut learner, &model.moves, nodes, sentence, epoch, &mut random))
            .sum();
        println!("parser epoch {epoch}: {wrong} wrong moves");
        if epoch == 2 || epoch + 1 == EPOCHS {
            model.parser = learner.weights(PARSER_CELLS);
            let (features, cells) = model.parser.size();
            println!("{features} features, {cells} cells");
            measure(&model, &dev, "dev");
            fs::write("src/language/model.bin", model.encode()).context("writing src/language/model.bin")?;
        }
    }
    measure(&model, &test, "test");
    println!("tagger {:?}, parser {:?}", model.tagger.size(), model.parser.size());
    Ok(())
}

/// The documents of one part of both treebanks.
fn read(folder: &Path, part: &str) -> Result<Vec<Vec<Sentence>>> {
    let mut documents = Vec::new();
    for treebank in ["ewt", "gum"] {
        let list = folder.join(treebank).join(format!("file-lists/files.{part}"));
        let names = fs::read_to_string(&list).with_context(|| format!("reading {}", list.display()))?;
        for name in names.lines().map(str::trim).filter(|name| !name.is_empty()) {
            let restricted = part == "train" && NONCOMMERCIAL.iter().any(|genre| name.starts_with(genre));
            if restricted || name.starts_with(NOT_DISTRIBUTED) {
                continue;
            }
            let mut path = folder.join(treebank).join(name);
            if !path.exists() {
                path.set_file_name(format!("{}.conllu", path.file_name().unwrap_or_default().to_string_lossy()));
            }
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            documents.push(sentences(&text).with_context(|| format!("reading {}", path.display()))?);
        }
    }
    Ok(documents)
}

/// The sentences of a CoNLL-U file.
fn sentences(text: &str) -> Result<Vec<Sentence>> {
    let mut found = Vec::new();
    for block in text.split("\n\n") {
        let mut sentence: Vec<Word> = Vec::new();
        let mut heads = Vec::new();
        let mut joined = (0, true); // a range of words written as one, and whether a space follows it
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [id, form, lemma, upos, tag, _, head, dep, _, misc] = fields[..] else {
                bail!("a line without ten fields: {line}")
            };
            let space = !misc.contains("SpaceAfter=No");
            if let Some((_, last)) = id.split_once('-') {
                joined = (last.parse()?, space);
                continue;
            }
            let Ok(id) = id.parse::<usize>() else { continue };
            heads.push(head.parse::<usize>()?);
            sentence.push(Word {
                form: form.replace(' ', "\u{a0}"),
                lemma: lemma.to_owned(),
                tag: Tag::from_name(tag).with_context(|| format!("tag {tag}"))?,
                upos: Upos::from_name(upos).with_context(|| format!("part of speech {upos}"))?,
                head: 0,
                dep: Dep::from_name(dep)
                    .or_else(|| Dep::from_name(dep.split(':').next().unwrap_or_default()))
                    .with_context(|| format!("relation {dep}"))?,
                space_after: if id < joined.0 {
                    false
                } else if id == joined.0 {
                    joined.1
                } else {
                    space
                },
            });
        }
        let n = sentence.len();
        for (word, head) in sentence.iter_mut().zip(heads) {
            word.head = if head == 0 { n } else { head - 1 };
        }
        if n > 0 {
            found.push(sentence);
        }
    }
    Ok(found)
}

/// The heads made projective: a word whose edge crosses another's goes to its head's head.
fn projective(sentence: &Sentence) -> Vec<usize> {
    let n = sentence.len();
    let mut heads: Vec<usize> = sentence.iter().map(|word| word.head).collect();
    let below = |heads: &[usize], mut word: usize, head: usize| {
        for _ in 0..=n {
            if word == head || word == UNKNOWN {
                return true;
            }
            if word >= n {
                return false;
            }
            word = heads[word];
        }
        false
    };
    loop {
        let crossing = (0..n)
            .filter(|&word| {
                let (low, high) = (word.min(heads[word]), word.max(heads[word]));
                heads[word] < n && (low + 1..high).any(|between| !below(&heads, between, heads[word]))
            })
            .min_by_key(|&word| word.abs_diff(heads[word]));
        match crossing {
            Some(word) => heads[word] = heads[heads[word]],
            None => return heads,
        }
    }
}

/// Sentences in the manners of news that the treebanks have few of (headlines, capitals, small letters), each with the
/// index of the sentence that it was made from.
fn rewritten(gold: &[Sentence]) -> Vec<(usize, Sentence)> {
    let mut random = Random(3);
    gold.iter()
        .enumerate()
        .map(|(origin, sentence)| {
            let mut sentence = sentence.clone();
            match random.below(8) {
                0 | 1 if (5..=30).contains(&sentence.len()) => sentence = headline(sentence, random.below(3) == 0),
                2 => {
                    for word in &mut sentence {
                        word.form = word.form.to_lowercase();
                    }
                }
                3 => {
                    let count = if random.below(3) == 0 { sentence.len() } else { 1 + random.below(4) };
                    for word in sentence.iter_mut().take(count) {
                        word.form = word.form.to_uppercase();
                    }
                }
                4 => curled(&mut sentence),
                5 => sentence = without_final_stop(sentence),
                _ => sentence.clear(),
            }
            (origin, sentence)
        })
        .filter(|(_, sentence)| sentence.len() > 2)
        .collect()
}

/// With the typographer's quotation marks and apostrophes.
fn curled(sentence: &mut Sentence) {
    for word in sentence.iter_mut() {
        word.form = match (word.form.as_str(), word.tag) {
            ("\"", Tag::OpenQuote) => "“".to_owned(),
            ("\"", _) => "”".to_owned(),
            ("'", Tag::OpenQuote) => "‘".to_owned(),
            (form, _) => form.replace('\'', "’"),
        };
    }
}

fn without_final_stop(sentence: Sentence) -> Sentence {
    let last = sentence.len() - 1;
    keep(&sentence, |i, word| i != last || word.tag != Tag::Period)
}

/// As a headline: no articles, no passive auxiliary or copula, the present for the past; in Title Case or not.
fn headline(sentence: Sentence, title_case: bool) -> Sentence {
    let last = sentence.len() - 1;
    let mut sentence = keep(&sentence, |i, word| {
        let article = word.tag == Tag::DT && matches!(word.form.to_lowercase().as_str(), "the" | "a" | "an");
        let passive = word.dep == Dep::AuxPass && matches!(word.tag, Tag::VBZ | Tag::VBD | Tag::VBP);
        let stop = i == last && word.tag == Tag::Period;
        !article && !passive && !stop
    });
    let short = ["a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "and", "or", "but", "as", "n't", "'s"];
    for (i, word) in sentence.iter_mut().enumerate() {
        if word.tag == Tag::VBD && word.upos == Upos::Verb && !word.lemma.is_empty() {
            word.tag = Tag::VBZ;
            word.form = third_person(&word.lemma);
        }
        if title_case && (i == 0 || !short.contains(&word.form.to_lowercase().as_str())) {
            let mut letters = word.form.chars();
            word.form = letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
        }
    }
    sentence
}

fn third_person(lemma: &str) -> String {
    match lemma {
        "have" => "has".to_owned(),
        _ if ["s", "x", "z", "ch", "sh", "o"].iter().any(|end| lemma.ends_with(end)) => format!("{lemma}es"),
        _ if lemma.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|end| lemma.ends_with(end)) => {
            format!("{}ies", &lemma[..lemma.len() - 1])
        }
        _ => format!("{lemma}s"),
    }
}

/// The sentence without the words that are not kept; a word that has others below it stays.
fn keep(sentence: &Sentence, kept: impl Fn(usize, &Word) -> bool) -> Sentence {
    let n = sentence.len();
    let mut has_children = vec![false; n + 1];
    for word in sentence.iter().filter(|word| word.head != UNKNOWN) {
        has_children[word.head] = true;
    }
    let kept: Vec<bool> = (0..n).map(|i| has_children[i] || kept(i, &sentence[i])).collect();
    let mut number = 0;
    let mut numbers = Vec::new();
    for &kept in &kept {
        numbers.push(number);
        number += usize::from(kept);
    }
    numbers.push(number);
    (0..n)
        .filter(|&i| kept[i])
        .map(|i| Word { head: numbers.get(sentence[i].head).copied().unwrap_or(UNKNOWN), ..sentence[i].clone() })
        .collect()
}

/// Hashes are their own hashes.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// An averaged perceptron (Collins 2002).
#[derive(Default)]
struct Learner {
    features: HashMap<u32, Vec<Cell>, BuildHasherDefault<Identity>>,
    step: u32,
}

struct Cell {
    class: u8,
    weight: f32,
    total: f32,
    since: u32,
}

impl Learner {
    fn scores(&self, on: &[u32]) -> [f32; 256] {
        let mut scores = [0.0; 256];
        for feature in on {
            for cell in self.features.get(feature).into_iter().flatten() {
                scores[usize::from(cell.class)] += cell.weight;
            }
        }
        scores
    }

    fn learn(&mut self, on: &[u32], right: usize, guess: usize) {
        for &feature in on {
            let cells = self.features.entry(feature).or_default();
            for (class, change) in [(right, 1.0), (guess, -1.0)] {
                let class = class as u8;
                match cells.iter_mut().find(|cell| cell.class == class) {
                    Some(cell) => {
                        cell.total += cell.weight * (self.step - cell.since) as f32;
                        cell.since = self.step;
                        cell.weight += change;
                    }
                    None => cells.push(Cell { class, weight: change, total: 0.0, since: self.step }),
                }
            }
        }
    }

    /// The averaged weights in a byte each, the greatest `most` of them.
    fn weights(&self, most: usize) -> Weights {
        let average =
            |cell: &Cell| f64::from(cell.total + cell.weight * (self.step - cell.since) as f32) / f64::from(self.step);
        let mut sizes: Vec<f64> =
            self.features.values().flatten().map(|cell| average(cell).abs()).filter(|&size| size > 0.0).collect();
        sizes.sort_unstable_by(|a, b| b.total_cmp(a));
        let least = sizes.get(most).copied().unwrap_or(0.0);
        let scale = 127.0 / sizes[sizes.len() / 2000];
        let mut features: Vec<(u32, Vec<(u8, i8)>)> = self
            .features
            .iter()
            .map(|(&hash, cells)| {
                let mut cells: Vec<(u8, i8)> = cells
                    .iter()
                    .filter(|cell| average(cell).abs() > least)
                    .map(|cell| (cell.class, (average(cell) * scale).round().clamp(-127.0, 127.0) as i8))
                    .filter(|&(_, weight)| weight != 0)
                    .collect();
                cells.sort_unstable();
                (hash, cells)
            })
            .filter(|(_, cells)| !cells.is_empty())
            .collect();
        features.sort_unstable();
        Weights::new(features.into_iter())
    }
}

fn train_tagger(train: &[&Sentence], classes: &[(Tag, Upos)], epochs: usize) -> Learner {
    let mut learner = Learner::default();
    let mut on = Vec::new();
    let mut sentences: Vec<(Vec<Form>, Vec<usize>)> = train
        .iter()
        .map(|sentence| {
            let gold = sentence.iter().map(|word| classes.binary_search(&(word.tag, word.upos)).unwrap_or(0)).collect();
            (sentence.iter().map(|word| Form::of(&word.form)).collect(), gold)
        })
        .collect();
    let mut random = Random(1);
    for epoch in 0..epochs {
        random.shuffle(&mut sentences);
        let mut wrong = 0;
        for (forms, gold) in &sentences {
            let style = tagger::style(forms);
            let mut before = [255, 255];
            for (at, &right) in gold.iter().enumerate() {
                tagger::features(forms, style, at, before, &mut on);
                let scores = learner.scores(&on);
                let guess = best(&scores, 0..classes.len());
                learner.step += 1;
                if guess != right {
                    wrong += 1;
                    learner.learn(&on, right, guess);
                }
                before = [guess as u8, before[0]];
            }
        }
        println!("tagger epoch {epoch}: {wrong} wrong");
    }
    learner
}

fn best(scores: &[f32; 256], among: impl Iterator<Item = usize>) -> usize {
    among
        .fold(
            None,
            |best: Option<usize>, class| {
                if best.is_some_and(|b| scores[b] >= scores[class]) { best } else { Some(class) }
            },
        )
        .unwrap_or(0)
}

fn tagged(weights: &Weights, classes: &[(Tag, Upos)], sentence: &Sentence) -> Vec<Node> {
    let forms: Vec<Form> = sentence.iter().map(|word| Form::of(&word.form)).collect();
    let mut out = Vec::new();
    tagger::tag(weights, classes.len(), &forms, &mut out);
    let words = sentence.iter().zip(&out).map(|(word, &class)| (word.form.as_str(), classes[usize::from(class)].0));
    nodes(words, out.iter().copied())
}

/// The moves that trees like these need.
fn moves(gold: &[Sentence]) -> Vec<Move> {
    let mut counts: HashMap<Move, usize> = HashMap::new();
    for sentence in gold {
        for (i, word) in sentence.iter().enumerate() {
            *counts.entry(if i < word.head { Move::Left(word.dep) } else { Move::Right(word.dep) }).or_default() += 1;
        }
    }
    let mut moves: Vec<Move> = counts.into_iter().filter(|&(_, count)| count > 2).map(|(step, _)| step).collect();
    moves.extend([Move::Shift, Move::Reduce]);
    moves.sort_unstable();
    moves
}

/// How many edges of the right tree each kind of move would make unreachable (Goldberg and Nivre 2012).
struct Costs {
    shift: usize,
    reduce: usize,
    left: usize,
    right: usize,
}

fn costs(state: &State, heads: &[usize], children: &[Vec<usize>]) -> Costs {
    let n = heads.len();
    let next = state.next();
    let stack = state.stack();
    let headless_children_on_stack = if next < n {
        stack.iter().filter(|&&word| heads[word as usize] == next && state.head(word as usize).is_none()).count()
    } else {
        0
    };
    let mut costs = Costs { shift: headless_children_on_stack, reduce: 0, left: 0, right: headless_children_on_stack };
    if next < n && stack.iter().any(|&word| word as usize == heads[next]) {
        costs.shift += 1;
    }
    if let Some(&top) = stack.last() {
        let top = top as usize;
        let children_ahead = children[top].iter().filter(|&&child| child >= next).count();
        costs.reduce = children_ahead;
        costs.left =
            children_ahead + usize::from(heads[top] > next && heads[top] != UNKNOWN && state.head(top).is_none());
        if next < n && heads[next] != top {
            let elsewhere =
                heads[next] > next && heads[next] != UNKNOWN || stack.iter().any(|&word| word as usize == heads[next]);
            costs.right += usize::from(elsewhere);
        }
    }
    costs
}

fn matches(word: &Word, dep: Dep) -> bool {
    word.dep == dep || word.dep == Dep::Dep
}

/// One sentence's training; answers how many moves were wrong.
fn learn_tree(
    learner: &mut Learner,
    moves: &[Move],
    nodes: &[Node],
    sentence: &Sentence,
    epoch: usize,
    random: &mut Random,
) -> usize {
    let n = sentence.len();
    let heads = projective(sentence);
    let mut children = vec![Vec::new(); n + 1];
    for (word, &head) in heads.iter().enumerate().filter(|&(_, &head)| head != UNKNOWN) {
        children[head].push(word);
    }
    let mut state = State::new(nodes);
    let mut on = Vec::new();
    let mut wrong = 0;
    while !state.is_done() {
        state.features(&mut on);
        let scores = learner.scores(&on);
        let costs = costs(&state, &heads, &children);
        let next = state.next();
        let top = state.stack().last().map(|&top| top as usize);
        let cost = |step: Move| match step {
            Move::Shift => costs.shift,
            Move::Reduce => costs.reduce,
            // The right edge wants its right relation, too; an edge that is lost anyway may have any.
            Move::Left(dep) => {
                costs.left + usize::from(top.is_some_and(|top| heads[top] == next && !matches(&sentence[top], dep)))
            }
            Move::Right(dep) => {
                costs.right + usize::from(top.is_some_and(|top| heads[next] == top && !matches(&sentence[next], dep)))
            }
        };
        let allowed: Vec<usize> = (0..moves.len()).filter(|&class| state.allows(moves[class])).collect();
        let Some(least) = allowed.iter().map(|&class| cost(moves[class])).min() else { break };
        let guess = best(&scores, allowed.iter().copied());
        let right = best(&scores, allowed.iter().copied().filter(|&class| cost(moves[class]) == least));
        learner.step += 1;
        let mut taken = right;
        if cost(moves[guess]) > least {
            wrong += 1;
            learner.learn(&on, right, guess);
            if epoch > 0 && random.below(10) < 9 {
                taken = guess;
            }
        }
        state.make(moves[taken]);
    }
    wrong
}

/// Accuracy on the treebank's own tokens.
fn measure(model: &Model, documents: &[Vec<Sentence>], name: &str) {
    let mut sums: HashMap<&str, [usize; 5]> = HashMap::new();
    let mut saying = [0usize; 3];
    for sentence in documents.iter().flatten() {
        let nodes = tagged(&model.tagger, &model.classes, sentence);
        let mut heads = vec![(0, Dep::Dep); sentence.len()];
        parser::parse(&model.parser, &model.moves, &nodes, |word, head, dep| {
            heads[word] = (head.unwrap_or(sentence.len()), dep)
        });
        for (i, word) in sentence.iter().enumerate() {
            let (tag, upos) = model.classes[usize::from(nodes[i].class)];
            let head = heads[i].0 == word.head;
            let labelled = head && heads[i].1 == word.dep;
            let content = if word.dep == Dep::Punct { "punct" } else { "words" };
            let counts = [
                1,
                usize::from(upos == word.upos),
                usize::from(tag == word.tag),
                usize::from(head),
                usize::from(labelled),
            ];
            for key in ["all", content] {
                for (sum, count) in sums.entry(key).or_default().iter_mut().zip(counts) {
                    *sum += count;
                }
            }
            // What extraction lives on: subjects and complement clauses of verbs of saying.
            let core = matches!(word.dep, Dep::Nsubj | Dep::Ccomp | Dep::Parataxis | Dep::NsubjPass | Dep::Xcomp);
            if core && word.head < sentence.len() && SAYING.contains(&sentence[word.head].lemma.as_str()) {
                saying[0] += 1;
                saying[1] += usize::from(head);
                saying[2] += usize::from(labelled);
            }
        }
    }
    for key in ["all", "words"] {
        let [n, upos, tag, head, labelled] = sums.get(key).copied().unwrap_or_default();
        let share = |count: usize| 100.0 * count as f64 / n.max(1) as f64;
        println!(
            "{name} {key}: {n} words, UPOS {:.2} XPOS {:.2} UAS {:.2} LAS {:.2}",
            share(upos),
            share(tag),
            share(head),
            share(labelled)
        );
    }
    let share = |count: usize| 100.0 * count as f64 / saying[0].max(1) as f64;
    println!(
        "{name} verbs of saying: {} subjects and complements, UAS {:.2} LAS {:.2}",
        saying[0],
        share(saying[1]),
        share(saying[2])
    );
}

const SAYING: &[&str] = &[
    "say", "tell", "deny", "accuse", "reject", "blame", "claim", "state", "add", "report", "announce", "ask", "argue",
    "allege", "warn", "admit", "insist", "confirm", "call", "describe", "note", "explain", "suggest", "believe",
    "think", "write", "declare", "dismiss", "demand",
];

/// F-scores of `Document::read` on the running text.
fn measure_own_tokens(documents: &[Vec<Sentence>], name: &str) {
    let [mut found, mut gold, mut same, mut tagged, mut headed, mut labelled] = [0usize; 6];
    let [mut found_sentences, mut gold_sentences, mut same_sentences] = [0usize; 3];
    for document in documents {
        let mut text = String::new();
        let mut spans = Vec::new();
        let mut bounds = HashMap::new();
        for sentence in document {
            let first = spans.len();
            for word in sentence {
                let start = text.len();
                text.push_str(&word.form);
                spans.push((start, text.len(), sentence, first));
                if word.space_after {
                    text.push(' ');
                }
            }
            if !text.ends_with(' ') {
                text.push(' ');
            }
            bounds.insert((spans[first].0, spans[spans.len() - 1].1), ());
        }
        let read = Document::read(&text);
        let by_span: HashMap<(usize, usize), usize> =
            spans.iter().enumerate().map(|(i, span)| ((span.0, span.1), i)).collect();
        found += read.tokens().len();
        gold += spans.len();
        gold_sentences += document.len();
        found_sentences += read.sentences().len();
        same_sentences += read.sentences().iter().filter(|s| bounds.contains_key(&(s.span.start, s.span.end))).count();
        for token in read.tokens() {
            let Some(&at) = by_span.get(&(token.span.start, token.span.end)) else { continue };
            let (_, _, sentence, first) = spans[at];
            let word = &sentence[at - first];
            same += 1;
            tagged += usize::from(word.tag == token.tag);
            let head = token.head.map(|head| (read.tokens()[head].span.start, read.tokens()[head].span.end));
            let right = (word.head < sentence.len()).then(|| (spans[first + word.head].0, spans[first + word.head].1));
            headed += usize::from(head == right);
            labelled += usize::from(head == right && token.dep == word.dep);
        }
    }
    let f = |same: usize, found: usize, gold: usize| 200.0 * same as f64 / (found + gold).max(1) as f64;
    println!(
        "{name} running text: tokens {:.2} sentences {:.2} XPOS {:.2} UAS {:.2} LAS {:.2} (F)",
        f(same, found, gold),
        f(same_sentences, found_sentences, gold_sentences),
        f(tagged, found, gold),
        f(headed, found, gold),
        f(labelled, found, gold)
    );
}

/// Trees of another tradition (ClearNLP's labels, as spaCy writes them) to those edges that Universal Dependencies are
/// sure to share. What has no sure counterpart is left unknown: punctuation, a person's title, prepositions of prepositions.
mod taught {
    use super::*;

    struct Row<'b> {
        form: &'b str,
        tag: Tag,
        upos: Upos,
        label: &'b str,
        head: usize,
        is_person: bool,
    }

    /// The sentence of a block of lines (form, tag, part of speech, label, head's index); none if it is odd.
    pub(super) fn sentence(block: &str, classes: &HashSet<(Tag, Upos)>) -> Option<Sentence> {
        let rows: Vec<Row> = block.lines().map(|line| row(line, classes)).collect::<Option<_>>()?;
        let n = rows.len();
        if !(3..=90).contains(&n) || rows.iter().any(|row| row.head >= n) {
            return None;
        }
        let child = |of: usize, labels: &[&str]| {
            (0..n).find(|&i| i != of && rows[i].head == of && labels.contains(&rows[i].label))
        };
        let is_preposition = |i: usize| {
            matches!(rows[i].label, "prep" | "agent")
                || rows[i].label == "dative" && matches!(rows[i].tag, Tag::IN | Tag::TO)
        };
        // Who stands for a word in a tree of content words: the predicate for its copula, the noun for its preposition.
        let stands_for = |i: usize| -> Option<usize> {
            if is_preposition(i) {
                return child(i, &["pobj", "pcomp"]);
            }
            let form = rows[i].form.to_lowercase();
            let copula = matches!(
                form.as_str(),
                "be" | "is"
                    | "was"
                    | "were"
                    | "are"
                    | "been"
                    | "being"
                    | "'s"
                    | "’s"
                    | "'re"
                    | "’re"
                    | "'m"
                    | "’m"
                    | "am"
            ) && rows[i].upos == Upos::Aux
                && !matches!(rows[i].label, "aux" | "auxpass")
                && child(i, &["expl"]).is_none();
            if copula { child(i, &["attr", "acomp"]) } else { Some(i) }
        };
        let over: Vec<Option<usize>> = (0..n).map(stands_for).collect();
        // *want him to go*: the subject is the object of the verb above.
        let is_raised = |i: usize| {
            let finite = (0..n).any(|j| rows[j].head == i && rows[j].label == "aux" && rows[j].tag != Tag::TO);
            rows[i].label == "ccomp"
                && rows[i].tag == Tag::VB
                && !finite
                && child(i, &["nsubj"]).is_some()
                && child(i, &["mark"]).is_none()
        };
        let verbal = |i: usize| {
            rows[i].tag.is_verb() || matches!(rows[i].tag, Tag::JJ | Tag::JJR | Tag::JJS | Tag::RB | Tag::MD)
        };
        let first_conjunct = |mut i: usize| {
            for _ in 0..n {
                if rows[i].label != "conj" {
                    break;
                }
                i = rows[i].head;
            }
            i
        };
        // The edge of a word that stands in the tree for `at`: head and relation.
        let outer = |at: usize| -> Option<(usize, Dep)> {
            let row = &rows[at];
            let head = row.head;
            Some(match row.label {
                "ROOT" => (n, Dep::Root),
                "conj" => {
                    let first = first_conjunct(at);
                    if is_preposition(first) || matches!(row.tag, Tag::IN | Tag::TO) {
                        return None;
                    }
                    (over[first]?, Dep::Conj)
                }
                "ccomp" if is_raised(at) => (over[head]?, Dep::Xcomp),
                "compound" if row.tag.is_proper_noun() && rows[head].is_person => return None,
                label => {
                    let dep = relation(label, row)?;
                    if is_preposition(head) && !matches!(label, "advmod" | "neg") {
                        return None;
                    }
                    (over[head]?, dep)
                }
            })
        };
        let mut edges: Vec<Option<(usize, Dep)>> = (0..n).map(|_| None).collect();
        for i in 0..n {
            let row = &rows[i];
            let head = row.head;
            edges[i] = if is_preposition(i) {
                over[i].map(|noun| (noun, if rows[noun].label == "pcomp" { Dep::Mark } else { Dep::Case }))
            } else if matches!(row.label, "pobj" | "pcomp") && is_preposition(head) && over[head] == Some(i) {
                let owner = rows[head].head;
                let dep = match (rows[head].label, row.label, verbal(owner)) {
                    ("agent", "pobj", _) => Dep::OblAgent,
                    (_, "pobj", true) => Dep::Obl,
                    (_, "pobj", false) => Dep::Nmod,
                    (_, _, true) => Dep::Advcl,
                    (_, _, false) => Dep::Acl,
                };
                // An existing copula without predicate would be one of the preposition's noun: not sure.
                let bare_copula = over[owner].is_none();
                if is_preposition(owner) || bare_copula || row.tag == Tag::IN {
                    None
                } else {
                    over[owner].map(|owner| (owner, dep))
                }
            } else if over[i].is_some_and(|predicate| predicate != i) {
                over[i].map(|predicate| (predicate, Dep::Cop))
            } else if let Some(copula) = (rows[head].upos == Upos::Aux && over[head] == Some(i)).then_some(head) {
                outer(copula)
            } else if row.label == "cc" {
                let next = (i + 1..n).find(|&j| rows[j].head == head && rows[j].label == "conj");
                next.and_then(|next| over[next]).map(|next| (next, Dep::Cc))
            } else if row.label == "nsubj" && is_raised(head) {
                over[rows[head].head].map(|verb| (verb, Dep::Obj))
            } else if row.label == "attr" && child(head, &["expl"]).is_some() {
                Some((head, Dep::Nsubj))
            } else {
                outer(i)
            };
            edges[i] = edges[i].filter(|&(head, _)| head != i);
        }
        // The first word of a person's name is its head, not the last.
        let mut first = 0;
        while first < n {
            let in_name = |i: usize| rows[i].is_person && rows[i].tag.is_proper_noun();
            let end = (first..n).find(|&i| !in_name(i)).unwrap_or(n);
            if end > first + 1 && (first..end - 1).all(|i| rows[i].head == end - 1 && rows[i].label == "compound") {
                for edge in edges.iter_mut().flatten().filter(|edge| edge.0 == end - 1) {
                    edge.0 = first;
                }
                edges[first] = edges[end - 1];
                edges[first + 1..end].fill(Some((first, Dep::Flat)));
            }
            first = end.max(first + 1);
        }
        // A cycle or an edge that crosses another is the conversion's fault, or the teacher's: leave it out.
        for i in 0..n {
            let Some((head, _)) = edges[i] else { continue };
            let (low, high) = (i.min(head), i.max(head));
            let crosses = head < n
                && (0..n).any(|j| {
                    edges[j].is_some_and(|(k, _)| {
                        k < n
                            && (j > low && j < high) != (k > low && k < high)
                            && j != i
                            && j != head
                            && k != i
                            && k != head
                    })
                });
            let mut at = head;
            let mut steps = 0;
            while at < n && steps <= n {
                at = edges[at].map_or(n, |(head, _)| head);
                steps += 1;
            }
            if crosses || steps > n {
                edges[i] = None;
            }
        }
        let words = rows.iter().zip(edges).map(|(row, edge)| {
            let (head, dep) = edge.unwrap_or((UNKNOWN, Dep::Dep));
            Word {
                form: row.form.to_owned(),
                lemma: String::new(),
                tag: row.tag,
                upos: row.upos,
                head,
                dep,
                space_after: true,
            }
        });
        Some(words.collect())
    }

    fn row<'b>(line: &'b str, classes: &HashSet<(Tag, Upos)>) -> Option<Row<'b>> {
        let mut fields = line.split('\t');
        let form = fields.next()?;
        let tag = match (form, fields.next()?) {
            ("“", _) => Tag::OpenQuote,
            ("”", _) => Tag::CloseQuote,
            (_, tag) => Tag::from_name(tag)?,
        };
        let upos = Upos::from_name(fields.next()?)?;
        // Where the teacher pairs tag and part of speech in a way that the treebanks never do, theirs.
        let upos = if classes.contains(&(tag, upos)) {
            upos
        } else {
            *Upos::ALL.iter().find(|&&upos| classes.contains(&(tag, upos)))?
        };
        Some(Row {
            form,
            tag,
            upos,
            label: fields.next()?,
            head: fields.next()?.parse().ok()?,
            is_person: fields.next()? == "PERSON",
        })
    }

    fn relation(label: &str, row: &Row) -> Option<Dep> {
        Some(match label {
            "nsubj" => Dep::Nsubj,
            "nsubjpass" => Dep::NsubjPass,
            "csubj" => Dep::Csubj,
            "dobj" => Dep::Obj,
            "dative" => Dep::Iobj,
            "ccomp" => Dep::Ccomp,
            "xcomp" | "oprd" => Dep::Xcomp,
            "advcl" => Dep::Advcl,
            "acl" => Dep::Acl,
            "relcl" => Dep::AclRelcl,
            "advmod" | "neg" => Dep::Advmod,
            "amod" => Dep::Amod,
            "det" => Dep::Det,
            "predet" => Dep::DetPredet,
            "aux" if row.tag == Tag::TO => Dep::Mark,
            "aux" => Dep::Aux,
            "auxpass" => Dep::AuxPass,
            "mark" => Dep::Mark,
            "appos" => Dep::Appos,
            "nummod" => Dep::Nummod,
            "poss" => Dep::NmodPoss,
            "case" => Dep::Case,
            "prt" => Dep::CompoundPrt,
            "expl" => Dep::Expl,
            "preconj" => Dep::CcPreconj,
            "compound" => Dep::Compound,
            "intj" => Dep::Discourse,
            "npadvmod" | "quantmod" | "nmod" => Dep::Dep,
            _ => return None,
        })
    }
}

/// Writes the exceptions to the rules for lemmas.
fn write_lemmas(gold: &[Sentence]) -> Result<()> {
    let mut counts: HashMap<(String, char), HashMap<String, usize>> = HashMap::new();
    for word in gold.iter().flatten().filter(|word| !word.form.contains('’')) {
        if let Some(class) = lemmas::class(word.tag) {
            *counts
                .entry((word.form.to_lowercase(), class))
                .or_default()
                .entry(word.lemma.to_lowercase())
                .or_default() += 1;
        }
    }
    let mut lines: Vec<String> = counts
        .into_iter()
        .filter_map(|((form, class), lemmas)| {
            let (lemma, count) = lemmas.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
            let (keep, ending) = lemmas::rule(&form, class);
            let ruled = format!("{}{ending}", &form[..keep]);
            // A single sighting where the rule says otherwise is as often a slip of the pen as an exception.
            let needed = ruled != lemma
                && (count > 1 || "dgv".contains(class) && form.starts_with(&lemma[..lemma.len().min(1)]));
            needed.then(|| format!("{form}\t{class}\t{lemma}\n"))
        })
        .collect();
    lines.sort_unstable();
    fs::write("src/language/lemmas.tsv", lines.concat()).context("writing src/language/lemmas.tsv")
}

/// SplitMix64: the same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
