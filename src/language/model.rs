//! The trained models of the tagger and the parser, compiled in. `docs/language-model.md` says what they were trained
//! on; `examples/train_language.rs` writes the file.

use std::sync::OnceLock;

use super::{
    Tag, Token, Upos, lemmas,
    linear::{Weights, hash_bytes},
    parser::{self, Move, Node},
    tagger::{self, Form},
};

/// The file's first bytes.
const MAGIC: &[u8; 8] = b"gainsay1";

/// A tagger and a parser.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the tagger's classes stand for.
    pub classes: Vec<(Tag, Upos)>,
    /// The tagger's weights.
    pub tagger: Weights,
    /// What the parser's classes stand for.
    pub moves: Vec<Move>,
    /// The parser's weights.
    pub parser: Weights,
}

impl Model {
    /// The model that is compiled in, decoded on first use.
    pub fn built_in() -> &'static Model {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| {
            Model::decode(include_bytes!("model.bin")).expect("the file is compiled in, and a test decodes it")
        })
    }

    /// The bytes of a model file.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(self.classes.len() as u8);
        out.extend(self.classes.iter().flat_map(|&(tag, upos)| [tag as u8, upos as u8]));
        out.push(self.moves.len() as u8);
        out.extend(self.moves.iter().map(|step| step.code()));
        self.tagger.encode(&mut out);
        self.parser.encode(&mut out);
        out
    }

    /// Reads a model file; none if it is not whole.
    pub fn decode(bytes: &[u8]) -> Option<Model> {
        let mut bytes = bytes.strip_prefix(MAGIC)?;
        let classes = usize::from(*bytes.split_off_first()?);
        let classes = bytes
            .split_off(..classes * 2)?
            .chunks(2)
            .map(|pair| Some((*Tag::ALL.get(usize::from(pair[0]))?, *Upos::ALL.get(usize::from(pair[1]))?)))
            .collect::<Option<Vec<_>>>()?;
        let moves = usize::from(*bytes.split_off_first()?);
        let moves = bytes.split_off(..moves)?.iter().map(|&code| Move::from_code(code)).collect::<Option<Vec<_>>>()?;
        let tagger = Weights::decode(&mut bytes)?;
        let parser = Weights::decode(&mut bytes)?;
        (!classes.is_empty()).then_some(Model { classes, tagger, moves, parser })
    }

    /// Tags the tokens of one sentence and builds its tree; `first` is the index of its first token in the document.
    pub fn analyse(&self, text: &str, tokens: &mut [Token], first: usize) {
        self.tag(text, tokens);
        let words = tokens.iter().map(|token| (token.span.of(text), token.tag));
        let nodes = nodes(words, tokens.iter().map(|t| self.class(t.tag, t.upos)));
        parser::parse(&self.parser, &self.moves, &nodes, |word, head, dep| {
            tokens[word].head = head.map(|head| first + head);
            tokens[word].dep = dep;
        });
    }

    /// Tags the tokens of one sentence.
    pub fn tag(&self, text: &str, tokens: &mut [Token]) {
        let forms: Vec<Form> = tokens.iter().map(|token| Form::of(token.span.of(text))).collect();
        let mut classes = Vec::with_capacity(forms.len());
        tagger::tag(&self.tagger, self.classes.len(), &forms, &mut classes);
        for (token, class) in tokens.iter_mut().zip(classes) {
            (token.tag, token.upos) = self.classes[usize::from(class)];
        }
        past_tenses(text, tokens);
    }

    fn class(&self, tag: Tag, upos: Upos) -> u8 {
        self.classes.iter().position(|&class| class == (tag, upos)).unwrap_or(0) as u8
    }
}

/// Mends what the tagger gets wrong with verbs that it has hardly seen: between a noun or pronoun and an object, a word in
/// *-ed* is no adjective ("the minister dismissed claims").
fn past_tenses(text: &str, tokens: &mut [Token]) {
    for at in 1..tokens.len().saturating_sub(1) {
        let (before, token, after) = (tokens[at - 1].tag, &tokens[at], &tokens[at + 1]);
        let word = token.span.of(text);
        let has_subject = before.is_noun() || before == Tag::PRP;
        let has_object = after.tag.is_noun()
            || matches!(after.tag, Tag::DT | Tag::PRPS | Tag::PRP | Tag::OpenQuote)
            || after.tag == Tag::IN && after.span.of(text) == "that";
        if token.tag == Tag::JJ && has_subject && has_object && word.ends_with("ed") && !word.contains('-') {
            (tokens[at].tag, tokens[at].upos) = (Tag::VBD, Upos::Verb);
        }
    }
}

/// The parser's view of a sentence, from its words with their tags, and their classes.
pub fn nodes<'w>(words: impl Iterator<Item = (&'w str, Tag)>, classes: impl Iterator<Item = u8>) -> Vec<Node> {
    let mut lemma = String::new();
    let (mut quotes, mut commas) = (0u16, 0u16);
    words
        .zip(classes)
        .map(|((word, tag), class)| {
            let form = Form::of(word);
            lemma.clear();
            lemmas::push(word, tag, &mut lemma);
            lemma.make_ascii_lowercase();
            let lemma = if tag == Tag::CD { 3 } else { hash_bytes(lemma.bytes()) };
            let node = Node { word: form.lower, lemma, suffix: form.suffixes[2], class, quotes, commas };
            quotes = quotes.wrapping_add(u16::from(matches!(tag, Tag::OpenQuote | Tag::CloseQuote)));
            commas = commas.wrapping_add(u16::from(tag == Tag::Comma));
            node
        })
        .collect()
}
