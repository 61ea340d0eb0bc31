//! The label sets of the syntax: universal parts of speech, Penn Treebank tags and universal relations.

/// An enum of annotation labels with their spelling in treebanks.
macro_rules! labels {
    ($(#[$about:meta])* $name:ident { $($variant:ident $text:literal $doc:literal)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(clippy::upper_case_acronyms, reason = "the tag sets' own spelling")]
        pub enum $name { $(#[doc = $doc] $variant,)* }

        impl $name {
            /// Every label, in the order of their numbers.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The label as treebanks spell it.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The label that treebanks spell so.
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

labels! {
    /// Universal part of speech (Universal Dependencies, version 2).
    Upos {
        Adj "ADJ" "Adjective."
        Adp "ADP" "Preposition or particle of a phrasal verb."
        Adv "ADV" "Adverb."
        Aux "AUX" "Auxiliary, modal or copula."
        Cconj "CCONJ" "Coordinating conjunction."
        Det "DET" "Determiner."
        Intj "INTJ" "Interjection."
        Noun "NOUN" "Common noun."
        Num "NUM" "Numeral."
        Part "PART" "Particle: infinitival *to*, *not*, possessive *'s*."
        Pron "PRON" "Pronoun."
        Propn "PROPN" "Proper noun."
        Punct "PUNCT" "Punctuation."
        Sconj "SCONJ" "Subordinating conjunction."
        Sym "SYM" "Symbol."
        Verb "VERB" "Verb."
        X "X" "Anything else."
    }
}

labels! {
    /// Penn Treebank tag, as English-EWT and English-GUM use it (with `HYPH`, `NFP`, `ADD`, `GW`, `AFX`).
    Tag {
        CC "CC" "Coordinating conjunction."
        CD "CD" "Cardinal number."
        DT "DT" "Determiner."
        EX "EX" "Existential *there*."
        FW "FW" "Foreign word."
        IN "IN" "Preposition or subordinating conjunction."
        JJ "JJ" "Adjective."
        JJR "JJR" "Adjective, comparative."
        JJS "JJS" "Adjective, superlative."
        LS "LS" "List item marker."
        MD "MD" "Modal."
        NN "NN" "Noun, singular."
        NNP "NNP" "Proper noun, singular."
        NNPS "NNPS" "Proper noun, plural."
        NNS "NNS" "Noun, plural."
        PDT "PDT" "Predeterminer."
        POS "POS" "Possessive ending."
        PRP "PRP" "Personal pronoun."
        PRPS "PRP$" "Possessive pronoun."
        RB "RB" "Adverb."
        RBR "RBR" "Adverb, comparative."
        RBS "RBS" "Adverb, superlative."
        RP "RP" "Particle of a phrasal verb."
        SYM "SYM" "Symbol."
        TO "TO" "*to*."
        UH "UH" "Interjection."
        VB "VB" "Verb, base form."
        VBD "VBD" "Verb, past tense."
        VBG "VBG" "Verb, gerund or present participle."
        VBN "VBN" "Verb, past participle."
        VBP "VBP" "Verb, present tense, not third person singular."
        VBZ "VBZ" "Verb, present tense, third person singular."
        WDT "WDT" "Wh-determiner."
        WP "WP" "Wh-pronoun."
        WPS "WP$" "Possessive wh-pronoun."
        WRB "WRB" "Wh-adverb."
        ADD "ADD" "Address: email, URL, handle."
        AFX "AFX" "Affix."
        GW "GW" "Part of a word that is written apart."
        NFP "NFP" "Superfluous punctuation, emoji."
        HYPH "HYPH" "Hyphen within a word."
        Period "." "Full stop, question or exclamation mark."
        Comma "," "Comma."
        Colon ":" "Colon, semicolon, dash or ellipsis."
        OpenQuote "``" "Opening quotation mark."
        CloseQuote "''" "Closing quotation mark."
        OpenBracket "-LRB-" "Opening bracket."
        CloseBracket "-RRB-" "Closing bracket."
        Dollar "$" "Currency sign."
    }
}

impl Tag {
    /// Whether the tag is one of a verb form (not a modal).
    pub fn is_verb(self) -> bool {
        matches!(self, Tag::VB | Tag::VBD | Tag::VBG | Tag::VBN | Tag::VBP | Tag::VBZ)
    }

    /// Whether the tag is one of a common or proper noun.
    pub fn is_noun(self) -> bool {
        matches!(self, Tag::NN | Tag::NNS | Tag::NNP | Tag::NNPS)
    }

    /// Whether the tag is one of a proper noun.
    pub fn is_proper_noun(self) -> bool {
        matches!(self, Tag::NNP | Tag::NNPS)
    }
}

labels! {
    /// Relation of a word to its head (Universal Dependencies, version 2, with English subtypes).
    Dep {
        Root "root" "The root of a sentence."
        Acl "acl" "Clause that modifies a noun."
        AclRelcl "acl:relcl" "Relative clause."
        Advcl "advcl" "Adverbial clause."
        AdvclRelcl "advcl:relcl" "Relative clause that modifies a clause."
        Advmod "advmod" "Adverbial modifier."
        Amod "amod" "Adjectival modifier."
        Appos "appos" "Apposition."
        Aux "aux" "Auxiliary."
        AuxPass "aux:pass" "Passive auxiliary."
        Case "case" "Preposition or possessive ending."
        Cc "cc" "Coordinating conjunction."
        CcPreconj "cc:preconj" "*both*, *either* before a coordination."
        Ccomp "ccomp" "Complement clause with its own subject; direct speech."
        Compound "compound" "Compound."
        CompoundPrt "compound:prt" "Particle of a phrasal verb."
        Conj "conj" "Conjunct."
        Cop "cop" "Copula."
        Csubj "csubj" "Clausal subject."
        CsubjPass "csubj:pass" "Clausal subject of a passive."
        CsubjOuter "csubj:outer" "Clausal subject outside a clause that is the predicate."
        Dep "dep" "Unspecified."
        Det "det" "Determiner."
        DetPredet "det:predet" "Predeterminer."
        Discourse "discourse" "Discourse element."
        Dislocated "dislocated" "Dislocated element."
        Expl "expl" "Expletive."
        Fixed "fixed" "Part of a fixed expression."
        Flat "flat" "Part of a name."
        Goeswith "goeswith" "Part of a word written apart."
        Iobj "iobj" "Indirect object."
        List "list" "List item."
        Mark "mark" "Subordinator, infinitival *to*."
        Nmod "nmod" "Nominal modifier."
        NmodDesc "nmod:desc" "Title or description before a name."
        NmodPoss "nmod:poss" "Possessor."
        NmodUnmarked "nmod:unmarked" "Nominal modifier without a preposition."
        Nsubj "nsubj" "Subject."
        NsubjPass "nsubj:pass" "Subject of a passive."
        NsubjOuter "nsubj:outer" "Subject outside a clause that is the predicate."
        Nummod "nummod" "Numeric modifier."
        Obj "obj" "Object."
        Obl "obl" "Oblique: a prepositional phrase of a verb."
        OblAgent "obl:agent" "The *by*-phrase of a passive."
        OblUnmarked "obl:unmarked" "Oblique without a preposition: *Tuesday*, *ten miles*."
        Orphan "orphan" "Orphan of an ellipsis."
        Parataxis "parataxis" "Parataxis."
        Punct "punct" "Punctuation."
        Reparandum "reparandum" "Corrected speech."
        Vocative "vocative" "Vocative."
        Xcomp "xcomp" "Complement clause without its own subject."
    }
}

impl Dep {
    /// Whether the relation is a subject's, of an active or passive verb.
    pub fn is_subject(self) -> bool {
        matches!(self, Dep::Nsubj | Dep::NsubjPass | Dep::NsubjOuter | Dep::Csubj | Dep::CsubjPass | Dep::CsubjOuter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_found_by_its_spelling() {
        assert!(Tag::ALL.iter().all(|&tag| Tag::from_name(tag.as_str()) == Some(tag)));
        assert!(Dep::ALL.iter().all(|&dep| Dep::from_name(dep.as_str()) == Some(dep)));
        assert!(Upos::ALL.iter().all(|&upos| Upos::from_name(upos.as_str()) == Some(upos)));
        assert_eq!(Dep::from_name("nsubj:pas"), None);
    }
}
