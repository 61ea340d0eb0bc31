//! A text with everything that reading it found.

use std::ops::Range;

use super::{Dep, Quotation, Span, Tag, Upos, lemmas, model::Model, quotations, sentences, tokens};

/// A word, mark or symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Where it stands.
    pub span: Span,
    /// Its universal part of speech.
    pub upos: Upos,
    /// Its Penn Treebank tag.
    pub tag: Tag,
    /// The token it depends on, as an index among the document's tokens; none for the root of a sentence.
    pub head: Option<usize>,
    /// Its relation to the head; [`Dep::Root`] for a root.
    pub dep: Dep,
}

/// A sentence, or a line without a full stop such as a headline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its tokens, never none.
    pub tokens: Range<usize>,
    /// From its first token to its last.
    pub span: Span,
    /// The paragraph it stands in, as an index among the document's paragraphs.
    pub paragraph: usize,
    /// The token that is the root of its tree.
    pub root: usize,
}

/// A text, read: its paragraphs, sentences, tokens, syntax and quotations.
#[derive(Debug, Clone)]
pub struct Document<'t> {
    text: &'t str,
    paragraphs: Vec<Span>,
    sentences: Vec<Sentence>,
    tokens: Vec<Token>,
    /// The lemmas, one after the other, and where each ends.
    lemmas: String,
    lemma_ends: Vec<usize>,
    quotations: Vec<Quotation>,
    tree: Tree,
}

impl<'t> Document<'t> {
    /// Reads a text. Takes time and memory linear in its length, and any text will do.
    pub fn read(text: &'t str) -> Document<'t> {
        let paragraphs = paragraphs(text);
        let mut spans = Vec::with_capacity(text.len() / 5);
        let mut ranges = Vec::with_capacity(paragraphs.len());
        let mut sentences: Vec<Sentence> = Vec::new();
        for (number, paragraph) in paragraphs.iter().enumerate() {
            let first = spans.len();
            tokens::tokenize(text, *paragraph, &mut spans);
            ranges.push(first..spans.len());
            let mut found = Vec::new();
            sentences::split(text, &spans, first..spans.len(), &mut found);
            sentences.extend(found.into_iter().map(|tokens| Sentence {
                span: Span::new(spans[tokens.start].start, spans[tokens.end - 1].end),
                paragraph: number,
                root: tokens.start,
                tokens,
            }));
        }
        let quotations = quotations::pair(text, &spans, &ranges);
        let mut tokens: Vec<Token> =
            spans.iter().map(|&span| Token { span, upos: Upos::X, tag: Tag::NN, head: None, dep: Dep::Dep }).collect();
        let model = Model::built_in();
        for sentence in &mut sentences {
            model.analyse(text, &mut tokens[sentence.tokens.clone()], sentence.tokens.start);
            if let Some(root) = sentence.tokens.clone().find(|&i| tokens[i].head.is_none()) {
                sentence.root = root;
            }
        }
        let mut lemmas = String::with_capacity(text.len());
        let mut lemma_ends = Vec::with_capacity(tokens.len());
        for token in &tokens {
            lemmas::push(token.span.of(text), token.tag, &mut lemmas);
            lemma_ends.push(lemmas.len());
        }
        let tree = Tree::of(&tokens, &sentences);
        Document { text, paragraphs, sentences, tokens, lemmas, lemma_ends, quotations, tree }
    }

    /// The text that was read.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The paragraphs: lines that are not blank, hard-wrapped ones joined.
    pub fn paragraphs(&self) -> &[Span] {
        &self.paragraphs
    }

    /// The sentences in the order of the text; every token stands in one.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// The tokens in the order of the text.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The quotations in the order of their opening marks.
    pub fn quotations(&self) -> &[Quotation] {
        &self.quotations
    }

    /// The token as it is written.
    pub fn word(&self, token: usize) -> &'t str {
        self.tokens[token].span.of(self.text)
    }

    /// The token's dictionary form: lower case but for proper nouns (*denied*: *deny*; *has*: *have*; *n't*: *not*).
    pub fn lemma(&self, token: usize) -> &str {
        let start = if token == 0 { 0 } else { self.lemma_ends[token - 1] };
        &self.lemmas[start..self.lemma_ends[token]]
    }

    /// The sentence that the token stands in, as an index among the sentences.
    pub fn sentence_of(&self, token: usize) -> usize {
        self.sentences.partition_point(|sentence| sentence.tokens.end <= token)
    }

    /// The tokens that depend on the token, in the order of the text.
    pub fn children(&self, token: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.tree.children(token).iter().map(|&child| child as usize)
    }

    /// The first token that depends on the token with this relation.
    pub fn child(&self, token: usize, dep: Dep) -> Option<usize> {
        self.children(token).find(|&child| self.tokens[child].dep == dep)
    }

    /// The token with everything below it. Trees are projective: it is one stretch of the text.
    pub fn subtree(&self, token: usize) -> Range<usize> {
        self.tree.edges[token].0 as usize..self.tree.edges[token].1 as usize
    }

    /// The span of the tokens; empty at the start of the text for an empty range.
    pub fn span(&self, tokens: Range<usize>) -> Span {
        match self.tokens.get(tokens) {
            Some([first, .., last]) => Span::new(first.span.start, last.span.end),
            Some([only]) => only.span,
            _ => Span::default(),
        }
    }
}

/// Children and edges of every token, so that walking the trees is linear.
#[derive(Debug, Clone, Default)]
struct Tree {
    starts: Vec<u32>,
    children: Vec<u32>,
    /// First token of the subtree, and one past its last.
    edges: Vec<(u32, u32)>,
}

impl Tree {
    fn of(tokens: &[Token], sentences: &[Sentence]) -> Tree {
        let mut starts = vec![0u32; tokens.len() + 1];
        for head in tokens.iter().filter_map(|token| token.head) {
            starts[head + 1] += 1;
        }
        for i in 0..tokens.len() {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut children = vec![0u32; starts[tokens.len()] as usize];
        for (i, token) in tokens.iter().enumerate() {
            if let Some(head) = token.head {
                children[next[head] as usize] = i as u32;
                next[head] += 1;
            }
        }
        let mut tree = Tree { starts, children, edges: (0..tokens.len() as u32).map(|i| (i, i + 1)).collect() };
        let mut order = Vec::new();
        for sentence in sentences {
            order.clear();
            order.extend(sentence.tokens.clone().filter(|&i| tokens[i].head.is_none()));
            let mut done = 0;
            while done < order.len() {
                let token = order[done];
                order.extend(tree.children(token).iter().map(|&child| child as usize));
                done += 1;
            }
            for &token in order.iter().rev() {
                if let Some(head) = tokens[token].head {
                    let (start, end) = tree.edges[token];
                    let edge = &mut tree.edges[head];
                    *edge = (edge.0.min(start), edge.1.max(end));
                }
            }
        }
        tree
    }

    fn children(&self, token: usize) -> &[u32] {
        &self.children[self.starts[token] as usize..self.starts[token + 1] as usize]
    }
}

/// The lines that are not blank. A single line break in front of a small letter is a hard-wrapped line's: it ends no
/// paragraph, unless the line before it ends like a sentence.
fn paragraphs(text: &str) -> Vec<Span> {
    let mut paragraphs: Vec<Span> = Vec::new();
    let mut start = 0;
    let mut after_blank = true;
    for line in text.split_inclusive(['\n', '\u{2028}', '\u{2029}']) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            after_blank = true;
        } else {
            let from = start + (line.len() - line.trim_start().len());
            let to = from + trimmed.len();
            let wrapped = !after_blank
                && trimmed.starts_with(char::is_lowercase)
                && paragraphs
                    .last()
                    .is_some_and(|last| !last.of(text).ends_with(['.', '!', '?', ':', ';', '"', '”', '\'', '’']));
            match paragraphs.last_mut() {
                Some(last) if wrapped => last.end = to,
                _ => paragraphs.push(Span::new(from, to)),
            }
            after_blank = false;
        }
        start += line.len();
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_paragraphs_and_hard_wrapped_lines_are_joined() {
        let text =
            "Orland denies arms sales\nVELLANY - The ministry said it had\nnever sold shells.\n\n  It rained.\r\n";
        let document = Document::read(text);
        let paragraphs: Vec<_> = document.paragraphs().iter().map(|p| p.of(text)).collect();
        assert_eq!(
            paragraphs,
            ["Orland denies arms sales", "VELLANY - The ministry said it had\nnever sold shells.", "It rained."]
        );
    }

    #[test]
    fn an_empty_text_is_an_empty_document() {
        assert!(Document::read("").tokens().is_empty());
        assert!(Document::read(" \n\u{200b}\n").sentences().is_empty());
    }

    /// The head's word and the relation of the first token that is written so.
    fn relation<'t>(document: &Document<'t>, word: &str) -> (&'t str, Dep) {
        let token = (0..document.tokens().len()).find(|&i| document.word(i) == word).expect("the word is in the text");
        let Token { head, dep, .. } = document.tokens()[token];
        (head.map_or("", |head| document.word(head)), dep)
    }

    #[test]
    fn a_saying_has_its_subject_and_its_complement() {
        let document = Document::read("The envoy said that Orland had sold shells.");
        assert_eq!(relation(&document, "envoy"), ("said", Dep::Nsubj));
        assert_eq!(relation(&document, "sold"), ("said", Dep::Ccomp));
        assert_eq!(relation(&document, "said"), ("", Dep::Root));
        let document = Document::read("Orland denied that it had sold shells.");
        assert_eq!(relation(&document, "Orland"), ("denied", Dep::Nsubj));
        assert_eq!(relation(&document, "sold"), ("denied", Dep::Ccomp));
    }

    #[test]
    fn a_passive_is_told_from_an_active() {
        let document = Document::read("The ministry was accused of fraud by the envoy.");
        assert_eq!(relation(&document, "ministry"), ("accused", Dep::NsubjPass));
        let document = Document::read("The envoy accused the ministry of fraud.");
        assert_eq!(relation(&document, "ministry"), ("accused", Dep::Obj));
        assert_eq!(relation(&document, "envoy"), ("accused", Dep::Nsubj));
    }

    #[test]
    fn a_subject_may_follow_its_verb() {
        let document = Document::read("\u{201c}We did not sell it,\u{201d} said Ilse Tarn, a spokeswoman.");
        assert_eq!(relation(&document, "Ilse"), ("said", Dep::Nsubj));
        assert_eq!(relation(&document, "spokeswoman"), ("Ilse", Dep::Appos));
    }

    #[test]
    fn a_headline_has_its_verb() {
        let document = Document::read("Orland denies arms sales");
        assert_eq!(relation(&document, "Orland"), ("denies", Dep::Nsubj));
        assert_eq!(relation(&document, "sales"), ("denies", Dep::Obj));
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        /// Text that is rich in what the rules look at.
        fn texts() -> impl Strategy<Value = String> {
            let pieces = prop::sample::select(vec![
                "said",
                "Orland",
                "U.S.",
                "Gen.",
                "don't",
                "'",
                "\"",
                "\u{201c}",
                "\u{201d}",
                "\u{2018}",
                "\u{2019}",
                ".",
                ",",
                "\n",
                "\n\n",
                " ",
                " ",
                " ",
                "-",
                "(",
                ")",
                "?",
                "...",
                "$5",
                "\u{1f469}\u{200d}\u{1f680}",
                "\u{e9}",
                "@",
                "/",
                "denied",
                "the",
                "\u{0}",
                "\u{ab}",
                "\u{bb}",
                "``",
                "''",
            ]);
            prop_oneof![
                any::<String>(),
                prop::collection::vec(any::<u8>(), 0..200).prop_map(|b| String::from_utf8_lossy(&b).into_owned()),
                prop::collection::vec(pieces, 0..120).prop_map(|p| p.concat())
            ]
        }

        proptest! {
            #[test]
            fn any_text_is_read_and_its_parts_stand_in_order(text in texts()) {
                let document = Document::read(&text);
                let tokens = document.tokens();
                let mut end = 0;
                for (i, token) in tokens.iter().enumerate() {
                    prop_assert!(token.span.start >= end && token.span.start < token.span.end);
                    prop_assert!(!document.word(i).is_empty());
                    end = token.span.end;
                    let sentence = &document.sentences()[document.sentence_of(i)];
                    prop_assert!(sentence.tokens.contains(&i) && sentence.span.contains(token.span));
                    prop_assert_eq!(token.head.is_none(), sentence.root == i);
                    prop_assert!(token.head.is_none_or(|head| head != i && sentence.tokens.contains(&head)));
                    prop_assert!(document.subtree(i).contains(&i));
                    prop_assert!(document.children(i).all(|child| tokens[child].head == Some(i)));
                }
                for sentence in document.sentences() {
                    prop_assert_eq!(document.subtree(sentence.root), sentence.tokens.clone());
                    prop_assert!(document.paragraphs()[sentence.paragraph].contains(sentence.span));
                }
                for quotation in document.quotations() {
                    prop_assert!(quotation.span.end <= text.len() && text.is_char_boundary(quotation.span.end));
                    prop_assert_eq!(quotation.span.start, tokens[quotation.open].span.start);
                    prop_assert!(quotation.within.is_none_or(|outer| outer < document.quotations().len()));
                    prop_assert!(quotation.inside(tokens).end <= tokens.len());
                }
            }

            #[test]
            fn the_same_text_gives_the_same_document(text in texts()) {
                prop_assert_eq!(format!("{:?}", Document::read(&text)), format!("{:?}", Document::read(&text)));
            }
        }
    }
}
