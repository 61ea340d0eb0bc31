//! An invented history of any length, told article by article: states that many accuse, people and firms that few do,
//! disputes of which most are told once or twice and some for weeks. The same seed tells the same history.

use gainsay::daemon::filing::{self, Clerk, Filed};
use gainsay::feeds::Item;
use gainsay::language::Span;
use gainsay::statements::{Act, Actors, Party, Period, Statement};
use gainsay::store::affiliations::NewSighting;
use gainsay::store::articles::{Matched, NewText, Source, Stage, TextRecord};
use gainsay::store::disputes::{LinkRow, NewAlert, NewDispute};
use gainsay::store::feeds::{Entry, Outcome, Poll, Registration, Validators};
use gainsay::store::statements::{Analysis, Found};
use gainsay::store::{ArticleId, DisputeId, FeedId, StatementId, Store, StoreError, Transaction, VersionId};
use gainsay::watchlist::{self, Watchlist};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, StoreError>;

/// Articles of two years, at the end of which there are about a million statements.
const TWO_YEARS: f64 = 120_000.0;
/// Articles stored in one transaction.
const BATCH: usize = 500;
const ENGINE: &str = "invented";

/// splitmix64, so that the history is the same with every version of every crate.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    /// As words and states are used: the nth of them once for n times of the first.
    fn common_first(&mut self, count: usize) -> usize {
        (((count as f64 + 1.0).powf(self.share())) as usize).clamp(1, count) - 1
    }

    fn word(&mut self) -> String {
        const ONSETS: [&str; 20] =
            ["b", "br", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "v", "z"];
        const RHYMES: [&str; 15] =
            ["a", "an", "ar", "e", "el", "en", "er", "i", "il", "in", "o", "ol", "or", "u", "un"];
        let syllables = 2 + self.below(3);
        (0..syllables).map(|_| [ONSETS[self.below(20)], RHYMES[self.below(15)]].concat()).collect()
    }

    fn name(&mut self) -> String {
        let word = self.word();
        word[..1].to_uppercase() + &word[1..]
    }
}

/// Somebody who accuses and is accused.
struct Actor {
    name: String,
    /// States have actors of their own in the watchlist, and spokespeople.
    spokespeople: Vec<String>,
}

impl Actor {
    fn is_state(&self) -> bool {
        !self.spokespeople.is_empty()
    }

    fn party(&self) -> Party {
        let actor = self.is_state().then(|| self.name.clone());
        Party { text: self.name.clone(), name: Some(self.name.clone()), actor, ..Party::default() }
    }

    fn key(&self) -> String {
        gainsay::disputes::Side::new(self.name.clone(), self.party().actor).key()
    }
}

/// What one accuses another of.
struct Matter {
    accuser: usize,
    accused: usize,
    words: Vec<usize>,
    since: Date,
    /// Its row, once something of it is stored.
    row: Option<DisputeId>,
    last: Timestamp,
}

/// An article of the history.
struct Told {
    item: Item,
    outlet: String,
    text: String,
    statements: Vec<Statement>,
    passages: Vec<Span>,
    /// The matter of each statement, if any.
    matters: Vec<Option<usize>>,
    at: Timestamp,
}

/// A log that grows by the history.
pub struct History {
    pub store: Store,
    pub statements: usize,
    pub articles: usize,
    folder: tempfile::TempDir,
    feed: FeedId,
    watchlist: Watchlist,
    actors: Actors,
    random: Random,
    words: Vec<String>,
    states: usize,
    parties: Vec<Actor>,
    outlets: Vec<String>,
    matters: Vec<Matter>,
    /// The matters that articles told of in the last weeks.
    recent: VecDeque<(Timestamp, usize)>,
}

/// What filing one article took.
pub struct Measured {
    /// To store its statements and to link them.
    pub filing: Duration,
    /// Of that the linking.
    pub linking: Duration,
    /// What the processor spent on it, whoever else is at work on this machine.
    pub processor: Duration,
    pub commit: Duration,
    pub filed: Filed,
}

impl History {
    /// A new log, and nothing told yet.
    pub fn begin(folder: &Path) -> Self {
        let mut random = Random(20_310_504);
        let mut seen = HashSet::new();
        let mut fresh = |random: &mut Random| loop {
            let word = random.word();
            if word.len() > 4 && seen.insert(word.clone()) {
                return word;
            }
        };
        let words = (0..40_000).map(|_| fresh(&mut random)).collect();
        let mut parties = Vec::new();
        for _ in 0..40 {
            let name = fresh(&mut random);
            let name = format!("{}{}ia", name[..1].to_uppercase(), &name[1..]);
            let spokespeople = (0..10).map(|_| format!("{} {}", random.name(), random.name())).collect();
            parties.push(Actor { name, spokespeople });
        }
        let states = parties.len();
        for _ in 0..20_000 {
            let name = format!("{} {}", random.name(), random.name());
            parties.push(Actor { name, spokespeople: Vec::new() });
        }
        let outlets = (0..300).map(|_| format!("{}.example", random.word())).collect();

        let folder = tempfile::tempdir_in(folder).expect("a folder");
        let mut text = "[[alert]]\nname = \"all\"\nany = true\nupdates = true\nto = [\"desktop\"]\n\n[[feed]]\nurl = \"https://feed.example/\"\n"
            .to_owned();
        for state in &parties[..states] {
            text += &format!("\n[[actor]]\nname = \"{}\"\n", state.name);
        }
        let file = folder.path().join("watchlist.toml");
        std::fs::write(&file, text).expect("a watchlist");
        let watchlist = watchlist::load(&file).unwrap_or_else(|problems| panic!("{problems}"));
        let named: Vec<(String, Vec<String>)> = parties[..states].iter().map(|s| (s.name.clone(), vec![])).collect();
        let actors = Actors::builtin().with(&named);
        let mut store = Store::open(&folder.path().join("gainsay.db")).expect("a log");
        let feed = store
            .write(|tx| {
                tx.register_feeds(&[Registration { key: "feed", address: "feed.example", outlet: None }], start())?;
                let feed = tx.feed_states()?[0].id;
                // Of a first document nothing is told.
                poll(tx, feed, &[], start())?;
                Ok(feed)
            })
            .expect("a feed");
        History {
            store,
            statements: 0,
            articles: 0,
            folder,
            feed,
            watchlist,
            actors,
            random,
            words,
            states,
            parties,
            outlets,
            matters: Vec::new(),
            recent: VecDeque::new(),
        }
    }

    /// Stores the history up to so many statements as filing would have stored it, without linking: who denies what of
    /// whom is known here.
    pub fn store_until(&mut self, statements: usize) {
        while self.statements < statements {
            let told: Vec<Told> = (0..BATCH.min((statements - self.statements) / 8 + 1)).map(|_| self.tell()).collect();
            let History { store, matters, parties, feed, .. } = self;
            let stored = store.write(|tx| {
                let articles = poll(tx, *feed, &told, told[0].at)?;
                for (article, told) in articles.into_iter().zip(&told) {
                    store_one(tx, article, told, matters, parties)?;
                }
                Ok(())
            });
            stored.expect("a stored history");
        }
    }

    /// Files the next article as the daemon does.
    pub fn file_next(&mut self) -> Measured {
        let told = self.tell();
        let History { store, feed, watchlist, actors, .. } = self;
        let article =
            store.write(|tx| Ok(poll(tx, *feed, std::slice::from_ref(&told), told.at)?[0])).expect("an article");
        let version = store.write(|tx| told.record_text(tx, article)).expect("a text");
        let article = store.article(article).expect("read").expect("an article");
        let found = told.found();
        let analysis = told.analysis(&found);
        let clerk = Clerk { watchlist, actors, now: told.at, archive: false, again: false };
        let begun = Instant::now();
        let (filed, filing, linking, processor) = store
            .write(|tx| {
                let (begun, spent) = (Instant::now(), spent());
                tx.record_analysis(article.id, version, &analysis)?;
                let stored = Instant::now();
                let filed = clerk.link(tx, &article, &analysis, &[])?;
                Ok((filed, begun.elapsed(), stored.elapsed(), self::spent().saturating_sub(spent)))
            })
            .expect("filed");
        Measured { filing, linking, processor, commit: begun.elapsed().saturating_sub(filing), filed }
    }

    /// Disputes in which something was said within 90 days.
    pub fn open_disputes(&self) -> usize {
        let since = self.now() - SignedDuration::from_hours(90 * 24);
        self.matters.iter().filter(|matter| matter.row.is_some() && matter.last >= since).count()
    }

    /// The size of the log's file.
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("gainsay.db")).map_or(0, |file| file.len())
    }

    /// More news every day.
    fn now(&self) -> Timestamp {
        let days = 730.0 * (self.articles as f64 / TWO_YEARS).sqrt();
        start() + SignedDuration::from_secs(3600 + (days * 86_400.0) as i64)
    }

    fn tell(&mut self) -> Told {
        let at = self.now();
        let day = at.to_zoned_datetime(TimeZone::UTC).date();
        while self.recent.front().is_some_and(|(told, _)| *told < at - SignedDuration::from_hours(45 * 24)) {
            self.recent.pop_front();
        }
        let mut article = Draft::new(self.sentence(9));
        for _ in 0..1 + self.random.common_first(4) {
            let matter = self.matter(at, day);
            self.mention(&mut article, matter, day);
        }
        for _ in 0..2 + self.random.below(3) {
            let party = self.party();
            let speaker = self.parties[party].party();
            let said = self.sentence(14);
            article.say(Act::Other, (&speaker, None), &said, &self.sentence(12), None);
        }
        let n = self.articles;
        self.articles += 1;
        self.statements += article.statements.len();
        let Draft { title, text, statements, passages, matters } = article;
        let item = Item {
            id: Some(format!("{n}")),
            title: Some(title),
            url: Some(format!("https://news.example/{n}")),
            published: Some(at),
            ..Item::default()
        };
        let outlet = self.outlets[self.random.common_first(self.outlets.len())].clone();
        Told { item, outlet, text, statements, passages, matters, at }
    }

    /// A new matter, or one of the last weeks.
    fn matter(&mut self, at: Timestamp, day: Date) -> usize {
        let known = self.random.below(self.recent.len());
        let matter = match self.recent.get(known) {
            Some((_, matter)) if self.random.chance(0.25) => *matter,
            _ => {
                let (accuser, accused) = (self.party(), self.party());
                let words = (0..7).map(|_| self.random.common_first(self.words.len() - 60) + 60).collect();
                self.matters.push(Matter { accuser, accused, words, since: day, row: None, last: at });
                self.matters.len() - 1
            }
        };
        self.matters[matter].last = at;
        self.recent.push_back((at, matter));
        matter
    }

    /// An accusation, its denial, or both.
    fn mention(&mut self, article: &mut Draft, at: usize, day: Date) {
        let Matter { accuser, accused, .. } = self.matters[at];
        let (accuses, denies) = match self.random.below(10) {
            0..3 => (2, 0),
            3..8 => (1, 1),
            _ => (0, 2),
        };
        let said_at = Period { earliest: Some(day), latest: Some(day) };
        let mut accusation = None;
        for n in 0..accuses {
            let words = self.words_of(at);
            let said = format!("{} {words}", self.parties[accused].name);
            let noise = self.sentence(14);
            let (speaker, behalf) = self.voice(accuser);
            let statement = article.say(Act::Accusation, (&speaker, behalf), &said, &noise, Some(at));
            statement.target = Some(self.parties[accused].party());
            statement.said_at = if self.random.chance(0.6) { said_at } else { Period::default() };
            statement.repeats = accusation.filter(|_| n == 1);
            accusation = accusation.or(Some(statement.id));
        }
        let mut denial = None;
        for n in 0..denies {
            let said = self.words_of(at);
            let noise = self.sentence(14);
            let (speaker, behalf) = self.voice(accused);
            let statement = article.say(Act::Denial, (&speaker, behalf), &said, &noise, Some(at));
            statement.accuser = self.random.chance(0.5).then(|| self.parties[accuser].party());
            statement.said_at = if self.random.chance(0.6) { said_at } else { Period::default() };
            statement.recalled = self.random.chance(0.1);
            statement.answers.extend(accusation);
            statement.answers_surely = 0.8;
            statement.repeats = denial.filter(|_| n == 1);
            denial = denial.or(Some(statement.id));
        }
    }

    /// The party itself, or somebody who speaks for it.
    fn voice(&mut self, party: usize) -> (Party, Option<Party>) {
        let spokespeople = self.parties[party].spokespeople.len();
        if spokespeople == 0 || self.random.chance(0.4) {
            return (self.parties[party].party(), None);
        }
        let name = self.parties[party].spokespeople[self.random.common_first(spokespeople)].clone();
        // Not every article says whose spokesman he is.
        let behalf = self.random.chance(0.7).then(|| self.parties[party].party());
        let text = format!("spokesman {name}");
        (Party { text, name: Some(name), actor: None, ..Party::default() }, behalf)
    }

    /// Half of all are of states, most of them of few.
    fn party(&mut self) -> usize {
        match self.random.chance(0.5) {
            true => self.random.common_first(self.states),
            false => self.states + self.random.below(self.parties.len() - self.states),
        }
    }

    /// Most words of the matter, and a few others.
    fn words_of(&mut self, matter: usize) -> String {
        let own: Vec<usize> = self.matters[matter].words.clone();
        let mut words: Vec<String> =
            own.into_iter().filter(|_| self.random.chance(0.7)).map(|n| self.words[n].clone()).collect();
        for _ in 0..6 {
            let n = self.random.common_first(self.words.len());
            words.insert(self.random.below(words.len() + 1), self.words[n].clone());
        }
        words.join(" ")
    }

    fn sentence(&mut self, length: usize) -> String {
        let words: Vec<&str> =
            (0..length).map(|_| self.words[self.random.common_first(self.words.len())].as_str()).collect();
        words.join(" ")
    }
}

/// The processor time of this thread so far.
fn spent() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(spent.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0))
}

fn start() -> Timestamp {
    "2029-05-04T06:00:00Z".parse().expect("a time")
}

/// An article as it is written.
struct Draft {
    title: String,
    text: String,
    statements: Vec<Statement>,
    passages: Vec<Span>,
    matters: Vec<Option<usize>>,
}

impl Draft {
    fn new(title: String) -> Self {
        let text = format!("{title}\n\n");
        Draft { title, text, statements: Vec::new(), passages: Vec::new(), matters: Vec::new() }
    }

    /// Two sentences, in the first of which the speaker says `said`.
    fn say(
        &mut self,
        act: Act,
        (speaker, on_behalf_of): (&Party, Option<Party>),
        said: &str,
        noise: &str,
        matter: Option<usize>,
    ) -> &mut Statement {
        let from = self.text.len();
        self.text += &format!("On Monday {} said that ", speaker.text);
        let content = Span::new(self.text.len(), self.text.len() + said.len());
        self.text += &format!("{said}. It was {noise}.");
        self.passages.push(Span::new(from, self.text.len()));
        self.text.push(' ');
        self.matters.push(matter);
        let id = self.statements.len() as u32 + 1;
        self.statements.push(Statement {
            id,
            act,
            speaker: Some(speaker.clone()),
            on_behalf_of,
            cue: None,
            content: vec![content],
            target: None,
            accuser: None,
            answers: Vec::new(),
            answers_surely: 0.0,
            repeats: None,
            presupposed: false,
            direct: false,
            recalled: false,
            said_at: Period::default(),
            confidence: 0.9,
        });
        self.statements.last_mut().expect("one was pushed")
    }
}

impl Told {
    fn record_text(&self, tx: &Transaction<'_>, article: ArticleId) -> Result<VersionId> {
        let title = self.item.title.as_deref();
        let body = &self.text[title.map_or(0, str::len) + 2..];
        let new = NewText {
            title,
            body,
            source: Source::Page,
            note: None,
            final_url: self.item.url.as_deref(),
            fetched_at: self.at,
            sha256: self.item.url.as_deref().unwrap_or_default(),
        };
        let (TextRecord::New(version) | TextRecord::Unchanged(version)) = tx.record_text(article, &new)?;
        Ok(version)
    }

    fn found(&self) -> Vec<Found<'_>> {
        let both = self.statements.iter().zip(&self.passages);
        both.map(|(statement, passage)| Found { statement, passage: *passage }).collect()
    }

    fn analysis<'a>(&'a self, found: &'a [Found<'a>]) -> Analysis<'a> {
        Analysis { lang: Some("en"), engine: ENGINE, text: &self.text, statements: found, keys: filing::keys }
    }
}

fn poll(tx: &Transaction<'_>, feed: FeedId, told: &[Told], at: Timestamp) -> Result<Vec<ArticleId>> {
    let matched = Matched::default();
    let entry = |told: &'_ Told| -> (String, String) {
        let url = told.item.url.clone().unwrap_or_default();
        (url.clone(), url)
    };
    let identities: Vec<(String, String)> = told.iter().map(entry).collect();
    let entries = told
        .iter()
        .zip(&identities)
        .map(|(told, (identity, article))| Entry {
            item: &told.item,
            identity,
            article,
            content_hash: identity,
            outlet: &told.outlet,
            stage: Stage::Read,
            reason: None,
            matched: &matched,
        })
        .collect();
    let outcome = Outcome::Document {
        validators: Validators::default(),
        body_sha256: "0",
        title: None,
        outlet: None,
        backfill: false,
        entries,
    };
    let interval = SignedDuration::from_mins(15);
    let poll = Poll { at, status: Some(200), moved_to: None, next_poll_at: at, interval, outcome };
    Ok(tx.record_poll(feed, &poll)?.new)
}

/// Stores the article, its statements, and what linking would make of them.
fn store_one(
    tx: &Transaction<'_>,
    article: ArticleId,
    told: &Told,
    matters: &mut [Matter],
    parties: &[Actor],
) -> Result<()> {
    let version = told.record_text(tx, article)?;
    let found = told.found();
    tx.record_analysis(article, version, &told.analysis(&found))?;
    let rows: Vec<StatementId> = tx.statements_of(article)?.iter().map(|row| row.id).collect();
    let day = told.at.to_zoned_datetime(TimeZone::UTC).date();
    let sides: Vec<(String, &str, &str, StatementId)> = told
        .statements
        .iter()
        .zip(&rows)
        .filter_map(|(statement, row)| {
            let name = statement.speaker.as_ref()?.name.as_deref()?;
            let actor = statement.on_behalf_of.as_ref()?.actor.as_deref()?;
            Some((name.to_lowercase(), name, actor, *row))
        })
        .collect();
    let sightings: Vec<NewSighting<'_>> = sides
        .iter()
        .map(|(key, name, actor, statement)| NewSighting {
            key,
            name,
            actor,
            statement: *statement,
            outlet: &told.outlet,
            day,
        })
        .collect();
    tx.learn(article, &sightings)?;
    for ((statement, row), matter) in told.statements.iter().zip(&rows).zip(&told.matters) {
        let Some(matter) = matter.map(|n| &mut matters[n]) else { continue };
        let accused = &parties[matter.accused];
        let (party, key) = (accused.party(), accused.key());
        let dispute = match matter.row {
            Some(known) => known,
            None => tx.open_dispute(
                &NewDispute {
                    accused: &accused.name,
                    accused_actor: party.actor.as_deref(),
                    accused_key: &key,
                    matter: "an invented matter",
                    since: Some(matter.since),
                },
                told.at,
            )?,
        };
        matter.row = Some(dispute);
        tx.join_dispute(dispute, *row, told.at)?;
        if statement.act != Act::Denial || statement.repeats.is_some() {
            continue;
        }
        for accusation in &statement.answers {
            let accusation = rows[*accusation as usize - 1];
            let reasons = vec!["same article".to_owned()];
            tx.link(&LinkRow { denial: *row, accusation, score: 0.8, reasons })?;
        }
        if statement.recalled || statement.answers.is_empty() {
            continue;
        }
        match tx.alerts_of(dispute, &key)?.first() {
            Some(alert) => tx.add_denial(&alert.id, *row, &told.outlet)?,
            None => tx.insert_alert(&NewAlert {
                id: &format!("{:026}", row.0),
                dispute,
                denial: *row,
                outlet: &told.outlet,
                side: &key,
                said_at: Period { earliest: Some(day), latest: Some(day) },
                created_at: told.at,
                confidence: 0.8,
                rules: &["all".to_owned()],
                held: None,
            })?,
        }
    }
    Ok(())
}
