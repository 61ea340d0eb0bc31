//! Who is meant: names of an article with their fullest form, pronouns, roles and documents, resolved to parties.

use super::lexicon::CUES;
use super::nouns::{self, Kind, NOUNS, Sex};
use super::phrases::{self, Np};
use super::reader::Reading;
use super::{Act, Actors, Party};
use crate::language::{Dep, Document, Tag};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

/// How many earlier mentions a pronoun or role may look back over.
const MEMORY: usize = 60;

/// How many mentions back a phrase may have begun that names several.
const JOINED: usize = 8;

/// From this probability on a pronoun or role means whom the reader says; below it, the best earlier mention that fits.
const MEANT: f32 = 0.3;

/// How many sentences at the start may be headline and caption, where roles stand without an article.
pub const HEADLINES: usize = 3;

/// How many of the most named an article's leading parties are.
const LEADING: usize = 3;

/// How many sentences back the body may have spoken whose office somebody holds.
const LATELY: usize = 4;

/// Capitalised, and nobody's names.
const WEEKDAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Months that are given names as well.
const GIVEN: &[&str] = &["April", "May", "June", "August"];

/// First names that tell the bearer's sex, for pronouns: `f` and `m` lines.
static FIRST_NAMES: std::sync::LazyLock<HashMap<&'static str, Sex>> = std::sync::LazyLock::new(|| {
    let mut names = HashMap::new();
    for line in include_str!("first-names.txt").lines() {
        let (sex, rest) = match line.split_once(':') {
            Some(("f", rest)) => (Sex::Female, rest),
            Some(("m", rest)) => (Sex::Male, rest),
            _ => continue,
        };
        names.extend(rest.split_whitespace().map(|name| (name, sex)));
    }
    names
});

/// Words in small letters inside names.
const PARTICLES: [&str; 15] =
    ["de", "von", "van", "bin", "al", "ibn", "da", "del", "la", "der", "den", "di", "du", "dos", "el"];

/// Whether the word, in small letters, is a first name.
pub(super) fn is_first_name(word: &str) -> bool {
    FIRST_NAMES.contains_key(word)
}

/// A name as the article uses it anywhere, with what is known of its bearer.
#[derive(Debug)]
struct Bearer {
    /// The fullest form.
    name: String,
    kind: Kind,
    sex: Option<Sex>,
    actor: Option<String>,
    /// It is only where something happened: nobody speaks there.
    place: bool,
    /// How often the article names it.
    times: usize,
}

/// A noun phrase that can be meant later by a pronoun or a role.
#[derive(Debug, Clone)]
struct Mention {
    token: usize,
    sentence: usize,
    bearer: Option<usize>,
    subject: bool,
    /// It is the subject of a verb of saying: who spoke last is who "he" is next.
    speaks: bool,
    plural: bool,
    kind: Kind,
    sex: Option<Sex>,
    np: Np,
}

/// What a pronoun or noun tells of whom it means.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    sex: Option<Sex>,
    plural: bool,
    kind: Kind,
}

impl Wanted {
    fn by_pronoun(word: &str) -> Option<Wanted> {
        let (sex, plural, kind) = nouns::pronoun(word)?;
        Some(Wanted { sex, plural, kind })
    }

    /// Whether the mention has all that is wanted.
    fn fits(&self, mention: &Mention) -> bool {
        if self.plural {
            // "The claims … they": what nobody is, says and does nothing.
            let somebody = mention.kind != Kind::Unknown || mention.bearer.is_some();
            return somebody && mention.plural || mention.kind == Kind::Body;
        }
        if mention.plural && mention.bearer.is_none() {
            return false;
        }
        match self.kind {
            Kind::Person => {
                mention.kind != Kind::Body
                    && (mention.kind == Kind::Person || mention.bearer.is_some())
                    && (mention.sex.is_none() || mention.sex == self.sex)
            }
            _ => mention.kind == Kind::Body,
        }
    }

    /// Whether the mention is known to be something else.
    fn rules_out(&self, mention: &Mention) -> bool {
        let unknown = self.kind == Kind::Unknown || mention.kind == Kind::Unknown;
        let other_kind = !unknown && self.kind != mention.kind;
        let other_sex = self.sex.is_some() && mention.sex.is_some() && self.sex != mention.sex;
        let other_number = match mention.kind {
            Kind::Person => self.plural && !mention.plural,
            Kind::Body => false,
            Kind::Unknown => mention.bearer.is_none() && self.plural != mention.plural,
        };
        let several = !self.plural && mention.plural && mention.bearer.is_none();
        other_kind || other_sex || other_number || several
    }
}

/// A mention by name, before some place.
#[derive(Debug)]
pub struct Named<'p> {
    /// The phrase.
    pub np: &'p Np,
    /// How many sentences back.
    pub sentences: usize,
    /// Whether it is a subject.
    pub subject: bool,
}

/// The parties of an article.
#[derive(Debug)]
pub struct Parties<'d, 't> {
    doc: &'d Document<'t>,
    actors: Actors,
    bearers: Vec<Bearer>,
    /// For every token that belongs to a name, its bearer.
    bearer_at: HashMap<usize, usize>,
    mentions: Vec<Mention>,
    /// Bearers by their fullest name, and from the most named to the least.
    by_name: HashMap<String, usize>,
    ranks: Vec<usize>,
    /// The person who is named most.
    main: Option<usize>,
    /// The first mentions of the leading bearers.
    leading: Vec<Np>,
    /// For every token inside somebody's words, whose: "I" and "we" there are the speaker.
    said_by: HashMap<usize, Np>,
    /// The mention that the reader says a pronoun or role means.
    heard: HashMap<usize, usize>,
    /// The parties that were asked for, by head and range: most are asked for again.
    known: RefCell<HashMap<(usize, usize, usize), Party>>,
}

impl<'d, 't> Parties<'d, 't> {
    /// Reads the names and mentions of the article.
    pub fn read(doc: &'d Document<'t>, actors: &Actors, reading: &Reading) -> Self {
        let mut parties = Parties {
            doc,
            actors: actors.in_article(doc.text()),
            bearers: Vec::new(),
            bearer_at: HashMap::new(),
            mentions: Vec::new(),
            by_name: HashMap::new(),
            ranks: Vec::new(),
            main: None,
            leading: Vec::new(),
            said_by: HashMap::new(),
            heard: HashMap::new(),
            known: RefCell::default(),
        };
        parties.read_names();
        parties.read_mentions();
        parties.follow(reading);
        parties.rank_bearers();
        parties
    }

    fn rank_bearers(&mut self) {
        let mut order: Vec<usize> = (0..self.bearers.len()).collect();
        order.sort_by_key(|&bearer| (std::cmp::Reverse(self.bearers[bearer].times), bearer));
        self.ranks = vec![0; order.len()];
        for (rank, &bearer) in order.iter().enumerate() {
            self.ranks[bearer] = rank;
        }
        self.main = order.iter().copied().find(|&bearer| self.bearers[bearer].kind == Kind::Person);
        let first = |bearer: usize| self.mentions.iter().find(|mention| mention.bearer == Some(bearer));
        self.leading =
            order.iter().take(LEADING).filter_map(|&bearer| first(bearer)).map(|first| first.np.clone()).collect();
        self.by_name = self.bearers.iter().enumerate().map(|(bearer, known)| (known.name.clone(), bearer)).collect();
    }

    /// Takes in whose words are whose, so that "I" and "we" inside them can be resolved. The innermost speaker counts.
    pub fn hear<'a>(&mut self, sayings: impl Iterator<Item = (&'a Np, &'a [Range<usize>])>) {
        let mut sayings: Vec<_> = sayings.collect();
        sayings
            .sort_by_key(|(_, content)| std::cmp::Reverse(content.iter().map(ExactSizeIterator::len).sum::<usize>()));
        for (source, content) in sayings {
            for at in content.iter().flat_map(Clone::clone).filter(|&at| first_person(self.doc.word(at))) {
                self.said_by.insert(at, source.clone());
            }
        }
    }

    fn read_names(&mut self) {
        let doc = self.doc;
        let mut runs: Vec<(Range<usize>, bool)> = Vec::new();
        for sentence in doc.sentences() {
            let mut at = sentence.tokens.start;
            let capitals = sentence.tokens.clone().filter(|&t| doc.word(t).starts_with(char::is_uppercase)).count();
            // In a headline in title case capitals mean little.
            let title_case = capitals * 3 > sentence.tokens.len() * 2 && sentence.tokens.len() > 4;
            while at < sentence.tokens.end {
                // "The Border Security Force": to the tagger a common noun, but for its capital.
                let leads = !title_case
                    && at > sentence.tokens.start
                    && matches!(doc.tokens()[at].tag, Tag::NN | Tag::NNS)
                    && doc.word(at).starts_with(char::is_uppercase)
                    && at + 1 < sentence.tokens.end
                    && self.is_name_word(at + 1)
                    && !phrases::is_punct(doc, at - 1);
                // "Downing Street said": at the start of a sentence any word has a capital, and the gazetteer knows this one.
                let leads = leads
                    || !title_case && at == sentence.tokens.start && self.begins_a_known_name(at, sentence.tokens.end);
                if !leads && !self.is_name_word(at) {
                    at += 1;
                    continue;
                }
                let start = at;
                at += 1;
                while at < sentence.tokens.end
                    && (self.is_name_word(at) || self.joins_names(at, sentence.tokens.end))
                    && at - start < 10
                {
                    at += 1;
                }
                runs.push((start..at, title_case));
            }
        }
        // Longer names first, so that shorter ones find the fullest form they abbreviate.
        let mut order: Vec<usize> = (0..runs.len()).collect();
        let bare = |range: &Range<usize>| -> Range<usize> {
            let mut range = range.clone();
            let dropped = |at: usize| {
                let word = doc.word(at);
                let calendar = WEEKDAYS.contains(&word) || MONTHS.contains(&word) && !GIVEN.contains(&word);
                calendar || NOUNS.title(&normal(word))
            };
            while range.len() > 1 && dropped(range.start) {
                range.start += 1;
            }
            while range.len() > 1 && WEEKDAYS.contains(&doc.word(range.end - 1)) {
                range.end -= 1;
            }
            // "Norland President Anna Kovarek": what stands before a title is no part of the name, unless it is a body's.
            let of_a_body = range.clone().any(|at| NOUNS.body(&normal(doc.word(at))));
            let title = range.clone().skip(1).rev().skip(1).find(|&at| NOUNS.title(&normal(doc.word(at))));
            if let Some(title) = title.filter(|_| !of_a_body) {
                range.start = title + 1;
            }
            range
        };
        order.sort_by_key(|&run| {
            let (range, title_case) = &runs[run];
            (*title_case, std::cmp::Reverse(bare(range).len().min(4)), range.start)
        });
        let mut by_name: HashMap<String, usize> = HashMap::new();
        let mut by_last: HashMap<String, usize> = HashMap::new();
        let mut by_initials: HashMap<String, usize> = HashMap::new();
        for run in order {
            let (whole, title_case) = runs[run].clone();
            let range = bare(&whole);
            if range.len() == 1 && NOUNS.title(&normal(doc.word(range.start))) {
                // "the Home Secretary": an office, not a name.
                continue;
            }
            if range.len() == 1 && {
                let word = doc.word(range.start);
                // "in May", but not Theresa May.
                WEEKDAYS.contains(&word) || MONTHS.contains(&word) && !by_last.contains_key(word)
            } {
                continue;
            }
            let titled = range.start > whole.start;
            // "Long-Bailey" is one word; "the Orland-Vadunia border" is no fuller name of Vadunia's.
            let words: Vec<&str> = doc.span(range.clone()).of(doc.text()).split_whitespace().collect();
            let text = words.join(" ");
            let last = words.last().copied().unwrap_or_default().to_owned();
            let known = by_name.get(&text).copied().or_else(|| {
                let by_last = by_last.get(&last).copied();
                if words.len() == 1 {
                    return by_last.or_else(|| by_initials.get(&text.replace('.', "")).copied());
                }
                // "Von der Esten": a surname of several words.
                let surname = PARTICLES.contains(&words[0].to_lowercase().as_str());
                let end = format!(" {}", text.to_lowercase());
                by_last.filter(|&bearer| surname && self.bearers[bearer].name.to_lowercase().ends_with(&end))
            });
            let sex = sex_of(doc, &whole, &range);
            let place = whole.start > 0
                && matches!(
                    doc.word(whole.start - 1),
                    "in" | "at" | "near" | "outside" | "across" | "In" | "At" | "to"
                )
                && doc.tokens()[whole.start - 1].tag == Tag::IN;
            let bearer = match known {
                Some(bearer) => bearer,
                None if title_case && words.len() > 4 => continue,
                None => {
                    let bearer = self.bearers.len();
                    let body = words.iter().any(|word| NOUNS.body(&normal(word)));
                    let actor = self.actors.resolve(&text).map(str::to_owned);
                    let first_known = FIRST_NAMES.contains_key(normal(doc.word(range.start)).as_str());
                    let kind = if body || actor.is_some() || place && !titled && sex.is_none() {
                        Kind::Body
                    } else if titled || sex.is_some() || first_known && words.len() > 1 {
                        Kind::Person
                    } else {
                        Kind::Unknown
                    };
                    let place = place && !titled && !body && sex.is_none() && actor.is_none();
                    self.bearers.push(Bearer { name: text.clone(), kind, sex, actor, place, times: 0 });
                    if words.len() > 1 {
                        if kind != Kind::Body {
                            by_last.entry(last).or_insert(bearer);
                            if kind == Kind::Person {
                                by_last.entry(words[0].to_owned()).or_insert(bearer);
                            }
                        }
                        let initials: String =
                            words.iter().filter_map(|word| word.chars().next()).filter(|c| c.is_uppercase()).collect();
                        if initials.len() > 1 {
                            by_initials.entry(initials).or_insert(bearer);
                        }
                    }
                    by_name.insert(text, bearer);
                    bearer
                }
            };
            if self.bearers[bearer].sex.is_none() {
                self.bearers[bearer].sex = sex;
            }
            if titled && self.bearers[bearer].kind == Kind::Unknown {
                self.bearers[bearer].kind = Kind::Person;
            }
            self.bearers[bearer].times += 1;
            self.bearer_at.extend(whole.map(|at| (at, bearer)));
        }
    }

    fn is_name_word(&self, at: usize) -> bool {
        let tag = self.doc.tokens()[at].tag;
        let word = self.doc.word(at);
        word.starts_with(char::is_uppercase) && tag.is_proper_noun() && word.chars().any(char::is_alphabetic)
    }

    /// Whether the word, to the tagger no name but a noun or a participle, begins one that the gazetteer knows.
    fn begins_a_known_name(&self, at: usize, end: usize) -> bool {
        let (tag, next) = (self.doc.tokens()[at].tag, at + 1);
        next < end
            && !tag.is_proper_noun()
            && (tag.is_noun() || tag.is_verb())
            && self.is_name_word(next)
            && self.actors.resolve(self.doc.span(at..next + 1).of(self.doc.text())).is_some()
            && self.actors.resolve(self.doc.word(next)).is_none()
    }

    /// Whether the token only joins two parts of one name: *Ministry of Defence*, *Al-Bari*, *von der Leyen*.
    fn joins_names(&self, at: usize, end: usize) -> bool {
        let particle = |at: usize| PARTICLES.contains(&self.doc.word(at));
        let word = self.doc.word(at);
        let joint = (particle(at) || matches!(word, "-" | "–" | "of" | "&")) && !phrases::is_spaced_dash(self.doc, at);
        let next = if particle(at) && at + 1 < end && particle(at + 1) { at + 2 } else { at + 1 };
        let named = next < end && self.is_name_word(next);
        joint && named && (word != "of" || at > 0 && NOUNS.body(&normal(self.doc.word(at - 1))))
            || named && self.is_of_members(at)
    }

    /// Whether the token is the possessive of those whose body the next word names: *Miners' Union*, *People's Party*.
    fn is_of_members(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| normal(self.doc.word(before))).unwrap_or_default();
        let members = match self.doc.word(at) {
            "'" | "’" => before.ends_with('s'),
            "'s" | "’s" => matches!(before.as_str(), "people" | "women" | "men" | "children"),
            _ => false,
        };
        // "Hamas' ministry" is the ministry of one who has a name.
        let actor = || self.actors.resolve(self.doc.word(at - 1)).is_some();
        members && NOUNS.body(&normal(self.doc.word(at + 1))) && !actor()
    }

    fn read_mentions(&mut self) {
        let doc = self.doc;
        let tokens = doc.tokens();
        let mut quoted = vec![false; tokens.len()];
        for quotation in doc.quotations().iter().filter(|quotation| quotation.within.is_none()) {
            let inside = quotation.inside(tokens);
            if inside.len() > 6 {
                quoted[inside].fill(true);
            }
        }
        for (number, sentence) in doc.sentences().iter().enumerate() {
            for at in sentence.tokens.clone() {
                if quoted[at] || !tokens[at].tag.is_noun() {
                    continue;
                }
                let name = self.bearer_at.get(&at).copied();
                let heads_name = name.is_some() && self.bearer_at.get(&(at + 1)).copied() != name;
                let dep = tokens[at].dep;
                let inner = matches!(
                    dep,
                    crate::language::Dep::Compound | crate::language::Dep::Flat | crate::language::Dep::Amod
                );
                if inner && !heads_name {
                    continue;
                }
                if name.is_some() && !heads_name && !dep.is_subject() {
                    continue;
                }
                let kind = match name {
                    Some(bearer) => self.bearers[bearer].kind,
                    None => NOUNS.kind(&doc.lemma(at).to_lowercase()),
                };
                // A name hangs on its first word; the phrase is that word's.
                let np = phrases::noun_phrase(doc, self.head_of_name(at));
                let speaks = np.range.clone().take(8).any(|inside| {
                    tokens[inside].dep == Dep::Nsubj
                        && tokens[inside].head.is_some_and(|verb| CUES.verb(doc.lemma(verb), |_| None).is_some())
                });
                let subject = dep.is_subject() || np.range.clone().any(|inside| tokens[inside].dep.is_subject());
                let sex = name
                    .and_then(|bearer| self.bearers[bearer].sex)
                    .or_else(|| NOUNS.sex(&doc.lemma(at).to_lowercase()));
                self.mentions.push(Mention {
                    token: at,
                    sentence: number,
                    bearer: name,
                    subject,
                    speaks,
                    plural: matches!(tokens[at].tag, Tag::NNS | Tag::NNPS)
                        || np.range.clone().any(|inside| doc.word(inside) == "and"),
                    kind,
                    sex,
                    np: np.clone(),
                });
                // "White House spokesman John Kirby": the name's bearer speaks for the United States.
                if let Some(bearer) = name
                    && self.bearers[bearer].actor.is_none()
                    && let phrase = doc.span(np.range.clone()).of(doc.text())
                    && !self.abbreviates(phrase, &self.bearers[bearer])
                {
                    self.bearers[bearer].actor = self.actors.resolve(phrase).map(str::to_owned);
                }
            }
        }
    }

    /// Takes in whom the reader says that pronouns and roles mean: the party with most of the probability, whether by its name
    /// or by other pronouns and roles, unless something rules it out.
    fn follow(&mut self, reading: &Reading) {
        let mut referring: Vec<_> = reading.meant.iter().collect();
        referring.sort_unstable_by_key(|(at, _)| **at);
        // The first mention of each party by itself.
        let alone = self.mentions.iter().enumerate().rev().filter(|(_, mention)| !mention.plural);
        let first: HashMap<usize, usize> = alone.filter_map(|(nth, mention)| Some((mention.bearer?, nth))).collect();
        for (&at, meant) in referring {
            let noun = self.doc.lemma(at).to_lowercase();
            let wanted = Wanted::by_pronoun(&self.doc.word(at).to_lowercase()).unwrap_or_else(|| Wanted {
                sex: NOUNS.sex(&noun),
                plural: false,
                kind: NOUNS.kind(&noun),
            });
            // "The magazine said Ruk had cheated": what a subject's own verb tells of is somebody else.
            let subject = matches!(self.doc.tokens()[at].dep, Dep::Nsubj | Dep::NsubjPass);
            let told = self.doc.tokens()[at].head.filter(|&verb| subject && at < verb);
            let told = told.map_or(0..0, |verb| verb..self.doc.subtree(verb).end);
            let mut shares: Vec<(usize, f32)> = Vec::new();
            for &(token, share) in meant.iter().filter(|(token, _)| !told.contains(token)) {
                let chained = || self.heard.get(&token).copied();
                let own = || self.mentions.binary_search_by_key(&token, |mention| mention.token).ok();
                let named = || first.get(self.bearer_at.get(&token)?).copied();
                // Who is one of several is meant by "they" together with the others.
                let upto = self.mentions.partition_point(|mention| mention.token <= token);
                let joint = (upto.saturating_sub(JOINED)..upto)
                    .rev()
                    .filter(|_| wanted.plural)
                    .find(|&nth| self.mentions[nth].plural && self.mentions[nth].np.range.contains(&token));
                let Some(mention) = chained().or(joint).or_else(own).or_else(named) else { continue };
                // A party by its first mention, several by the phrase that names them together, who has no name by its own.
                let together = wanted.plural && self.mentions[mention].plural;
                let known = self.mentions[mention].bearer.filter(|_| !together);
                let mention = known.and_then(|bearer| first.get(&bearer).copied()).unwrap_or(mention);
                let Mention { token, bearer, np, .. } = &self.mentions[mention];
                let elsewhere = bearer.is_some() || *token < at && !np.range.contains(&at);
                let out = self.acts_on(&self.mentions[mention], at) || wanted.rules_out(&self.mentions[mention]);
                if elsewhere && !out {
                    match shares.iter_mut().find(|(known, _)| *known == mention) {
                        Some((_, sum)) => *sum += share,
                        None => shares.push((mention, share)),
                    }
                }
            }
            let best = shares.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((mention, _)) = best.filter(|(_, share)| *share >= MEANT) {
                self.heard.insert(at, mention);
            }
        }
    }

    /// Whether the mention is the subject of the verb whose object the token is: "Ruk accused *him*" means another.
    fn acts_on(&self, mention: &Mention, object: usize) -> bool {
        let tokens = self.doc.tokens();
        let verb = tokens[object].head.filter(|_| matches!(tokens[object].dep, Dep::Obj | Dep::Iobj));
        let oneself = self.doc.word(object).ends_with("self") || self.doc.word(object).ends_with("selves");
        let subject = verb.filter(|_| !oneself).and_then(|verb| self.doc.child(verb, Dep::Nsubj));
        subject.is_some_and(|subject| {
            let heard = self.heard.get(&subject).map(|&heard| &self.mentions[heard]);
            let bearer = heard.map_or(self.bearer_at.get(&subject).copied(), |heard| heard.bearer);
            let token = heard.map_or(subject, |heard| heard.token);
            token == mention.token || bearer.is_some() && bearer == mention.bearer
        })
    }

    /// The party that a noun phrase means.
    pub fn party(&self, np: &Np) -> Party {
        let place = (np.head, np.range.start, np.range.end);
        if let Some(party) = self.known.borrow().get(&place) {
            return party.clone();
        }
        let party = self.find_party(np);
        self.known.borrow_mut().insert(place, party.clone());
        party
    }

    fn find_party(&self, np: &Np) -> Party {
        let doc = self.doc;
        let span = doc.span(np.range.clone());
        let text = span.of(doc.text()).to_owned();
        let mut party = Party { actor: self.actors.resolve(&text).map(str::to_owned), text, span, name: None };
        let mut bearer = self.bearer_of(np, 0);
        // "The Greek government" is Greece's, whatever else was named.
        if let Some(Meant::Bearer(other)) = bearer
            && party.actor.is_some()
            && self.bearers[other].actor != party.actor
            && !np.range.clone().any(|at| self.bearer_at.get(&at) == Some(&other))
            && NOUNS.kind(&doc.lemma(np.head).to_lowercase()) == Kind::Body
        {
            bearer = None;
        }
        if let Some(Meant::Bearer(bearer)) = bearer {
            let bearer = &self.bearers[bearer];
            party.name = Some(bearer.name.clone());
            let own = party.actor.filter(|_| !self.abbreviates(&party.text, bearer));
            party.actor = own.or_else(|| bearer.actor.clone());
        } else if let Some(Meant::Phrase(other)) = bearer {
            let phrase = doc.span(other.range.clone()).of(doc.text());
            party.name = Some(phrase.to_owned());
            party.actor = party.actor.or_else(|| self.actors.resolve(phrase).map(str::to_owned));
        }
        if !party.is_named() {
            party.actor = self.seat(np).map(str::to_owned);
        }
        // People of somebody are their own.
        if party.is_named() || self.personal(np) { party } else { self.owned(party, np) }
    }

    /// The party that is blamed for what a phrase's people do: "workers of *Open Palm*", "its guards" of a state. As speakers
    /// they are their own.
    pub fn blamed(&self, np: &Np) -> Party {
        let party = self.party(np);
        let several = self.doc.tokens()[np.head].tag == Tag::NNS;
        if party.is_named() || !several { party } else { self.owned(party, np) }
    }

    /// The party under the name of whose it is.
    fn owned(&self, party: Party, np: &Np) -> Party {
        if !self.doc.tokens()[np.head].tag.is_noun() {
            return party;
        }
        match self.owner(np).or_else(|| self.owner_by_pronoun(np)) {
            Some(owner) => Party { name: Some(owner.name.clone()), actor: owner.actor.clone(), ..party },
            None => party,
        }
    }

    /// Whose the phrase's thing or people are: "the chemical works of Halvex", "Halvex's trucks".
    fn owner(&self, np: &Np) -> Option<&Bearer> {
        let tokens = self.doc.tokens();
        let owners = self.doc.children(np.head).filter(|&child| {
            let of = child > np.head && phrases::preposition(self.doc, child) == Some("of");
            tokens[child].dep == Dep::NmodPoss || tokens[child].dep == Dep::Nmod && of
        });
        let mut bearers = owners.filter_map(|child| self.bearer_at.get(&child)).map(|&bearer| &self.bearers[bearer]);
        bearers.find(|bearer| bearer.kind != Kind::Person && !bearer.place)
    }

    /// The same by a pronoun: "its factories", "our army".
    fn owner_by_pronoun(&self, np: &Np) -> Option<&Bearer> {
        let tokens = self.doc.tokens();
        let owns = |at: usize| ["its", "their", "our"].iter().any(|own| self.doc.word(at).eq_ignore_ascii_case(own));
        let mut owners = self.doc.children(np.head).filter(|&child| tokens[child].dep == Dep::NmodPoss);
        let Some(Meant::Bearer(owner)) = self.antecedent(owners.find(|&at| owns(at))?, 0) else { return None };
        Some(&self.bearers[owner]).filter(|owner| owner.kind != Kind::Person)
    }

    /// The phrase with the seat behind it: *the government* in Minsk.
    fn seat(&self, np: &Np) -> Option<&str> {
        let (doc, at) = (self.doc, np.range.end);
        if at + 1 >= doc.tokens().len() || !doc.word(at).eq_ignore_ascii_case("in") || at != np.head + 1 {
            return None;
        }
        let name = (at + 1..doc.tokens().len()).take_while(|next| self.bearer_at.contains_key(next)).last()?;
        let phrase = doc.span(np.range.start..name + 1).of(doc.text());
        self.actors.resolve(phrase)
    }

    /// Whether the phrase is the article's short form of a name that says more: *Jordan* of Michael Jordan, *the ICC* of
    /// the International Cricket Council. Then it is not the state or body that it names elsewhere.
    fn abbreviates(&self, phrase: &str, bearer: &Bearer) -> bool {
        let mut words = phrase.split_whitespace().filter(|word| !matches!(*word, "the" | "The"));
        let (Some(word), None) = (words.next(), words.next()) else { return false };
        if self.actors.meanings(phrase).first().is_some_and(|meaning| meaning.watchlist) {
            return false;
        }
        let word = word.trim_end_matches(['\'', '’', 's']).trim_end_matches(['\'', '’']);
        let full: Vec<&str> = bearer.name.split_whitespace().collect();
        let part_of_person =
            bearer.kind == Kind::Person && full.len() > 1 && (full[0] == word || full.last() == Some(&word));
        let initials = full.len() > 2 && word.len() > 2 && !word.contains('.') && word.chars().all(char::is_uppercase);
        part_of_person || initials
    }

    /// The first mentions of those that the article names most, from the most named on.
    pub fn leading(&self) -> &[Np] {
        &self.leading
    }

    /// What the article calls persons and bodies, in text order.
    pub fn phrases(&self) -> impl Iterator<Item = &Np> {
        self.mentions.iter().map(|mention| &mention.np)
    }

    /// The body or state, of those with an actor's name or named most, that was the last subject before the token, not long
    /// before it; none where that accuses.
    pub fn body_before(&self, at: usize) -> Option<&Np> {
        let upto = self.mentions.partition_point(|mention| mention.token < at);
        let sentence = self.doc.sentence_of(at);
        let near = self.mentions[..upto].iter().rev().take(MEMORY);
        let mut bodies = near.take_while(|mention| sentence - mention.sentence <= LATELY).filter(|mention| {
            let body = |bearer: usize| {
                let known = &self.bearers[bearer];
                let leads = known.actor.is_some() || self.ranks[bearer] < LEADING || mention.sentence < HEADLINES;
                known.kind != Kind::Person && !known.place && leads
            };
            mention.subject && mention.bearer.is_some_and(body)
        });
        let np = &bodies.next()?.np;
        let verb = self.doc.tokens()[np.head].head.and_then(|verb| CUES.verb(self.doc.lemma(verb), |_| None));
        (!verb.is_some_and(|(cue, _)| cue.act == Act::Accusation)).then_some(np)
    }

    /// Who was named before the token, the latest first, each once.
    pub fn named_before(&self, at: usize, most: usize) -> Vec<Named<'_>> {
        let upto = self.mentions.partition_point(|mention| mention.token < at);
        let sentence = self.doc.sentence_of(at);
        let mut named: Vec<(usize, Named)> = Vec::new();
        for mention in self.mentions[..upto].iter().rev().take(MEMORY) {
            let Some(bearer) = mention.bearer.filter(|&bearer| !self.bearers[bearer].place) else { continue };
            if named.iter().all(|(known, _)| *known != bearer) {
                let sentences = sentence - mention.sentence;
                named.push((bearer, Named { np: &mention.np, sentences, subject: mention.subject }));
            }
            if named.len() == most {
                break;
            }
        }
        named.into_iter().map(|(_, named)| named).collect()
    }

    /// Whether the token is part of the party's name.
    pub fn names_at(&self, at: usize, party: &Party) -> bool {
        self.bearer_at.get(&at).is_some_and(|&bearer| self.bearer(party) == Some(bearer))
    }

    /// Whether the party has the sex of a pronoun; none where either is unknown.
    pub fn fits_pronoun(&self, party: &Party, pronoun: &str) -> Option<bool> {
        let (sex, _, _) = nouns::pronoun(pronoun)?;
        Some(self.bearers[self.bearer(party)?].sex? == sex?)
    }

    fn bearer(&self, party: &Party) -> Option<usize> {
        self.by_name.get(party.name.as_ref()?).copied()
    }

    /// How many are named more often than this party; none for who has no name.
    pub fn rank(&self, party: &Party) -> Option<usize> {
        self.bearer(party).map(|bearer| self.ranks[bearer])
    }

    /// What kind of thing the party is.
    pub fn kind(&self, party: &Party) -> Kind {
        self.bearer(party).map_or(Kind::Unknown, |bearer| self.bearers[bearer].kind)
    }

    /// Whether a headline or caption at the start names the party.
    pub fn in_headline(&self, party: &Party) -> bool {
        let bearer = self.bearer(party);
        let headline = self.mentions.iter().take_while(|mention| mention.sentence < HEADLINES);
        bearer.is_some() && headline.into_iter().any(|mention| mention.bearer == bearer)
    }

    /// Whether the token is the last of a name.
    pub fn ends_name(&self, at: usize) -> bool {
        let name = self.bearer_at.get(&at);
        name.is_some() && self.bearer_at.get(&(at + 1)) != name
    }

    /// The token that a name hangs on: its first, of which the tree hangs the others.
    pub fn head_of_name(&self, at: usize) -> usize {
        let Some(name) = self.bearer_at.get(&at) else { return at };
        let mut head = at;
        while let Some(above) = self.doc.tokens()[head].head.filter(|above| *above < head)
            && self.bearer_at.get(&above) == Some(name)
        {
            head = above;
        }
        head
    }

    /// Whether the phrase's noun is one for persons or bodies.
    pub fn personal(&self, np: &Np) -> bool {
        NOUNS.kind(&self.doc.lemma(np.head).to_lowercase()) != Kind::Unknown
    }

    fn bearer_of(&self, np: &Np, depth: usize) -> Option<Meant> {
        let doc = self.doc;
        let tokens = doc.tokens();
        let tag = tokens[np.head].tag;
        if matches!(tag, Tag::WP | Tag::WDT) {
            return self.related(np.head, depth);
        }
        if matches!(tag, Tag::PRP | Tag::PRPS) {
            return self.antecedent(np.head, depth);
        }
        // The last name before the first comma or preposition, unless it only possesses.
        let mut name = None;
        for at in np.range.clone() {
            if tokens[at].tag == Tag::Comma
                || matches!(tokens[at].tag, Tag::IN | Tag::CC)
                    && at > np.range.start
                    && !self.bearer_at.contains_key(&at)
            {
                break;
            }
            if tokens[at].tag == Tag::POS {
                name = None;
            } else if let Some(&bearer) = self.bearer_at.get(&at) {
                name = Some((at, bearer));
            }
        }
        let ends_with_name = name.is_some_and(|(at, _)| at >= np.head || tokens[np.head].tag.is_proper_noun());
        if let Some((_, bearer)) = name.filter(|_| ends_with_name) {
            return Some(Meant::Bearer(bearer));
        }
        // "The Meridian newspaper": what it is called.
        let paper =
            matches!(doc.lemma(np.head).to_lowercase().as_str(), "newspaper" | "tabloid" | "magazine" | "website");
        if let Some((_, bearer)) = name.filter(|(at, _)| paper && at + 1 == np.head) {
            return Some(Meant::Bearer(bearer));
        }
        // "the president of Judicial Watch, Tom Fitton": a name in apposition, of a person.
        let mut after_comma = false;
        for at in np.range.clone() {
            if tokens[at].tag == Tag::Comma {
                after_comma = true;
            } else if after_comma && let Some(&bearer) = self.bearer_at.get(&at) {
                if self.bearers[bearer].kind != Kind::Body && tag != Tag::NNS {
                    return Some(Meant::Bearer(bearer));
                }
                break;
            } else if after_comma && !matches!(tokens[at].tag, Tag::DT) {
                break;
            }
        }
        // "Corvane Savings, the country's third-largest lender, denied": a name that the phrase explains.
        if name.is_none()
            && let Some(comma) = np.range.start.checked_sub(1).filter(|&at| tokens[at].tag == Tag::Comma)
            && tokens.get(np.range.end).is_some_and(|next| next.tag == Tag::Comma)
            && let Some(&bearer) = comma.checked_sub(1).and_then(|at| self.bearer_at.get(&at))
            && !self.bearers[bearer].place
            && tag == Tag::NN
            && !self.is_governed(comma - 1)
        {
            return Some(Meant::Bearer(bearer));
        }
        if tokens[np.head].tag.is_proper_noun() {
            let bearer = self.bearer_at.get(&np.head).copied().map(Meant::Bearer);
            return bearer.or_else(|| self.role(np, depth));
        }
        self.role(np, depth)
    }

    /// Whether the name that the token ends has a preposition: "according to Halvex, the minister, who …".
    fn is_governed(&self, end: usize) -> bool {
        let name = self.bearer_at.get(&end);
        let first = (0..=end).rev().take_while(|at| self.bearer_at.get(at) == name).last();
        let before = first.and_then(|first| first.checked_sub(1));
        before.is_some_and(|at| matches!(self.doc.tokens()[at].tag, Tag::IN | Tag::TO))
    }

    /// Who "who" is: the phrase that its clause hangs on.
    fn related(&self, at: usize, depth: usize) -> Option<Meant> {
        let tokens = self.doc.tokens();
        let verb = tokens[at].head.filter(|&verb| tokens[verb].dep == Dep::AclRelcl)?;
        let noun = tokens[verb].head.filter(|&noun| noun < at && tokens[noun].tag.is_noun() && depth < 2)?;
        let np = phrases::noun_phrase(self.doc, self.head_of_name(noun));
        self.bearer_of(&np, depth + 1).or(Some(Meant::Phrase(np)))
    }

    /// Who a pronoun stands for: whom the reader names, or the best earlier mention.
    fn antecedent(&self, at: usize, depth: usize) -> Option<Meant> {
        let doc = self.doc;
        if first_person(doc.word(at)) && depth < 3 {
            let source = self.said_by.get(&at).filter(|source| source.head != at)?;
            return self.bearer_of(source, depth + 1).or_else(|| Some(Meant::Phrase(source.clone())));
        }
        let wanted = Wanted::by_pronoun(&doc.word(at).to_lowercase())?;
        if let Some(&heard) = self.heard.get(&at) {
            return self.one_or_several(&self.mentions[heard], wanted.plural, depth);
        }
        self.earlier(at, wanted, depth)
    }

    /// The best earlier mention by number, sex, kind, nearness and role.
    fn earlier(&self, at: usize, wanted: Wanted, depth: usize) -> Option<Meant> {
        let Wanted { sex, plural, kind } = wanted;
        let sentence = self.doc.sentence_of(at);
        let upto = self.mentions.partition_point(|mention| mention.token < at);
        self.mentions[..upto]
            .iter()
            .rev()
            .take(MEMORY)
            .filter(|mention| !mention.np.range.contains(&at))
            .filter(|mention| mention.bearer.is_none_or(|bearer| !self.bearers[bearer].place))
            .filter(|mention| wanted.fits(mention) && !self.acts_on(mention, at))
            .max_by_key(|mention| {
                let away = (sentence - mention.sentence) as i64;
                let mut score = -12 * away;
                if mention.subject {
                    score += 15;
                }
                if mention.speaks {
                    score += 9;
                }
                if mention.kind == Kind::Person && kind == Kind::Person {
                    score += 6;
                }
                if sex.is_some() && mention.sex == sex {
                    score += 8;
                }
                if plural && mention.plural {
                    score += 10;
                }
                if mention.bearer.is_some() {
                    score += 4;
                }
                // Among equals, the later of another sentence, the earlier of the same (its subject).
                (score, if away == 0 { -(mention.token as i64) } else { mention.token as i64 })
            })
            .and_then(|mention| self.one_or_several(mention, plural, depth))
    }

    fn one_or_several(&self, mention: &Mention, plural: bool, depth: usize) -> Option<Meant> {
        let several = plural.then(|| self.together(mention)).flatten();
        several.or_else(|| self.meant(mention, depth))
    }

    /// Several who are named in one phrase: "Adam Ruk and Lena Oss".
    fn together(&self, mention: &Mention) -> Option<Meant> {
        let range = mention.np.range.clone();
        let mut named: Vec<usize> = range.clone().filter_map(|at| self.bearer_at.get(&at).copied()).collect();
        named.dedup();
        let joined = range.len() <= 12 && range.clone().any(|at| self.doc.word(at) == "and") && named.len() > 1;
        joined.then(|| Meant::Phrase(mention.np.clone()))
    }

    fn meant(&self, mention: &Mention, depth: usize) -> Option<Meant> {
        let tokens = self.doc.tokens();
        // "Anna Kovarek, the minister, … she".
        let beside = tokens[mention.token].head.filter(|_| tokens[mention.token].dep == Dep::Appos);
        let beside = beside.and_then(|head| self.bearer_at.get(&head).copied());
        match mention.bearer.or(beside.filter(|&bearer| self.bearers[bearer].kind != Kind::Body)) {
            Some(bearer) => Some(Meant::Bearer(bearer)),
            None if depth < 2 => {
                self.bearer_of(&mention.np, depth + 1).or_else(|| Some(Meant::Phrase(mention.np.clone())))
            }
            None => Some(Meant::Phrase(mention.np.clone())),
        }
    }

    /// "the spokesman", "the ministry": the last name or fuller phrase with that noun.
    fn role(&self, np: &Np, depth: usize) -> Option<Meant> {
        let articled = matches!(self.doc.word(np.range.start).to_lowercase().as_str(), "the" | "this" | "that");
        // "The 41-year-old" is somebody named before.
        if articled && phrases::is_aged(self.doc, np.range.end) {
            let wanted = Wanted { sex: None, plural: false, kind: Kind::Person };
            return self.earlier(np.range.start, wanted, depth);
        }
        if depth > 1 || np.range.len() > 3 || self.doc.sentence_of(np.head) >= HEADLINES && !articled {
            return None;
        }
        let lemma = self.doc.lemma(np.head).to_lowercase();
        if let Some(&heard) = self.heard.get(&np.head) {
            return self.meant(&self.mentions[heard], depth);
        }
        let upto = self.mentions.partition_point(|mention| mention.token < np.range.start);
        let apart = |mention: &&Mention| !mention.np.range.contains(&np.head);
        let earlier = || self.mentions[..upto].iter().rev().take(MEMORY * 3).filter(apart);
        // "White House spokesman John Kirby" … "the spokesman".
        let named = |mention: &&Mention| mention.bearer.is_some_and(|bearer| self.bearers[bearer].kind != Kind::Body);
        let one = articled || self.doc.tokens()[np.head].tag == Tag::NN;
        let titled = earlier().find(|mention| {
            one && named(mention)
                && np.range.clone().skip(1).all(|own| {
                    let own = self.doc.word(own);
                    mention.np.range.clone().take(12).any(|at| self.doc.word(at).eq_ignore_ascii_case(own))
                })
        });
        let titled = titled.or_else(|| {
            earlier().find(|mention| {
                // Of phrases without a name only those that are about one: "a council's plan" is no council.
                let mut about =
                    if mention.bearer.is_some() { mention.np.range.clone() } else { mention.token..mention.token + 1 };
                mention.np.range.len() > np.range.len()
                    && about.any(|at| {
                        self.doc.word(at).to_lowercase() == lemma || self.doc.lemma(at).to_lowercase() == lemma
                    })
            })
        });
        // A headline's "DNC chair" is named below it.
        let titled = titled.or_else(|| {
            let headline = self.doc.sentence_of(np.head) < HEADLINES;
            let later = self.mentions[upto..].iter().take(if headline { MEMORY * 3 } else { 0 });
            let mut later = later.filter(|mention| mention.token > np.range.end && named(mention));
            let office = self.doc.word(np.head);
            later.find(|mention| {
                mention.np.range.clone().take(12).any(|at| self.doc.word(at).eq_ignore_ascii_case(office))
            })
        });
        // Whom an article calls just "the candidate" is whom it is about.
        let main = || {
            let bare = matches!(
                lemma.as_str(),
                "candidate"
                    | "defendant"
                    | "accused"
                    | "suspect"
                    | "star"
                    | "politician"
                    | "businessman"
                    | "frontrunner"
            );
            self.main.filter(|_| bare)
        };
        if titled.is_none()
            && let Some(main) = main()
        {
            return Some(Meant::Bearer(main));
        }
        titled.and_then(|mention| match mention.bearer {
            Some(bearer) => Some(Meant::Bearer(bearer)),
            None => self.bearer_of(&mention.np, depth + 1).or_else(|| Some(Meant::Phrase(mention.np.clone()))),
        })
    }
}

#[derive(Debug, Clone)]
enum Meant {
    Bearer(usize),
    Phrase(Np),
}

/// Whether two parties are one side: the same actor, the same name, or one named within the other.
pub fn same_party(a: &Party, b: &Party) -> bool {
    Names::of(a).same(&Names::of(b))
}

/// What a party is compared by.
#[derive(Debug, Clone)]
pub struct Names {
    actor: Option<String>,
    /// Its name and phrase in small letters, without articles and titles, each with a space at both ends.
    plain: Vec<String>,
}

impl Names {
    /// Those of a party.
    pub fn of(party: &Party) -> Names {
        let names = party.name.iter().chain(std::iter::once(&party.text));
        let plain = names.map(|name| plain_name(name)).filter(|name| !name.is_empty());
        Names { actor: party.actor.clone(), plain: plain.map(|name| format!(" {name} ")).collect() }
    }

    /// See [`same_party`].
    pub fn same(&self, other: &Names) -> bool {
        self.actor.is_some() && self.actor == other.actor
            || self
                .plain
                .iter()
                .any(|x| other.plain.iter().any(|y| x == y || contains_words(x, y) || contains_words(y, x)))
    }
}

/// Whether a word is "I", "we" or a form of them.
pub fn first_person(word: &str) -> bool {
    let all = ["i", "we", "me", "us", "my", "our", "mine", "ours", "myself", "ourselves"];
    all.iter().any(|own| word.eq_ignore_ascii_case(own))
}

/// Both with a space at each end.
fn contains_words(long: &str, short: &str) -> bool {
    short.len() >= 6
        && short.len() < long.len()
        && !matches!(
            short.trim(),
            "they"
                | "them"
                | "that"
                | "this"
                | "their"
                | "both"
                | "some"
                | "many"
                | "others"
                | "people"
                | "these"
                | "those"
        )
        && long.contains(short)
}

fn plain_name(name: &str) -> String {
    name.split_whitespace()
        .map(normal)
        .filter(|word| {
            !matches!(
                word.as_str(),
                "the" | "a" | "an" | "mr" | "mrs" | "ms" | "he" | "she" | "it" | "his" | "her" | "its" | ""
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn normal(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    match word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")) {
        Some(stem) => stem.to_owned(),
        None => word,
    }
}

fn sex_of(doc: &Document, whole: &Range<usize>, name: &Range<usize>) -> Option<Sex> {
    for at in whole.start..name.start {
        match normal(doc.word(at)).as_str() {
            "mr" | "sir" | "lord" | "king" | "prince" | "pope" | "chairman" | "spokesman" | "congressman"
            | "father" | "brother" => return Some(Sex::Male),
            "mrs" | "ms" | "miss" | "lady" | "dame" | "queen" | "princess" | "chairwoman" | "spokeswoman"
            | "congresswoman" => return Some(Sex::Female),
            _ => {}
        }
    }
    if name.len() > 1 { FIRST_NAMES.get(normal(doc.word(name.start)).as_str()).copied() } else { None }
}
