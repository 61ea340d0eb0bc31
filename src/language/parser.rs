//! Dependency trees: a greedy arc-eager parser (Nivre 2003) with the root behind the last word (Ballesteros and Nivre
//! 2013), trained with a dynamic oracle (Goldberg and Nivre 2012). The features follow Zhang and Nivre (2011), with
//! whether quotation marks or commas stand between the words, which news needs.

use super::{
    Dep,
    linear::{Weights, feature},
};

/// What the parser knows of a word.
#[derive(Debug, Clone, Copy, Default)]
pub struct Node {
    /// Hash of the word in lower case.
    pub word: u32,
    /// Hash of the lemma.
    pub lemma: u32,
    /// Hash of the last three letters.
    pub suffix: u32,
    /// Its class from the tagger.
    pub class: u8,
    /// How many quotation marks stand before it.
    pub quotes: u16,
    /// How many commas stand before it.
    pub commas: u16,
}

/// One step of the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// The next word goes onto the stack.
    Shift,
    /// The top of the stack has its head and everything below it.
    Reduce,
    /// The next word is the head of the top of the stack.
    Left(Dep),
    /// The top of the stack is the head of the next word, which goes onto the stack.
    Right(Dep),
}

impl Move {
    /// The number that stands for the move in a model file.
    pub fn code(self) -> u8 {
        match self {
            Move::Shift => 0,
            Move::Reduce => 1,
            Move::Left(dep) => 2 + dep as u8 * 2,
            Move::Right(dep) => 3 + dep as u8 * 2,
        }
    }

    /// The move that the number stands for.
    pub fn from_code(code: u8) -> Option<Move> {
        match code {
            0 => Some(Move::Shift),
            1 => Some(Move::Reduce),
            _ => {
                let dep = *Dep::ALL.get(usize::from(code - 2) / 2)?;
                Some(if code.is_multiple_of(2) { Move::Left(dep) } else { Move::Right(dep) })
            }
        }
    }
}

const NONE: u32 = u32::MAX;

/// A word's place in the tree so far.
#[derive(Debug, Clone, Copy)]
struct Place {
    head: u32,
    dep: u8,
    /// Outermost and second outermost children to the left and to the right.
    left: [u32; 2],
    right: [u32; 2],
    left_count: u8,
    right_count: u8,
    /// Which relations its children have, a bit each.
    left_deps: u64,
    right_deps: u64,
}

const UNPLACED: Place = Place {
    head: NONE,
    dep: 255,
    left: [NONE; 2],
    right: [NONE; 2],
    left_count: 0,
    right_count: 0,
    left_deps: 0,
    right_deps: 0,
};

/// A sentence in the middle of being parsed.
#[derive(Debug, Clone)]
pub struct State<'n> {
    nodes: &'n [Node],
    stack: Vec<u32>,
    next: u32,
    places: Vec<Place>,
}

impl<'n> State<'n> {
    /// Nothing decided.
    pub fn new(nodes: &'n [Node]) -> State<'n> {
        State { nodes, stack: Vec::with_capacity(32), next: 0, places: vec![UNPLACED; nodes.len() + 1] }
    }

    /// Whether every word has its place.
    pub fn is_done(&self) -> bool {
        self.stack.is_empty() && self.at_root()
    }

    fn at_root(&self) -> bool {
        self.next as usize == self.nodes.len()
    }

    /// The words on the stack, the top last.
    pub fn stack(&self) -> &[u32] {
        &self.stack
    }

    /// The next word; the root, when it equals the number of words.
    pub fn next(&self) -> usize {
        self.next as usize
    }

    /// The word's head so far; the root, when it equals the number of words.
    pub fn head(&self, word: usize) -> Option<usize> {
        let head = self.places[word].head;
        (head != NONE).then_some(head as usize)
    }

    /// The word's relation to its head so far.
    pub fn dep(&self, word: usize) -> Dep {
        Dep::ALL.get(usize::from(self.places[word].dep)).copied().unwrap_or(Dep::Dep)
    }

    /// Whether the move can be made.
    pub fn allows(&self, step: Move) -> bool {
        let top_has_head = self.stack.last().map(|&top| self.places[top as usize].head != NONE);
        match step {
            Move::Shift => !self.at_root(),
            Move::Reduce => top_has_head == Some(true),
            Move::Left(dep) => top_has_head == Some(false) && (dep == Dep::Root) == self.at_root(),
            Move::Right(dep) => top_has_head.is_some() && !self.at_root() && dep != Dep::Root,
        }
    }

    /// Makes a move that is allowed.
    pub fn make(&mut self, step: Move) {
        match step {
            Move::Shift => {
                self.stack.push(self.next);
                self.next += 1;
            }
            Move::Reduce => {
                self.stack.pop();
            }
            Move::Left(dep) => {
                if let Some(top) = self.stack.pop() {
                    self.attach(top, self.next, dep);
                }
            }
            Move::Right(dep) => {
                if let Some(&top) = self.stack.last() {
                    self.attach(self.next, top, dep);
                    self.stack.push(self.next);
                    self.next += 1;
                }
            }
        }
    }

    fn attach(&mut self, child: u32, head: u32, dep: Dep) {
        let place = &mut self.places[child as usize];
        place.head = head;
        place.dep = dep as u8;
        let place = &mut self.places[head as usize];
        if child < head {
            place.left = [child, place.left[0]];
            place.left_count = place.left_count.saturating_add(1);
            place.left_deps |= 1 << (dep as u8);
        } else {
            place.right = [child, place.right[0]];
            place.right_count = place.right_count.saturating_add(1);
            place.right_deps |= 1 << (dep as u8);
        }
    }

    /// The features of the state; replaces what `out` held.
    pub fn features(&self, out: &mut Vec<u32>) {
        let root = Node { word: 2, lemma: 2, suffix: 2, class: 254, quotes: 0, commas: 0 };
        let nobody = Node { word: 1, lemma: 1, suffix: 1, class: 255, quotes: 0, commas: 0 };
        let node = |i: u32| match self.nodes.get(i as usize) {
            Some(node) => *node,
            None if i as usize == self.nodes.len() => root,
            None => nobody,
        };
        let place = |i: u32| *self.places.get(i as usize).unwrap_or(&UNPLACED);
        let depth = self.stack.len();
        let top = self.stack.last().copied().unwrap_or(NONE);
        let under = if depth > 1 { self.stack[depth - 2] } else { NONE };
        let (s0, s1) = (node(top), node(under));
        let (n0, n1, n2, n3) = (node(self.next), node(self.next + 1), node(self.next + 2), node(self.next + 3));
        let (sp, np, up) = (place(top), place(self.next), place(under));
        let head = node(sp.head);
        let head_place = place(sp.head);
        let grand = node(head_place.head);
        let (sl, sl2, sr, sr2) = (node(sp.left[0]), node(sp.left[1]), node(sp.right[0]), node(sp.right[1]));
        let (nl, nl2) = (node(np.left[0]), node(np.left[1]));
        let label = |i: u32| u32::from(place(i).dep);
        let tag = |n: Node| u32::from(n.class);
        let distance = if top == NONE { 9 } else { bucket(self.next - top) };
        let between = if top == NONE || self.at_root() {
            0
        } else {
            u32::from(n0.quotes.wrapping_sub(s0.quotes) % 2) << 2
                | u32::from(n0.commas.wrapping_sub(s0.commas)).min(2)
                | u32::from(n0.quotes % 2) << 3
        };
        let tags = |a: Node, b: Node, c: Node| tag(a) << 16 | tag(b) << 8 | tag(c);
        out.clear();
        let mut add = |template: u32, a: u32, b: u32, c: u32| out.push(feature(template, [a, b, c]));
        // Single words.
        add(1, s0.word, 0, 0);
        add(2, s0.lemma, tag(s0), 0);
        add(3, tag(s0), sp.dep.into(), 0);
        add(4, s0.suffix, tag(s0), 0);
        add(5, n0.word, 0, 0);
        add(6, n0.lemma, tag(n0), 0);
        add(7, tag(n0), 0, 0);
        add(8, n1.lemma, tag(n1), 0);
        add(9, tag(n1), 0, 0);
        add(10, n2.lemma, tag(n2), 0);
        add(11, tag(n2), tag(n3), 0);
        add(12, s1.lemma, tag(s1), 0);
        add(13, head.lemma, tag(head), sp.dep.into());
        add(14, n0.suffix, tag(n0), 0);
        // Pairs.
        add(20, s0.lemma, n0.lemma, 0);
        add(21, s0.lemma, tag(s0) << 8 | tag(n0), n0.lemma);
        add(22, s0.lemma, tag(s0) << 8 | tag(n0), 0);
        add(23, tag(s0), n0.lemma, tag(n0));
        add(24, tag(s0), tag(n0), 0);
        add(25, tag(n0), tag(n1), 0);
        add(26, s0.lemma, tag(n0), tag(n1));
        add(27, n0.lemma, tag(s0), tag(n1));
        add(28, s1.lemma, n0.lemma, 0);
        add(29, tag(s1), n0.lemma, tag(n0));
        add(30, s1.lemma, tag(n0), tag(s0));
        add(31, head.lemma, tag(n0), 0);
        add(32, tag(head), n0.lemma, 0);
        add(33, head.lemma, n0.lemma, 0);
        add(34, n1.lemma, s0.lemma, 0);
        add(35, n1.lemma, n0.lemma, 0);
        add(36, n0.word, n1.word, tag(s0));
        // Triples of classes.
        add(40, tags(s0, n0, n1), 0, 0);
        add(41, tags(n0, n1, n2), 0, 0);
        add(42, tags(s0, n0, n1), tag(n2), 0);
        add(43, tags(head, s0, n0), 0, 0);
        add(44, tags(s0, sl, n0), 0, 0);
        add(45, tags(s0, sr, n0), 0, 0);
        add(46, tags(s0, n0, nl), 0, 0);
        add(47, tags(s1, s0, n0), 0, 0);
        add(48, tags(s1, s0, n0), tag(n1), 0);
        add(49, tags(s0, sl, sl2), 0, 0);
        add(50, tags(s0, sr, sr2), 0, 0);
        add(51, tags(n0, nl, nl2), 0, 0);
        add(52, tags(s0, head, grand), 0, 0);
        add(53, tags(s1, n0, n1), up.dep.into(), 0);
        // How far, and what lies between.
        add(60, s0.lemma, distance, 0);
        add(61, tag(s0), distance, 0);
        add(62, n0.lemma, distance, 0);
        add(63, tag(n0), distance, 0);
        add(64, tag(s0) << 8 | tag(n0), distance, 0);
        add(65, tag(s0) << 8 | tag(n0), between, 0);
        add(66, s0.lemma, between, tag(n0));
        add(67, n0.lemma, between, tag(s0));
        add(68, s0.lemma, between, tag(n1));
        // The children so far.
        add(70, s0.lemma, sp.right_count.into(), 0);
        add(71, s0.lemma, sp.left_count.into(), 0);
        add(72, tag(s0), sp.right_count.into(), tag(n0));
        add(73, tag(s0), sp.left_count.into(), tag(n0));
        add(74, tag(n0), np.left_count.into(), 0);
        add(75, n0.lemma, np.left_count.into(), 0);
        add(76, sl.lemma, tag(s0), label(sp.left[0]));
        add(77, sr.lemma, tag(s0), label(sp.right[0]));
        add(78, nl.lemma, tag(n0), label(np.left[0]));
        add(79, tag(s0), label(sp.left[0]), label(sp.left[1]));
        add(80, tag(s0), label(sp.right[0]), label(sp.right[1]));
        add(81, tag(n0), label(np.left[0]), label(np.left[1]));
        let set = |deps: u64| (deps as u32) ^ ((deps >> 32) as u32).wrapping_mul(0x9e37_79b9);
        add(82, tag(s0), set(sp.left_deps), tag(n0));
        add(83, tag(s0), set(sp.right_deps), tag(n0));
        add(84, s0.lemma, set(sp.right_deps), tag(n0));
        add(85, tag(n0), set(np.left_deps), tag(s0));
        add(86, n0.lemma, set(np.left_deps), 0);
        add(87, sr.lemma, n0.lemma, label(sp.right[0]));
        add(88, tag(sr) << 8 | tag(n0), s0.lemma, label(sp.right[0]));
        add(89, tag(nl) << 8 | tag(n0), s0.lemma, label(np.left[0]));
        add(90, tag(s0) << 8 | tag(n0), u32::from(sp.dep) << 8 | u32::from(sp.head != NONE), label(sp.right[0]));
        add(91, tag(s1) << 8 | tag(n0), set(up.right_deps), 0);
        add(92, head.lemma, set(head_place.right_deps), tag(n0));
    }
}

/// Distances in steps that grow.
fn bucket(distance: u32) -> u32 {
    match distance {
        0..=4 => distance,
        5..=7 => 5,
        8..=12 => 6,
        13..=25 => 7,
        _ => 8,
    }
}

/// Parses a sentence: calls `place` with each word, its head (none for the root) and its relation. A word whose
/// sentence already has a root becomes its parataxis.
pub fn parse(weights: &Weights, moves: &[Move], nodes: &[Node], mut place: impl FnMut(usize, Option<usize>, Dep)) {
    let mut state = State::new(nodes);
    let mut on = Vec::with_capacity(96);
    while !state.is_done() {
        state.features(&mut on);
        let mut scores = [0; 256];
        for &feature in &on {
            weights.add(feature, &mut scores);
        }
        let mut best: Option<(i32, Move)> = None;
        for (&step, &score) in moves.iter().zip(&scores) {
            if best.is_none_or(|(most, _)| score > most) && state.allows(step) {
                best = Some((score, step));
            }
        }
        // Some move is always allowed where the model knows all four kinds; shift and reduce need no knowledge.
        let step = best.map_or(if state.at_root() { Move::Left(Dep::Root) } else { Move::Shift }, |(_, step)| step);
        state.make(if state.allows(step) { step } else { Move::Reduce });
    }
    let mut root = None;
    for word in 0..nodes.len() {
        match state.head(word) {
            Some(head) if head < nodes.len() => place(word, Some(head), state.dep(word)),
            _ => match root {
                None => {
                    root = Some(word);
                    place(word, None, Dep::Root);
                }
                Some(root) => place(word, Some(root), Dep::Parataxis),
            },
        }
    }
}
