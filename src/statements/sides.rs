//! Whom a speaker speaks for: by the phrase that names him, by another one that does, or by the body that spoke before him.

use super::Party;
use super::assembly::Article;
use super::nouns::Kind;
use super::phrases::{self, Np};
use crate::language::{Dep, Tag};
use std::collections::HashMap;

/// Who speaks for a body, or is the head of one.
const OFFICES: &[&str] = &[
    "spokesman",
    "spokeswoman",
    "spokesperson",
    "manager",
    "minister",
    "head",
    "chief",
    "director",
    "chairman",
    "chairwoman",
    "boss",
    "commander",
    "owner",
    "executive",
    "envoy",
];

/// Who speaks for others of any kind.
const AGENTS: &[&str] = &[
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
];

/// How many tokens of a phrase are looked at for an office.
const LONGEST: usize = 16;

impl Article<'_, '_> {
    /// The side a speaker speaks for: "a spokesman for the bank", "the bank's lawyer"; where this phrase doesn't say it, as
    /// another does that names the same person.
    pub(super) fn side(&self, np: &Np) -> Option<Party> {
        let own = || self.sides.get(self.parties.party(np).name.as_ref()?).cloned();
        self.side_in(np).or_else(own).or_else(|| self.house(np))
    }

    /// The sides of persons, by their names: of what the article calls them the first that says it.
    pub(super) fn read_sides(&self) -> HashMap<String, Party> {
        let mut sides = HashMap::new();
        for np in self.parties.phrases().filter(|np| self.office(np).is_some()) {
            let party = self.parties.party(np);
            let person = self.parties.kind(&party) != Kind::Body;
            if let Some(name) = party.name.filter(|name| person && !sides.contains_key(name))
                && let Some(side) = self.side_in(np).or_else(|| self.house(np))
            {
                sides.insert(name, side);
            }
        }
        sides
    }

    /// The word for the office, unless it is one that was held once.
    fn office(&self, np: &Np) -> Option<usize> {
        let tokens = self.doc.tokens();
        let speaks_for = |at: &usize| {
            let word = self.word(*at);
            OFFICES.contains(&word.as_str()) || AGENTS.contains(&word.as_str())
        };
        let office = np.range.clone().take(LONGEST).find(speaks_for)?;
        // Who was once a side's speaks for himself: "the *former* chief of Halvex".
        let apart = |at: usize| matches!(tokens[at].tag, Tag::POS | Tag::DT | Tag::IN | Tag::Comma);
        let mut beside = (np.range.start..office).rev().take_while(|&at| !apart(at));
        let once = beside.any(|at| matches!(self.word(at).as_str(), "former" | "ex" | "retired" | "late"));
        (!once).then_some(office)
    }

    /// The side that the phrase itself says: "spokesman for X"; "X's lawyer"; "X spokesman".
    fn side_in(&self, np: &Np) -> Option<Party> {
        let doc = self.doc;
        let tokens = doc.tokens();
        let office = self.office(np)?;
        let own = self.parties.party(np).name;
        let of_another = |party: Party| Some(party).filter(|party| party.name.is_none() || party.name != own);
        for child in doc.children(office) {
            let behind = tokens[child].dep == Dep::Nmod
                && child > office
                && matches!(phrases::preposition(doc, child), Some("for" | "of"));
            if behind || tokens[child].dep == Dep::NmodPoss {
                return of_another(self.parties.party(&phrases::noun_phrase(doc, child)));
            }
        }
        let before = (np.range.start..office)
            .rev()
            .take_while(|&at| tokens[at].tag.is_noun() || matches!(tokens[at].tag, Tag::JJ | Tag::POS | Tag::HYPH));
        let names: Vec<usize> = before.filter(|&at| doc.word(at).starts_with(char::is_uppercase)).collect();
        let (last, first) = (*names.first()?, *names.last()?);
        of_another(self.parties.party(&Np { head: last, range: first..last + 1 }))
    }

    /// The body of an office that stands for itself: "Halvex said … *Plant manager Harald Quint* told this magazine".
    fn house(&self, np: &Np) -> Option<Party> {
        let office = self.office(np).filter(|&office| OFFICES.contains(&self.word(office).as_str()))?;
        let first = np.range.start.min(office);
        self.parties.spoke_before(first).map(|np| self.parties.party(np))
    }
}
