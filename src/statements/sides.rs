//! Whom a speaker speaks for: by the phrase that names him, by another one that does, or by the body that spoke before him.

use super::Party;
use super::assembly::Article;
use super::nouns::Kind;
use super::parties::same_party;
use super::phrases::{self, Np};
use crate::language::{Dep, Tag};
use std::collections::HashMap;

/// Offices that bodies have.
const OFFICES: &[&str] = &[
    "spokesman",
    "spokeswoman",
    "spokesperson",
    "manager",
    "minister",
    "chief",
    "director",
    "chairman",
    "chairwoman",
    "commander",
    "executive",
];

/// Others who speak for somebody or are at the head of something: "his *lawyer*", "the *head* teacher", "the restaurant *owner*".
const OTHERS: &[&str] = &[
    "lawyer",
    "attorney",
    "representative",
    "rep",
    "solicitor",
    "barrister",
    "counsel",
    "ambassador",
    "aide",
    "agent",
    "publicist",
    "adviser",
    "advisor",
    "ally",
    "surrogate",
    "strategist",
    "campaign",
    "camp",
    "team",
    "office",
    "head",
    "boss",
    "owner",
    "envoy",
];

/// How many tokens of a phrase are looked at for an office.
const LONGEST: usize = 16;

/// What a phrase says of an office.
struct Office {
    at: usize,
    /// Whether it was held once: "the *former* chief of Halvex" speaks for himself.
    once: bool,
}

impl Article<'_, '_> {
    /// The side a speaker speaks for: "a spokesman for the bank", "the bank's lawyer"; where this phrase doesn't say it, as
    /// another does that names the same person.
    pub(super) fn side(&self, np: &Np) -> Option<Party> {
        let office = self.office(np);
        if office.as_ref().is_some_and(|office| office.once) {
            return None;
        }
        match office.as_ref().and_then(|office| self.side_in(np, office)) {
            Some(said) => said,
            None => self.side_of(&self.parties.party(np)).or_else(|| self.house(np, office?.at)),
        }
    }

    /// The side that the article says a person speaks for, wherever it does.
    pub(super) fn side_of(&self, person: &Party) -> Option<Party> {
        self.sides.get(person.name.as_ref()?).cloned()
    }

    /// The sides of persons, by their names: of what the article calls them the first that says it.
    pub(super) fn read_sides(&self) -> HashMap<String, Party> {
        let mut sides = HashMap::new();
        for np in self.parties.phrases() {
            let Some(office) = self.office(np).filter(|office| !office.once) else { continue };
            let party = self.parties.party(np);
            // "The bank's director, Eleni Doukaki"; not "Talverine, the mine owner".
            let behind = || (office.at..np.range.end).any(|at| self.parties.names_at(at, &party));
            let of_two = || party.name.as_ref().is_some_and(|name| name.contains(' '));
            let person = match self.parties.kind(&party) {
                Kind::Person => true,
                Kind::Body => false,
                Kind::Unknown => of_two() && behind(),
            };
            if let Some(name) = party.name.filter(|name| person && !sides.contains_key(name))
                && let Some(side) = self.side_in(np, &office).unwrap_or_else(|| self.house(np, office.at))
            {
                sides.insert(name, side);
            }
        }
        sides
    }

    fn office(&self, np: &Np) -> Option<Office> {
        let tokens = self.doc.tokens();
        let at = np.range.clone().take(LONGEST).find(|&at| self.is_any(at, OFFICES) || self.is_any(at, OTHERS))?;
        let apart = |at: usize| matches!(tokens[at].tag, Tag::POS | Tag::DT | Tag::IN | Tag::Comma);
        let mut beside = (np.range.start..at).rev().take_while(|&at| !apart(at));
        let once = beside.any(|at| self.is_any(at, &["former", "ex", "retired", "late"]));
        Some(Office { at, once })
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.doc.lemma(at).eq_ignore_ascii_case(word))
    }

    /// The side that the phrase itself says: "spokesman for X"; "X's lawyer"; "X spokesman". None inside where it says the
    /// speaker himself.
    fn side_in(&self, np: &Np, office: &Office) -> Option<Option<Party>> {
        let doc = self.doc;
        let tokens = doc.tokens();
        let own = self.parties.party(np).name;
        let of_another = |party: Party| Some(party).filter(|party| party.name.is_none() || party.name != own);
        for child in doc.children(office.at) {
            let preposition = phrases::preposition(doc, child);
            let behind =
                tokens[child].dep == Dep::Nmod && child > office.at && matches!(preposition, Some("for" | "of"));
            if !behind && tokens[child].dep != Dep::NmodPoss {
                continue;
            }
            let np = phrases::noun_phrase(doc, child);
            let party = self.parties.party(&np);
            // "The director of football", "the head of sales": a field, and nobody's side.
            let unnamed = !party.is_named() && !self.parties.personal(&np);
            let bare = tokens[child].tag == Tag::NN && np.head == np.range.start;
            if !(unnamed && bare && preposition == Some("of")) {
                return Some(of_another(party));
            }
        }
        let before = (np.range.start..office.at)
            .rev()
            .take_while(|&at| tokens[at].tag.is_noun() || matches!(tokens[at].tag, Tag::JJ | Tag::POS | Tag::HYPH));
        let named = |at: &usize| doc.word(*at).starts_with(char::is_uppercase) && !phrases::is_time(doc, *at);
        let names: Vec<usize> = before.filter(named).collect();
        let (last, first) = (*names.first()?, *names.last()?);
        Some(of_another(self.parties.party(&Np { head: last, range: first..last + 1 })))
    }

    /// The body of an office that stands for itself: "Halvex said … *Plant manager Harald Quint* told this magazine".
    fn house(&self, np: &Np, office: usize) -> Option<Party> {
        let named =
            self.doc.tokens().get(office + 1).is_some() && self.doc.word(office + 1).starts_with(char::is_uppercase);
        if !self.is_any(office, OFFICES) || np.head != office && !named {
            return None;
        }
        let body = self.parties.party(self.parties.body_before(np.range.start.min(office))?);
        (!same_party(&body, &self.parties.party(np))).then_some(body)
    }
}
