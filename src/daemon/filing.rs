//! One article's statements into the log: linked, filed into disputes, and weighed for alerts, in one transaction.

use super::sides;
use crate::alerts::body::{self, Message};
use crate::alerts::event::{self, Answered, Decision, Event, Occasion, Standing, Telling};
use crate::disputes::{self, Claim, Glossary, Link, News, Place, Probe, Side, Terms, Voice, WINDOW_DAYS, When, fold};
use crate::statements::{Act, Actors, Party, Period};
use crate::store::articles::Article;
use crate::store::disputes::{AlertRow, Candidate, DisputeRow, LinkRow, NewAlert, NewDispute};
use crate::store::outbox;
use crate::store::statements::{Analysis, StatementRow};
use crate::store::{ArticleId, DisputeId, Result, StatementId, Transaction, VersionId};
use crate::watchlist::{Rule, Sink, Watchlist};
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use ulid::Ulid;

/// Claims of the log that one party of an article brings in, of each kind: looked at in brief.
const CANDIDATES: u32 = 300;
/// Claims that are looked at in brief for one article: more would be another article's business.
const MOST_CANDIDATES: usize = 1_000;
/// Of those, the claims that are read and held against the article's: all where there are no more, else those that share
/// the most with them.
const MOST_READ: usize = 48;
/// As many denials of other events are read, and held against the one that may tell an event again.
const MOST_RETOLD: usize = 6;
/// The days of one look into the log, at the most: claims of about one time share it.
const LONGEST_LOOK: i32 = 2 * WINDOW_DAYS + 30;
/// Accusations that one alert tells, in the order of [`event::best_first`].
const MOST_ANSWERED: usize = 8;
/// Accusations that one denial itself tells.
const MOST_TOLD: usize = 8;
/// Of each dispute that they belong to, the members that are looked at.
const MEMBERS: u32 = 100;

/// What filing an article brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// Accusations and denials stored.
    pub claims: usize,
    /// Links from denials to accusations.
    pub links: usize,
    /// The headlines of new alerts, sent or held.
    pub alerts: Vec<String>,
}

/// The denials of one article by which one side denies in one dispute are one event.
type EventKey = (i64, DisputeId, String);

/// A dispute in which the article's denials stand.
struct Matter {
    row: DisputeRow,
    accused: Side,
    /// What its articles match, if any rule asks.
    topics: BTreeSet<String>,
}

/// What an alert tells of: the denial, its dispute, and the accusations that it answers, in the order of [`event::best_first`].
#[derive(Clone, Copy)]
struct Evidence<'a> {
    denial: &'a StatementRow,
    dispute: &'a DisputeRow,
    answered: &'a [Answered<'a>],
}

/// Everything that filing needs to know beside the log.
pub struct Clerk<'a> {
    /// The rules that say what is told, and to whom.
    pub watchlist: &'a Watchlist,
    /// Whom a name means.
    pub actors: &'a Actors,
    /// The time.
    pub now: Timestamp,
    /// What is filed comes from an archive: its alerts are stored, and told to nobody.
    pub archive: bool,
    /// What is filed was filed before, at that time: what the user closed later was open then.
    pub again: bool,
}

impl Clerk<'_> {
    /// Stores what was found in the article and draws the consequences.
    pub fn file(
        &self,
        tx: &Transaction<'_>,
        article: &Article,
        version: VersionId,
        analysis: &Analysis<'_>,
    ) -> Result<Filed> {
        let earlier = tx.statements_of(article.id)?;
        tx.record_analysis(article.id, version, analysis)?;
        self.link(tx, article, analysis, &earlier)
    }

    /// Links the article's stored statements, files them into disputes and tells what follows. `earlier`: those of an
    /// earlier reading of it.
    pub fn link(
        &self,
        tx: &Transaction<'_>,
        article: &Article,
        analysis: &Analysis<'_>,
        earlier: &[StatementRow],
    ) -> Result<Filed> {
        let mut rows = tx.statements_of(article.id)?;
        sides::remember(tx, self.actors, article.id, &mut rows)?;
        rows.retain(|row| row.act != Act::Other);
        let actor = |name: &str| self.actors.resolve(name).map(str::to_owned);
        let glossary = Glossary::new(&actor);
        let answers = answers(&rows, analysis);
        let claims: Vec<Claim> =
            rows.iter().map(|row| with_context(&glossary, row, claim(&glossary, row, answers.get(&row.id)))).collect();
        let rarities = Rarities::of(tx)?;
        let weigh = |term: &str| rarities.get(term);
        rarities.look_up(&claims)?;
        let mut stored = candidates(tx, &glossary, &weigh, article.id, &claims)?;
        let earlier = earlier.iter().filter(|row| row.dispute.is_some() && row.act != Act::Other);
        stored.extend(earlier.map(|row| disputes::Stored { claim: claim(&glossary, row, None), superseded: true }));

        rarities.look_up(stored.iter().map(|old| &old.claim))?;
        let filing = disputes::file(&claims, &stored, &weigh);

        let mut opened = Vec::with_capacity(filing.opened.len());
        for dispute in &filing.opened {
            let accused_key = dispute.accused.key();
            opened.push(tx.open_dispute(
                &NewDispute {
                    accused: dispute.accused.shown(),
                    accused_actor: dispute.accused.actor.as_deref(),
                    accused_key: &accused_key,
                    matter: &dispute.matter,
                    since: dispute.since,
                },
                self.now,
            )?);
        }
        for merge in &filing.merges {
            self.merge(tx, DisputeId(merge.from), DisputeId(merge.into))?;
        }
        for (statement, place) in &filing.joins {
            let dispute = match place {
                Place::Stored(id) => tx.going_on(DisputeId(*id))?,
                Place::Opened(n) => opened[*n],
            };
            tx.join_dispute(dispute, StatementId(*statement), self.now)?;
        }
        for linked in &filing.links {
            tx.link(&LinkRow {
                denial: StatementId(linked.denial),
                accusation: StatementId(linked.accusation),
                score: linked.link.score,
                reasons: linked.link.reasons.iter().map(ToString::to_string).collect(),
            })?;
        }
        let known: HashMap<i64, &Claim> =
            claims.iter().chain(stored.iter().map(|old| &old.claim)).map(|claim| (claim.id, claim)).collect();
        let dossier = Dossier { tx, glossary: &glossary, rarities: &rarities, known: &known, told: RefCell::default() };
        let mut filed = Filed { claims: claims.len(), links: filing.links.len(), alerts: Vec::new() };
        let topics_asked = self.watchlist.rules.iter().any(|rule| !rule.topics.is_empty());
        let mut disputes: HashMap<DisputeId, Matter> = HashMap::new();
        let mut event_of: HashMap<i64, EventKey> = HashMap::new();
        for denial in &filing.denials {
            let (Some(claim), Some(id)) = (known.get(denial), tx.dispute_of(StatementId(*denial))?) else { continue };
            let matter = match disputes.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let Some(row) = tx.dispute(id)? else { continue };
                    let accused = Side::new(row.accused.clone(), row.accused_actor.clone());
                    let topics = if topics_asked { tx.topics_of(id)? } else { BTreeSet::new() };
                    place.insert(Matter { row, accused, topics })
                }
            };
            event_of.insert(*denial, (claim.article, id, event::side(claim, &matter.accused)));
        }
        // An article that has a side deny in several sentences tells of one event: what any of them answers is answered.
        let mut answered: HashMap<&EventKey, HashMap<i64, &Link>> = HashMap::new();
        for linked in &filing.links {
            let event = event_of.get(&linked.denial).filter(|_| !known[&linked.denial].recalled);
            let Some(event) = event else { continue };
            let best = answered.entry(event).or_default().entry(linked.accusation).or_insert(&linked.link);
            if best.score < linked.link.score {
                *best = &linked.link;
            }
        }
        for denial in &filing.denials {
            let Some(event @ (_, dispute, side)) = event_of.get(denial) else { continue };
            let answered = answered.get(event).into_iter().flatten();
            let answered = answered.filter_map(|(id, link)| Some(Answered { accusation: known.get(id)?, link }));
            filed.alerts.extend(self.weigh(&dossier, known[denial], side, &disputes[dispute], answered.collect())?);
        }
        Ok(filed)
    }

    /// Makes one of two disputes, as they are after the article's other merges: the older. Not where the user wants to hear
    /// of the one and not of the other.
    fn merge(&self, tx: &Transaction<'_>, one: DisputeId, other: DisputeId) -> Result<()> {
        let (one, other) = (tx.going_on(one)?, tx.going_on(other)?);
        let [Some(into), Some(from)] = [tx.dispute(one.min(other))?, tx.dispute(one.max(other))?] else {
            return Ok(());
        };
        if self.standing(&from) == self.standing(&into) && tx.merge_disputes(from.id, into.id)? {
            let (snoozed_until, closed_at) = into.stricter(&from);
            tx.set_standing(into.id, snoozed_until, closed_at)?;
            tracing::info!(from = %from.id, into = %into.id, "disputes merged");
        }
        Ok(())
    }

    /// Decides whether a denial is told, and writes what follows. The headline, where there is a new alert.
    fn weigh(
        &self,
        dossier: &Dossier<'_>,
        claim: &Claim,
        side: &str,
        matter: &Matter,
        answered: Vec<Answered<'_>>,
    ) -> Result<Option<String>> {
        let tx = dossier.tx;
        let denial = StatementId(claim.id);
        let Matter { row: dispute, accused, topics } = matter;
        let Some(row) = tx.statement(denial)? else { return Ok(None) };
        let weigh = |term: &str| dossier.rarities.get(term);
        let one_matter = |one: &Claim, other: &Claim| disputes::same_matter(one, other, &weigh).is_some();
        let answered = event::best_first(&dossier.told_by(claim), answered, one_matter);
        let mut events: Vec<Event> = Vec::new();
        let beside = self.retold_beside(dossier, claim, dispute.id, side)?;
        for alert in tx.alerts_of(dispute.id, side)?.into_iter().chain(beside) {
            let raised = alert.created_at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
            events.push(Event {
                when: When::said(alert.said_at, Some(raised)),
                aged: tx.aged_rules(&alert.id)?,
                waiting: tx.waiting_rules(&alert.id)?,
                alert: alert.id,
                side: alert.side,
                rules: alert.rules,
            });
        }
        let lately = self.told_lately(tx)?;
        let occasion = Occasion {
            denial: claim,
            baseline: row.baseline,
            accused,
            answered: &answered,
            events: &events,
            touches: &|topic: &str| topics.contains(topic),
            standing: self.standing(dispute),
            told_lately: &|rule: &Rule| lately.get(rule.name.as_str()).copied().unwrap_or(0),
        };
        let rules = &self.watchlist.rules;
        let decision = event::decide(&occasion, rules, self.watchlist.settings.same_event, self.now);
        tracing::debug!(statement = %denial, dispute = %dispute.id, ?decision, "denial weighed");
        let evidence = Evidence { denial: &row, dispute, answered: &answered[..answered.len().min(MOST_ANSWERED)] };
        match &decision {
            Decision::Silent(_) => Ok(None),
            Decision::JoinsEvent { alert, more } => {
                let news = match !self.archive && rules.iter().any(|rule| rule.updates) {
                    true => {
                        let earlier: Vec<Voice> = tx.denials_of(alert)?.iter().map(|row| self.voice(row)).collect();
                        event::update(&occasion, rules, &decision, (&self.voice(&row), &earlier), self.now)
                    }
                    false => None,
                };
                tx.add_denial(alert, denial, &row.outlet)?;
                if self.archive {
                    return Ok(None);
                }
                let mut headline = None;
                if let Some(telling) = more {
                    headline = self.tell_more(tx, alert, &evidence, telling)?;
                }
                if let Some((telling, news)) = news {
                    headline = Some(self.tell_update(tx, alert, &evidence, &telling, &news)?);
                }
                Ok(headline)
            }
            Decision::Alert(telling) => {
                let id = Ulid::generate().to_string();
                let when = claim.when();
                let held = telling.held();
                let held = if self.archive { Some(from_archive(held.as_deref())) } else { held };
                tx.insert_alert(&NewAlert {
                    id: &id,
                    dispute: dispute.id,
                    denial,
                    outlet: &row.outlet,
                    side: &telling.side,
                    said_at: Period { earliest: when.earliest(), latest: when.latest() },
                    created_at: self.now,
                    confidence: telling.confidence,
                    rules: &telling.rules(),
                    held: held.as_deref(),
                })?;
                let alert = self.alert(tx, &id, &evidence, telling)?;
                self.send(tx, &id, body::Data::Alert(alert), telling).map(Some)
            }
        }
    }

    /// The events of the side in other disputes that the denial may be telling again.
    fn retold_beside(
        &self,
        dossier: &Dossier<'_>,
        denial: &Claim,
        dispute: DisputeId,
        side: &str,
    ) -> Result<Vec<AlertRow>> {
        let Dossier { tx, rarities, .. } = dossier;
        // What is only remembered is no event.
        let Some((first, last)) = denial.when().bounds().filter(|_| !denial.recalled) else { return Ok(Vec::new()) };
        let days = event::days(self.watchlist.settings.same_event);
        let reach = Span::new().days(i64::try_from(days).unwrap_or(i64::MAX).min(366));
        let (since, until) = (first.saturating_sub(reach), last.saturating_add(reach));
        let alerts = tx.alerts_beside(dispute, side, since, until)?.into_iter();
        let alerts = alerts.map(|alert| tx.denials_in_brief(&alert.id).map(|denials| (alert, denials)));
        let alerts = alerts.collect::<Result<Vec<_>>>()?;
        let denials = || alerts.iter().flat_map(|(_, denials)| denials.iter());
        let mut read: Vec<StatementId> = denials().map(|(id, _)| *id).collect();
        if read.is_empty() {
            return Ok(Vec::new());
        }
        // One of the log may have been linked without the words around it.
        let own = dossier.claims(&[StatementId(denial.id)])?;
        let denial = own.values().next().map_or(denial, |own| own);
        let weigh = |term: &str| rarities.get(term);
        if read.len() > MOST_RETOLD {
            let probe = Probe::of([denial], &weigh);
            let ranked = ranking(&probe, denials().map(|(id, sketch)| (*id, sketch.as_slice())));
            read = ranked.into_iter().take(MOST_RETOLD).map(|(_, id)| id).collect();
        }
        let told = dossier.claims(&read)?;
        let retold = |(id, _): &(StatementId, Vec<u8>)| {
            told.get(id).is_some_and(|other| disputes::retold(denial, other, &weigh))
        };
        let events = alerts.into_iter().filter(|(_, denials)| denials.iter().any(retold));
        Ok(events.map(|(alert, _)| alert).collect())
    }

    /// What the user wants to hear of the dispute now.
    fn standing(&self, dispute: &DisputeRow) -> Standing {
        match (dispute.closed_at, dispute.snoozed_until) {
            (Some(since), _) if !self.again || since <= self.now => Standing::Closed,
            (_, Some(until)) if self.now < until => Standing::Snoozed,
            _ => Standing::Open,
        }
    }

    /// How many messages each rule with a rate told at once within its time.
    fn told_lately(&self, tx: &Transaction<'_>) -> Result<HashMap<&str, u64>> {
        let rated = self.watchlist.rules.iter().filter_map(|rule| Some((rule.name.as_str(), rule.rate?)));
        rated
            .map(|(rule, rate)| {
                let per = SignedDuration::try_from(rate.per).unwrap_or(SignedDuration::MAX);
                let since = self.now.saturating_sub(per).unwrap_or(Timestamp::MIN);
                Ok((rule, tx.told_at_once(rule, since, self.now)?))
            })
            .collect()
    }

    /// Who makes the denial, and in what manner.
    fn voice(&self, row: &StatementRow) -> Voice {
        let speaker = row.speaker.as_ref().or(row.on_behalf_of.as_ref());
        let party = speaker.map(side);
        let actor = party.as_ref().and_then(|side| side.actor.clone());
        let states = Actors::builtin();
        // A user's alias may be a person or a body; what the gazetteer knows is the state.
        let aliases = actor.map(|actor| states.aliases(&actor)).unwrap_or_default();
        let is_state = |name: &str| aliases.iter().any(|alias| fold(alias) == fold(name));
        let words = speaker.map(|party| party.text.as_str()).unwrap_or_default();
        Voice::new(row.article.0, party.as_ref(), words, &row.content, is_state)
    }

    /// Sends an alert to sinks that have not had it: those of rules that watch it only now, or all where it was old news.
    /// The alert is then what this denial tells, while no sink has it and it was not said more surely when; one that was
    /// sent stays as it was, and this goes under an id of its own: one id, one body.
    fn tell_more(
        &self,
        tx: &Transaction<'_>,
        alert: &str,
        evidence: &Evidence<'_>,
        telling: &Telling,
    ) -> Result<Option<String>> {
        let Some(known) = tx.alert(alert)? else { return Ok(None) };
        let mut rules = known.rules;
        let new: Vec<String> = telling.rules().into_iter().filter(|rule| !rules.contains(rule)).collect();
        rules.extend(new);
        tx.set_rules(alert, &rules)?;
        let mut telling = telling.clone();
        for errand in &mut telling.errands {
            let mut to = Vec::new();
            for sink in errand.to.drain(..) {
                if !tx.is_told(alert, Some(sink.name()))? {
                    to.push(sink);
                }
            }
            errand.to = to;
        }
        telling.errands.retain(|errand| !errand.to.is_empty());
        if telling.errands.is_empty() {
            return Ok(None);
        }
        if telling.held().is_none() {
            tx.release_alert(alert)?;
        }
        let mut told = self.alert(tx, alert, evidence, &telling)?;
        (told.rules, told.outlets) = (rules, tx.outlets_of(alert)?);
        let undated = |row: &StatementRow| row.said_at == Period::default();
        let dated_before = tx.statement(known.denial)?.is_some_and(|row| !undated(&row));
        let worse = dated_before && undated(evidence.denial);
        if !worse && !tx.is_told(alert, None)? {
            let when = When::said(evidence.denial.said_at, Some(article_day(evidence.denial)));
            let said_at = Period { earliest: when.earliest(), latest: when.latest() };
            tx.retell_by(alert, (evidence.denial.id, evidence.dispute.id), said_at, telling.confidence)?;
            return self.send(tx, alert, body::Data::Alert(told), &telling).map(Some);
        }
        let id = Ulid::generate().to_string();
        let headline = self.send(tx, &id, body::Data::Alert(told), &telling)?;
        tx.insert_update(&id, alert, evidence.denial.id, "told to more rules")?;
        for (_, sink, _) in telling.waiting() {
            tx.wait_with(alert, &id, sink.name())?;
        }
        for sink in telling.errands.iter().flat_map(|errand| &errand.to) {
            tx.wait_no_more(alert, sink.name())?;
        }
        Ok(Some(headline))
    }

    /// Sends what is new of an alert's event, under an id of its own.
    fn tell_update(
        &self,
        tx: &Transaction<'_>,
        alert: &str,
        evidence: &Evidence<'_>,
        telling: &Telling,
        news: &News,
    ) -> Result<String> {
        let id = Ulid::generate().to_string();
        let news = news.to_string();
        let mut told = self.alert(tx, alert, evidence, telling)?;
        told.outlets = tx.outlets_of(alert)?;
        told.update = Some(news.clone());
        let headline = self.send(tx, &id, body::Data::Updated(told), telling)?;
        tx.insert_update(&id, alert, evidence.denial.id, &news)?;
        Ok(headline)
    }

    /// Puts a message into the outbox for the sinks that are told at once, and notes for whom it is held. Its headline.
    fn send(&self, tx: &Transaction<'_>, id: &str, data: body::Data, telling: &Telling) -> Result<String> {
        let message = Message { timestamp: self.now, data };
        let body = serde_json::to_string(&message)?;
        if self.archive {
            // Kept with its evidence; nobody is told, now or in a digest.
            tx.enqueue(&outbox::Message { id, kind: message.kind(), body: &body }, &[], self.now)?;
            tx.mark_digested(id, id)?;
            return Ok(message.headline());
        }
        let sinks: Vec<&str> = telling.at_once().into_iter().map(Sink::name).collect();
        tx.enqueue(&outbox::Message { id, kind: message.kind(), body: &body }, &sinks, self.now)?;
        for errand in telling.errands.iter().filter(|errand| errand.hold.is_none()) {
            for sink in &errand.to {
                tx.tell(id, &errand.rule, sink.name(), self.now)?;
            }
        }
        for (rule, sink, hold) in telling.waiting() {
            tx.hold_back(id, (rule, sink.name()), (hold.name(), &hold.to_string()), self.now)?;
        }
        Ok(message.headline())
    }

    fn alert(&self, tx: &Transaction<'_>, id: &str, evidence: &Evidence<'_>, telling: &Telling) -> Result<body::Alert> {
        let Evidence { denial, dispute, answered } = *evidence;
        let mut accusations = Vec::new();
        for answer in answered {
            if let Some(row) = tx.statement(StatementId(answer.accusation.id))? {
                accusations.push(passage(self.actors, &row));
            }
        }
        Ok(body::Alert {
            alert: id.to_owned(),
            update: None,
            rules: telling.rules(),
            confidence: telling.confidence,
            outlets: vec![denial.outlet.clone()],
            dispute: body::Dispute {
                id: dispute.id.0,
                matter: dispute.matter.clone(),
                accused: dispute.accused.clone(),
                since: dispute.since,
            },
            denial: passage(self.actors, denial),
            accusations,
            because: event::because(answered),
        })
    }
}

/// The log as far as it was read for one article.
struct Dossier<'a> {
    tx: &'a Transaction<'a>,
    glossary: &'a Glossary<'a>,
    rarities: &'a Rarities<'a>,
    /// The article's claims, and those of the log that they were held against.
    known: &'a HashMap<i64, &'a Claim>,
    /// Others that were read since.
    told: RefCell<HashMap<StatementId, Rc<Claim>>>,
}

impl Dossier<'_> {
    /// The accusations that the denial itself tells, also those that only repeat another; no more than people would read.
    fn told_by(&self, denial: &Claim) -> Vec<&Claim> {
        let mut told: Vec<&Claim> = self.known.values().copied().filter(|claim| denial.tells(claim)).collect();
        told.sort_unstable_by_key(|claim| claim.id);
        told.truncate(MOST_TOLD);
        told
    }

    /// These claims of the log with the words around them, each read once.
    fn claims(&self, ids: &[StatementId]) -> Result<HashMap<StatementId, Rc<Claim>>> {
        let mut told = self.told.borrow_mut();
        let mut unread = Vec::new();
        for id in ids {
            match self.known.get(&id.0) {
                _ if told.contains_key(id) => {}
                Some(known) if !known.context.is_empty() => _ = told.insert(*id, Rc::new((*known).clone())),
                _ => unread.push(*id),
            }
        }
        let read = self.tx.statements(&unread)?;
        let read = read.iter().map(|row| with_context(self.glossary, row, claim(self.glossary, row, None)));
        let read: Vec<Claim> = read.collect();
        self.rarities.look_up(&read)?;
        told.extend(read.into_iter().map(|claim| (StatementId(claim.id), Rc::new(claim))));
        Ok(ids.iter().filter_map(|id| Some((*id, told.get(id)?.clone()))).collect())
    }
}

/// A look into the log: what it has of a party, between two days, for some claims of the article.
struct Look<'c> {
    key: String,
    since: Date,
    until: Date,
    claims: Vec<&'c Claim>,
}

/// The claims of the log that this article's may belong with: accusations of those who deny here, denials of those
/// accused here, accusations and denials that may be the same, and the members of their disputes. Where the log has
/// many, those are read that share the most with the article's.
fn candidates(
    tx: &Transaction<'_>,
    glossary: &Glossary<'_>,
    weigh: &impl Fn(&str) -> f64,
    article: ArticleId,
    claims: &[Claim],
) -> Result<Vec<disputes::Stored>> {
    let claims = &claims[..claims.len().min(disputes::MOST_CLAIMS)];
    let window = Span::new().days(WINDOW_DAYS);
    // One look for each party and time, however many claims of the article share them.
    let mut times: Vec<(String, Date, Date, &Claim)> = Vec::new();
    for claim in claims {
        let Some((first, last)) = claim.when().bounds() else { continue };
        let since = first.checked_sub(window).unwrap_or(first);
        let until = last.checked_add(window).unwrap_or(last);
        times.extend(claim.keys().into_iter().map(|key| (key, since, until, claim)));
    }
    times.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut looks: Vec<Look<'_>> = Vec::new();
    for (key, since, until, claim) in times {
        let near = |look: &&mut Look<'_>| look.key == key && (until - look.since).get_days() <= LONGEST_LOOK;
        match looks.last_mut().filter(near) {
            Some(look) => {
                look.until = look.until.max(until);
                look.claims.push(claim);
            }
            None => looks.push(Look { key, since, until, claims: vec![claim] }),
        }
    }
    // Where there are more than is looked at, the parties of most claims come first.
    looks.sort_by_key(|look| Reverse(look.claims.len()));
    let mut found: BTreeSet<StatementId> = BTreeSet::new();
    let mut newest: Vec<StatementId> = Vec::new();
    let mut ranked: Vec<Vec<(f64, StatementId)>> = Vec::new();
    for Look { key, since, until, claims } in &looks {
        if found.len() >= MOST_CANDIDATES {
            break;
        }
        let accusations = tx.candidates(key, Act::Accusation, (*since, *until), article, CANDIDATES)?;
        let denials = tx.candidates(key, Act::Denial, (*since, *until), article, CANDIDATES)?;
        let probe = Probe::of(claims.iter().copied(), weigh);
        let sketches = accusations.iter().chain(&denials).map(|candidate| (candidate.id, candidate.sketch.as_slice()));
        ranked.push(ranking(&probe, sketches));
        found.extend(accusations.iter().chain(&denials).map(|candidate| candidate.id));
        let own = claims.iter().filter(|claim| claim.act == Act::Denial).filter_map(|denial| denial.when().latest());
        let denied = own.chain(denials.iter().map(|denial| denial.latest)).max();
        newest.extend(of_two_disputes(tx, &accusations, denied)?);
    }
    let mut read = match found.len() {
        0..=MOST_READ => found,
        _ => newest.into_iter().chain(in_turn(&ranked)).fold(BTreeSet::new(), |mut read, id| {
            if read.len() < MOST_READ {
                read.insert(id);
            }
            read
        }),
    };
    let disputes = tx.disputes_of(&read)?;
    let mut members: Vec<(StatementId, Vec<u8>)> = Vec::new();
    for dispute in disputes {
        if members.len() >= MOST_CANDIDATES {
            break;
        }
        members.extend(tx.newest_claims_in(dispute, article, MEMBERS)?);
    }
    members.retain(|(member, _)| !read.contains(member));
    let more = MOST_READ.saturating_sub(read.len()).max(MOST_READ / 4);
    if members.len() <= more {
        read.extend(members.iter().map(|(member, _)| *member));
    } else {
        let probe = Probe::of(claims, weigh);
        let members = members.iter().map(|(member, sketch)| (*member, sketch.as_slice()));
        read.extend(ranking(&probe, members).into_iter().take(more).map(|(_, id)| id));
    }
    let read: Vec<StatementId> = read.into_iter().collect();
    let of_log = |row: &StatementRow| {
        let claim = claim(glossary, row, None);
        let claim = if disputes::asks_around(&claim, claims) { with_context(glossary, row, claim) } else { claim };
        disputes::Stored { claim, superseded: false }
    };
    Ok(tx.statements(&read)?.iter().map(of_log).collect())
}

/// The day of the statement's article.
fn article_day(row: &StatementRow) -> Date {
    let published = row.published.map_or(row.fetched_at, |at| at.min(row.fetched_at));
    published.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

/// The claim of that row with the words around it.
fn with_context(glossary: &Glossary<'_>, row: &StatementRow, claim: Claim) -> Claim {
    let around = format!("{} {}", row.passage, row.title.as_deref().unwrap_or_default());
    Claim { context: Terms::read(&around, glossary), ..claim }
}

/// The statement as linking sees it, without the words around it.
fn claim(glossary: &Glossary<'_>, row: &StatementRow, answers: Option<&Answers>) -> Claim {
    let side = |role: &str| side_of(glossary, row, role);
    Claim {
        id: row.id.0,
        article: row.article.0,
        outlet: row.outlet.clone(),
        act: row.act,
        presupposed: row.presupposed,
        recalled: row.recalled,
        repeats: row.repeats.map(|id| id.0),
        answers: answers.map(|answers| answers.of.iter().map(|id| id.0).collect()).unwrap_or_default(),
        answers_surely: answers.map_or(0.0, |answers| answers.surely),
        speaker: side("speaker"),
        behalf: side("behalf"),
        target: side("target"),
        accuser: side("accuser"),
        content: row.content.clone(),
        terms: Terms::read(&row.content, glossary).union(&Terms::read(&row.restated, glossary)),
        context: Terms::default(),
        said: row.said_at,
        article_day: Some(article_day(row)),
        dispute: row.dispute.map(|id| id.0),
        confidence: row.confidence,
    }
}

/// The claims whose sketches share the most first; of those that share as much, the newest.
fn ranking<'c>(probe: &Probe, sketches: impl IntoIterator<Item = (StatementId, &'c [u8])>) -> Vec<(f64, StatementId)> {
    let mut ranked: Vec<(f64, StatementId)> =
        sketches.into_iter().map(|(id, sketch)| (probe.shared(sketch), id)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    ranked
}

/// The best of each ranking, then the second-best of each, and so on, as long as they share anything.
fn in_turn(ranked: &[Vec<(f64, StatementId)>]) -> impl Iterator<Item = StatementId> {
    let longest = ranked.iter().map(Vec::len).max().unwrap_or(0);
    let turn = |n: usize| ranked.iter().filter_map(move |ranked| ranked.get(n));
    (0..longest).flat_map(turn).filter(|(shared, _)| *shared > 0.0).map(|(_, id)| *id)
}

/// Of the party's accusations up to the day on which it denies, the newest and the newest of another dispute.
fn of_two_disputes(
    tx: &Transaction<'_>,
    accusations: &[Candidate],
    denied: Option<Date>,
) -> Result<BTreeSet<StatementId>> {
    const AT_ONCE: usize = 8;
    let fresh = accusations.iter().filter(|accusation| denied.is_some_and(|day| accusation.latest <= day));
    let fresh: Vec<StatementId> = fresh.map(|accusation| accusation.id).collect();
    let mut of: HashMap<Option<DisputeId>, StatementId> = HashMap::new();
    // Mostly the first few are of two.
    for some in fresh.chunks(AT_ONCE) {
        let dispute_of = tx.dispute_of_each(some)?;
        for accusation in some {
            of.entry(dispute_of.get(accusation).copied()).or_insert(*accusation);
            if of.len() == 2 {
                return Ok(of.into_values().collect());
            }
        }
    }
    Ok(of.into_values().collect())
}

/// Why an alert from an archive is told to nobody.
fn from_archive(held: Option<&str>) -> String {
    match held {
        None => "from an archive".to_owned(),
        Some(held) => format!("from an archive; {held}"),
    }
}

/// The keys by which linking looks a party up.
pub fn keys(party: &Party) -> Vec<String> {
    side(party).keys()
}

fn side(party: &Party) -> Side {
    Side::new(party.called(), party.actor.clone())
}

/// The row's party in that role, of the remembered side where the article says none.
fn side_of(glossary: &Glossary<'_>, row: &StatementRow, role: &str) -> Option<Side> {
    let party = match role {
        "speaker" => &row.speaker,
        "behalf" => &row.on_behalf_of,
        "target" => &row.target,
        _ => &row.accuser,
    };
    let party = party.as_ref()?;
    let remembered = row.remembered.get(role).filter(|_| party.actor.is_none());
    let mut side = glossary.side(party.called(), party.actor.as_ref().or(remembered));
    side.remembered = remembered.is_some();
    Some(side)
}

/// What a denial answers inside its article, by extraction.
struct Answers {
    of: Vec<StatementId>,
    surely: f64,
}

/// Which rows each statement of the article answers.
fn answers(rows: &[StatementRow], analysis: &Analysis<'_>) -> HashMap<StatementId, Answers> {
    let row_of: HashMap<u32, StatementId> = rows.iter().map(|row| (row.local_id, row.id)).collect();
    analysis
        .statements
        .iter()
        .filter_map(|found| {
            let statement = found.statement;
            let of = statement.answers.iter().filter_map(|local| row_of.get(local).copied()).collect();
            Some((*row_of.get(&statement.id)?, Answers { of, surely: statement.answers_surely }))
        })
        .collect()
}

/// How rare the terms of claims are in the log, 0 to 1, each asked for once.
struct Rarities<'t> {
    log: &'t Transaction<'t>,
    statements: u64,
    /// By the number under which the log counts a word.
    known: RefCell<HashMap<i64, f64>>,
}

impl<'t> Rarities<'t> {
    fn of(log: &'t Transaction<'t>) -> Result<Self> {
        Ok(Rarities { log, statements: log.statement_count()?, known: RefCell::default() })
    }

    /// Asks for the terms of the claims.
    fn look_up<'c>(&self, claims: impl IntoIterator<Item = &'c Claim>) -> Result<()> {
        let mut known = self.known.borrow_mut();
        let terms = claims.into_iter().flat_map(|claim| claim.terms.iter().chain(claim.context.iter()));
        let terms = terms.map(|term| (disputes::number(term), term)).filter(|(number, _)| !known.contains_key(number));
        let (numbers, terms): (Vec<i64>, Vec<&str>) = terms.collect::<BTreeMap<_, _>>().into_iter().unzip();
        let counts = self.log.term_frequency(&terms)?;
        let rarities = counts.into_iter().map(|with| disputes::rarity(with, self.statements));
        known.extend(numbers.into_iter().zip(rarities));
        Ok(())
    }

    /// How rare it is; 1 for one that was not asked for.
    fn get(&self, term: &str) -> f64 {
        self.known.borrow().get(&disputes::number(term)).copied().unwrap_or(1.0)
    }
}

/// Who is blamed, for people: by his own name, whatever state he is of, unless that is only another name of the state.
fn blamed(actors: &Actors, target: &Party, remembered: Option<&String>) -> String {
    let actor = target.actor.as_ref().or(remembered);
    let own = |name: &&String| actor.is_none_or(|actor| actors.resolve(name) != Some(actor.as_str()));
    target.name.as_ref().filter(own).or(actor).unwrap_or(&target.text).clone()
}

/// What an alert shows of a statement.
fn passage(actors: &Actors, row: &StatementRow) -> body::Passage {
    let party = row.speaker.as_ref();
    // As the log's views have it: whom it is said for before who says it, and what was remembered last.
    let said = [&row.on_behalf_of, &row.speaker].into_iter().flatten().find_map(|party| party.actor.clone());
    let remembered = || ["behalf", "speaker"].into_iter().find_map(|role| row.remembered.get(role).cloned());
    body::Passage {
        speaker: party.map(|party| party.called().to_owned()),
        actor: said.or_else(remembered),
        target: row.target.as_ref().map(|target| blamed(actors, target, row.remembered.get("target"))),
        quote: row.passage.clone(),
        words: Some(row.content.clone()),
        said_at: row.said_at,
        article: body::Article {
            outlet: Some(row.outlet.clone()),
            title: row.title.clone(),
            url: row.url.as_deref().and_then(body::WebLink::new),
            feed: Some(row.feed.clone()),
            published: row.published,
            fetched: Some(row.fetched_at),
            sha256: row.sha256.clone(),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::query::Filter;
    use crate::store::sample::{Sample, at, empty, story};

    const NOW: &str = "2031-05-07T08:00:00Z";

    /// A log with so many disputes.
    fn disputes(n: i64) -> Sample {
        let mut sample = empty();
        let new = NewDispute {
            accused: "Vadunia",
            accused_actor: None,
            accused_key: "vadunia",
            matter: "arming rebels",
            since: None,
        };
        for _ in 0..n {
            sample.store.write(|tx| tx.open_dispute(&new, at(NOW))).unwrap();
        }
        sample
    }

    /// What each of them is after these merges.
    fn merged(sample: &mut Sample, merges: &[(i64, i64)]) -> Vec<i64> {
        let watchlist = Watchlist::default();
        let clerk =
            Clerk { watchlist: &watchlist, actors: &Actors::builtin(), now: at(NOW), archive: false, again: false };
        let merge = |tx: &Transaction<'_>| -> Result<()> {
            merges.iter().try_for_each(|(from, into)| clerk.merge(tx, DisputeId(*from), DisputeId(*into)))
        };
        sample.store.write(merge).unwrap();
        (1..=3).map(|id| sample.store.going_on(DisputeId(id)).unwrap().0).collect()
    }

    #[test]
    fn merges_that_follow_one_another_in_an_article_all_end_in_the_oldest_dispute() {
        assert_eq!(merged(&mut disputes(3), &[(2, 1), (3, 2)]), [1, 1, 1]);
        assert_eq!(merged(&mut disputes(3), &[(3, 2), (3, 1), (2, 1)]), [1, 1, 1]);
    }

    #[test]
    fn disputes_of_which_the_user_wants_to_hear_differently_stay_two() {
        let mut sample = disputes(3);
        sample.store.write(|tx| tx.set_standing(DisputeId(1), None, Some(at(NOW)))).unwrap();
        let snoozed = |until: &str| Some(at(until));
        sample.store.write(|tx| tx.set_standing(DisputeId(3), snoozed("2031-05-09T08:00:00Z"), None)).unwrap();
        assert_eq!(merged(&mut sample, &[(2, 1), (3, 2)]), [1, 2, 3]);
        sample.store.write(|tx| tx.set_standing(DisputeId(3), snoozed("2031-05-07T07:00:00Z"), None)).unwrap();
        assert_eq!(merged(&mut sample, &[(3, 2)]), [1, 2, 2], "the snooze is over");
    }

    #[test]
    fn a_message_names_the_side_that_the_log_names() {
        let sample = story();
        let db = rusqlite::Connection::open(&sample.path).unwrap();
        db.execute("UPDATE statement SET speaker_actor = 'Orland' WHERE act = 'denial'", []).unwrap();
        let alert = &sample.store.find_alerts(&Filter { limit: 1, ..Filter::default() }).unwrap()[0];
        let denial = &sample.store.denials_of(&alert.alert).unwrap()[0];
        assert_eq!(alert.denial_actor.as_deref(), Some("Vadunia"), "it is said on its behalf");
        assert_eq!(passage(&Actors::builtin(), denial).actor, alert.denial_actor);
    }

    #[test]
    fn a_message_shows_a_person_by_his_name_and_a_state_by_its_own() {
        let actors = Actors::builtin();
        let party = |name: Option<&str>, actor: Option<&str>| Party {
            text: "the minister".to_owned(),
            name: name.map(str::to_owned),
            actor: actor.map(str::to_owned),
            ..Party::default()
        };
        let shown = |name, actor| blamed(&actors, &party(name, actor), None);
        assert_eq!(shown(Some("Anna Torv"), Some("North Korea")), "Anna Torv");
        assert_eq!(shown(Some("Pyongyang"), Some("North Korea")), "North Korea");
        assert_eq!(shown(None, Some("North Korea")), "North Korea");
        assert_eq!(shown(Some("Anna Torv"), None), "Anna Torv");
        assert_eq!(shown(None, None), "the minister");
        let remembered = "North Korea".to_owned();
        assert_eq!(blamed(&actors, &party(Some("Anna Torv"), None), Some(&remembered)), "Anna Torv");
        assert_eq!(blamed(&actors, &party(None, None), Some(&remembered)), "North Korea");
    }
}
