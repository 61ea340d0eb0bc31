//! This watchlist, exactly these problems.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use jiff::civil::time;
use proptest::prelude::*;
use std::collections::HashMap;

const KEY: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

struct Drawer(HashMap<&'static str, String>);

impl Drawer {
    fn new() -> Self {
        let entries = [
            ("KEY", KEY.to_owned()),
            ("PASSWORD", "hunter2".into()),
            ("ADDRESS", "https://ada:hunter2@secret.example/hunter2?token=hunter2".into()),
            ("BROKEN", "hunter2".into()),
            ("LINES", "hunter2\nX: hunter2".into()),
        ];
        Drawer(entries.into())
    }
}

impl Secrets for Drawer {
    fn read(&self, source: &SecretSource) -> Result<Secret, MissingSecret> {
        let (SecretSource::Env(name) | SecretSource::Credential(name)) = source else {
            return Err(MissingSecret { reason: "can't be read".into(), help: "write it".into(), elsewhere: false });
        };
        let secret = self.0.get(name.as_str()).map(Secret::new);
        secret.ok_or_else(|| MissingSecret {
            reason: "is not set".into(),
            help: "set it".into(),
            elsewhere: matches!(source, SecretSource::Credential(name) if name == "SERVICE"),
        })
    }
}

fn looked_at(text: &str) -> Review {
    let builtin = |name: &str| ["Ruritania", "Strelsau"].contains(&name).then(|| "Ruritania".to_owned());
    review(text, Path::new("w.toml"), &Context { secrets: &Drawer::new(), builtin_actor: &builtin })
}

fn sound(text: &str) -> Watchlist {
    looked_at(text).watchlist.unwrap_or_else(|problems| panic!("{text}\n{problems}"))
}

/// `line:column message`, one a line.
fn listed(problems: &[Problem]) -> Vec<String> {
    let list = problems.iter().map(|problem| match problem.position() {
        Some((line, column)) => format!("{line}:{column} {}", problem.message()),
        None => problem.message().to_owned(),
    });
    list.collect()
}

fn problems(text: &str) -> Vec<String> {
    looked_at(text).watchlist.err().map(|problems| listed(&problems.0)).unwrap_or_default()
}

const SOUND: &str = r#"
[[feed]]
url = "https://news.example/rss"
outlet = "news.example"
every = "1h 30m"
full_text = "always"
backfill = true
proxy = "socks5h://127.0.0.1:9050"
auth = { user = "ada", password = { env = "PASSWORD" } }
headers = { Accept-Language = "en", X-Pass = { credential = "PASSWORD" } }

[[feed]]
url = { env = "ADDRESS" }

[[actor]]
name = "Freedonia"
aliases = ["Freedonian", "Rufus Firefly"]

[[topic]]
name = "Arms"
any = ["artillery", "shells"]

[[alert]]
name = "desk"
actors = ["Rufus Firefly"]
accused = ["Strelsau"]
topics = ["Arms"]
to = ["desktop", "room"]
min_confidence = 0.7
reported_accusations = false
max_age = "2 days"
updates = true
quiet = { hours = "22:00-07:00", zone = "Europe/Vienna" }
digest = "6h"

[[alert]]
name = "busy"
any = true
to = ["desktop"]
quiet = "0:30 – 6:15"
rate = "20 per 6h"

[[webhook]]
name = "room"
url = "https://hooks.example/T0/B0"
secret = { env = "KEY" }

[daemon]
contact = "desk@example.org"
concurrency = 8
max_body = "1 MiB"
"#;

#[test]
fn a_sound_watchlist_is_read_as_it_is_written() {
    let list = sound(SOUND);
    let feed = &list.feeds[0];
    assert_eq!(feed.url.to_string(), "https://news.example/rss");
    assert_eq!(feed.every, Some(Duration::from_secs(5400)));
    assert_eq!((feed.full_text, feed.backfill), (FullText::Always, true));
    assert_eq!(feed.auth.as_ref().unwrap().password.expose(), "hunter2");
    let headers: Vec<_> = feed.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(headers, [("Accept-Language", "en"), ("X-Pass", "hunter2")]);
    let rule = &list.rules[0];
    assert_eq!(rule.actors, ["Freedonia"], "an alias stands for its actor");
    assert_eq!(rule.accused, ["Ruritania"], "so does one of the gazetteer");
    assert_eq!(rule.to, [Sink::Desktop, Sink::Webhook("room".into())]);
    assert_eq!((rule.min_confidence, rule.reported_accusations), (0.7, false));
    assert_eq!(rule.max_age, Duration::from_secs(172_800));
    assert!(rule.updates && !list.rules[1].updates);
    let quiet = rule.quiet.as_ref().unwrap();
    assert_eq!((quiet.from, quiet.to), (time(22, 0, 0, 0), time(7, 0, 0, 0)));
    assert_eq!(quiet.zone.as_ref().unwrap().iana_name(), Some("Europe/Vienna"));
    let local = QuietHours { from: time(0, 30, 0, 0), to: time(6, 15, 0, 0), zone: None };
    assert_eq!(list.rules[1].quiet, Some(local));
    assert_eq!((rule.digest, rule.rate), (Some(Duration::from_secs(21_600)), None));
    assert_eq!(list.rules[1].rate, Some(Rate { most: 20, per: Duration::from_secs(21_600) }));
    assert_eq!(list.webhooks[0].secret.as_ref().unwrap().expose(), KEY);
    assert_eq!((list.settings.concurrency, list.settings.per_host, list.settings.max_body), (8, 2, 1 << 20));
}

#[test]
fn an_address_that_is_a_secret_is_known_by_its_place_only() {
    let list = sound(SOUND);
    assert!(list.feeds[1].url.is_secret());
    assert_eq!(list.feeds[1].url.to_string(), "[env ADDRESS]");
    assert_eq!(list.webhooks[0].url.to_string(), "https://hooks.example/…");
    assert!(!format!("{list:?}").contains("hunter2"));
    assert!(!format!("{list:?}").contains("whsec"));
}

#[test]
fn each_fault_is_named_with_its_place() {
    let desk = "[[alert]]\nname = \"a\"\nany = true\n";
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("[[fed]]\n", &["1:3 unknown table \"fed\""]),
        ("url = 1\n", &["1:1 unknown key \"url\""]),
        ("[feed]\nurl = \"https://a.example\"\n", &["1:1 [feed] must be a list of tables"]),
        ("feed = 3", &["1:8 \"feed\" must be a list of tables, not a whole number"]),
        ("feed = [3]", &["1:9 [[feed]] must be a table, not a whole number"]),
        ("[[daemon]]\n", &["1:1 \"daemon\" must be a table, not a list"]),
        ("[[feed]]\n", &["1:1 [[feed]] has no \"url\""]),
        ("[[feed]]\nurl = 4\n", &["2:7 \"url\" in [[feed]] must be a text or a table that says where it is"]),
        ("[[feed]]\nurl = \" \"\n", &["2:7 \"url\" in [[feed]] is empty"]),
        ("[[feed]]\nurl = \"news.example/rss\"\n", &["2:7 \"url\" in [[feed]] has no scheme; it may be https, http"]),
        (
            "[[feed]]\nurl = \"ftp://a.example/\"\n",
            &["2:7 \"url\" in [[feed]] has the wrong scheme \"ftp\"; it may be https, http"],
        ),
        (
            "[[feed]]\nurl = \"localhost:8080/x\"\n",
            &["2:7 \"url\" in [[feed]] has the wrong scheme; it may be https, http"],
        ),
        ("[[feed]]\nurl = \"https://\"\n", &["2:7 \"url\" in [[feed]] is not an address: empty host"]),
        (
            "[[feed]]\nurl = \"https://ada:pw@a.example/\"\n",
            &["2:7 \"url\" in [[feed]] holds a login, which may not stand in the watchlist"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\n[[feed]]\nurl = \"https://A.example#x\"\n",
            &["4:7 the feed https://a.example/ is there already: it is feed 1 of this file"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nevery = 15\n",
            &["3:9 \"every\" in [[feed]] must be a duration in quotation marks, not a whole number"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nevery = \"0s\"\n",
            &["3:9 \"every\" in [[feed]] is too short: \"0s\""],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nevery = \"9w\"\n",
            &["3:9 \"every\" in [[feed]] is too long: \"9w\""],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nevery = \"soon\"\n",
            &["3:9 \"every\" in [[feed]] is not a duration: \"soon\""],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nfull_text = \"allways\"\n",
            &["3:13 \"full_text\" in [[feed]] is not a choice: \"allways\""],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nbackfill = \"yes\"\n",
            &["3:12 \"backfill\" in [[feed]] must be true or false, not a text"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nproxy = \"socks4://b.example:1\"\n",
            &["3:9 \"proxy\" in [[feed]] has the wrong scheme \"socks4\"; it may be http, https, socks5, socks5h"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nproxy = \"http://u:p@b.example:1\"\n",
            &["3:9 \"proxy\" in [[feed]] holds a login, which may not stand in the watchlist"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nproxy = \"http://b.example/path\"\n",
            &["3:9 \"proxy\" in [[feed]] has a path, which a proxy has not"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nauth = { user = \"a\", password = \"b\" }\n",
            &[
                "3:33 \"password\" in \"auth\" in [[feed]] may not stand in the watchlist, which is read, copied and shared; only its place may",
            ],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nauth = { user = \"a:b\", pasword = \"b\" }\n",
            &[
                "3:8 \"auth\" in [[feed]] has no \"password\"",
                "3:17 \"user\" in \"auth\" in [[feed]] holds a colon, which HTTP Basic authentication can't send",
                "3:24 unknown key \"pasword\" in \"auth\" in [[feed]]",
            ],
        ),
        (
            "[[feed]]\nurl = { env = \"ADDRESS\" }\nauth = { user = \"a\", password = { env = \"PASSWORD\" } }\n",
            &["2:7 \"url\" in [[feed]] holds a login, and auth does too"],
        ),
        ("[[feed]]\nurl = { env = \"NONE\" }\n", &["2:7 \"url\" in [[feed]] (env NONE) is not set"]),
        ("[[feed]]\nurl = { env = \"BROKEN\" }\n", &["2:7 \"url\" in [[feed]] has no scheme; it may be https, http"]),
        (
            "[[feed]]\nurl = { env = \"ADDRESS\", file = \"x\" }\n",
            &["2:7 \"url\" in [[feed]] says more than one place"],
        ),
        (
            "[[feed]]\nurl = { evn = \"ADDRESS\" }\n",
            &["2:7 \"url\" in [[feed]] says no place", "2:9 unknown key \"evn\" in \"url\" in [[feed]]"],
        ),
        (
            "[[feed]]\nurl = \"https://a.example/\"\nheaders = { Host = \"x\", \"a b\" = \"y\", Z = \"\\u0001\", Cookie = \"s\", X = { env = \"LINES\" }, x = \"2\", TE = 1 }\n",
            &[
                "3:13 the header Host can't be set",
                "3:25 \"a b\" is not a header's name",
                "3:42 the header Z holds the control character \\u{1}",
                "3:61 the header Cookie may not stand in the watchlist, which is read, copied and shared; only its place may",
                "3:70 the header X holds what no header may",
                "3:89 the header x is set twice",
                "3:98 the header TE can't be set",
            ],
        ),
        ("[[actor]]\nname = \"A1\"\n[[actor]]\nname = \"A1\"\n", &["4:8 two actors are named \"A1\""]),
        (
            "[[actor]]\nname = \"\"\naliases = \"Pyongyang\"\n",
            &[
                "2:8 \"name\" in [[actor]] is empty",
                "3:11 \"aliases\" in [[actor]] must be a list of texts, not a text",
            ],
        ),
        (
            "[[actor]]\nname = \"Freedonia\"\naliases = [\"Firefly\", 3, []]\n[[actor]]\nname = \"Sylvania\"\naliases = [\"firefly\", \"freedonia\"]\n",
            &[
                "3:23 \"aliases\" in [[actor]] must hold texts only, not a whole number",
                "3:26 \"aliases\" in [[actor]] must hold texts only, not a list",
                "6:12 the alias \"firefly\" of \"Sylvania\" already means \"Freedonia\"",
                "6:23 the alias \"freedonia\" of \"Sylvania\" already means \"Freedonia\"",
            ],
        ),
        (
            "[[topic]]\nname = \"T1\"\nany = []\n[[topic]]\nname = \"t1\"\n",
            &["3:7 \"any\" in [[topic]] is an empty list", "4:1 [[topic]] has no \"any\""],
        ),
        (
            "[[topic]]\nname = \"Arms\"\nany = [\"—\"]\n[[topic]]\nname = \"arms\"\nany = [\"shells\"]\n",
            &[
                "3:8 the phrase \"—\" has no letter or digit, so that no text can match it",
                "5:8 two topics are named \"arms\"",
            ],
        ),
        ("[[alert]]\nname = \"a\"\nto = [\"desktop\"]\n", &["1:1 [[alert]] watches nothing: it has no filter"]),
        (
            "[[alert]]\nname = \"a\"\nany = false\nto = [\"desktop\"]\n",
            &["1:1 [[alert]] watches nothing: it has no filter"],
        ),
        (
            "[[alert]]\nname = \"a\"\nany = true\nactors = [\"Ruritania\"]\nto = [\"desktop\"]\n",
            &[
                "3:7 \"any\" in [[alert]] stands beside filters, so that it is unclear whether the rule watches everything",
            ],
        ),
        (desk, &["1:1 [[alert]] has no \"to\""]),
        (&format!("{desk}to = []\n"), &["4:6 \"to\" in [[alert]] is an empty list"]),
        (&format!("{desk}to = [\"desktpo\"]\n"), &["4:7 \"to\" in [[alert]] names an unknown sink: \"desktpo\""]),
        (&format!("{desk}to = [\"desktop\"]\n{desk}to = [\"desktop\"]\n"), &["6:8 two rules are named \"a\""]),
        (
            &format!("{desk}to = [\"desktop\"]\nmin_confidence = 1.5\nmax_age = \"1m\"\n"),
            &[
                "5:18 \"min_confidence\" in [[alert]] is out of bounds",
                "6:11 \"max_age\" in [[alert]] is too short: \"1m\"",
            ],
        ),
        (
            &format!("{desk}to = [\"desktop\"]\nupdates = \"yes\"\nquiet = 22\ndigest = \"1m\"\nrate = 5\n"),
            &[
                "5:11 \"updates\" in [[alert]] must be true or false, not a text",
                "6:9 \"quiet\" in [[alert]] must be hours, as a text or in a table with their zone",
                "7:10 \"digest\" in [[alert]] is too short: \"1m\"",
                "8:8 \"rate\" in [[alert]] must be a text, not a whole number",
            ],
        ),
        (
            &format!("{desk}to = [\"desktop\"]\nquiet = \"10pm-7am\"\nrate = \"0 per hour\"\n"),
            &[
                "5:9 \"quiet\" in [[alert]] is not a span of hours: \"10pm-7am\"",
                "6:8 \"rate\" in [[alert]] lets no alert through",
            ],
        ),
        (
            &format!("{desk}to = [\"desktop\"]\nquiet = \"22:00-25:00\"\nrate = \"5 an hour\"\n"),
            &[
                "5:9 \"quiet\" in [[alert]] is not a span of hours: \"22:00-25:00\"",
                "6:8 \"rate\" in [[alert]] is not a rate: \"5 an hour\"",
            ],
        ),
        (
            &format!("{desk}to = [\"desktop\"]\nquiet = \"22:00-22:00\"\nrate = \"5 per 9w\"\n"),
            &[
                "5:9 \"quiet\" in [[alert]] ends when it begins",
                "6:8 \"rate\" in [[alert]] is out of bounds: \"5 per 9w\"",
            ],
        ),
        (
            &format!("{desk}to = [\"desktop\"]\nquiet = {{ hour = \"22:00-07:00\", zone = \"Europe/Viena\" }}\n"),
            &[
                "5:9 \"quiet\" in [[alert]] has no \"hours\"",
                "5:11 unknown key \"hour\" in \"quiet\" in [[alert]]",
                "5:40 \"zone\" in \"quiet\" in [[alert]] names an unknown time zone: \"Europe/Viena\"",
            ],
        ),
        (
            &format!("{desk}to = [\"desktop\"]\nmin_confidence = nan\n"),
            &["5:18 \"min_confidence\" in [[alert]] is out of bounds"],
        ),
        (
            "[[alert]]\nname = \"a\"\nactors = [\"Ruritannia\"]\ntopcs = [\"Arms\"]\ndeniers = [\"Ruritania\"]\naccusers = []\nto = [\"desktop\"]\n",
            &[
                "3:11 \"actors\" in [[alert]] names an unknown actor: \"Ruritannia\"",
                "4:1 unknown key \"topcs\" in [[alert]]",
                "6:12 \"accusers\" in [[alert]] is an empty list",
            ],
        ),
        (
            "[[webhook]]\nname = \"desktop\"\nurl = \"mailto:a@b.example\"\nsecret = \"whsec_abc\"\n",
            &[
                "2:8 a webhook can't be named \"desktop\": that is the desktop's own name",
                "3:7 \"url\" in [[webhook]] has the wrong scheme; it may be https, http",
                "4:10 \"secret\" in [[webhook]] may not stand in the watchlist, which is read, copied and shared; only its place may",
            ],
        ),
        (
            "[[webhook]]\nname = \"a\"\nurl = \"https://a.example\"\nsecret = { env = \"PASSWORD\" }\n",
            &["4:10 \"secret\" in [[webhook]] is not a signing secret: whsec_ and the base64 of 24 to 64 bytes"],
        ),
        (
            "[[webhook]]\nname = \"a\"\nurl = \"https://a.example\"\n[[webhook]]\nname = \"a\"\nurl = \"https://b.example\"\n",
            &["5:8 two webhooks are named \"a\""],
        ),
        (
            "[daemon]\nconcurency = 3\nconcurrency = 0\nper_host = -1\nmax_body = \"1 TB\"\nmin_interval = \"0m\"\ncontact = \"(x)\"\n",
            &[
                "2:1 unknown key \"concurency\" in [daemon]",
                "3:15 \"concurrency\" in [daemon] is out of bounds: 0",
                "4:12 \"per_host\" in [daemon] is out of bounds: -1",
                "5:12 \"max_body\" in [daemon] is not a size",
                "6:16 \"min_interval\" in [daemon] is too short: \"0m\"",
                "7:11 \"contact\" in [daemon] can't stand in a User-Agent",
            ],
        ),
        ("[daemon]\nmax_interval = \"2m\"\n", &["2:16 \"max_interval\" in [daemon] is shorter than min_interval (5m)"]),
        (
            "[daemon]\nconnect_timeout = \"2m\"\n",
            &["2:19 \"connect_timeout\" in [daemon] is longer than total_timeout (1m)"],
        ),
        ("[daemon]\nconcurrency = 2\nper_host = 3\n", &["3:12 \"per_host\" in [daemon] is more than concurrency (2)"]),
        ("[[feed]\nurl = https\n", &["1:8 not valid TOML: unclosed array table, expected `]`"]),
        ("[daemon]\nper_host = 1\nper_host = 2\n", &["3:1 not valid TOML: duplicate key"]),
    ];
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = problems(text);
        if found != *expected {
            wrong.push_str(&format!("--- {text}\nfound    {found:#?}\nexpected {expected:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whatever is wrong around them, the report names no secret.
#[test]
fn no_secret_of_the_file_or_beside_it_reaches_a_report() {
    let cases = [
        "[[webhook]]\nname = \"a\"\nurl = \"https://hooks.example/hunter2/x y\"\nsecret = \"hunter2\"\n",
        "[[webhook]]\nname = \"a\"\nurl = \"htps://hooks.example/hunter2\"\nsecrte = \"hunter2\"\nproxy = \"http://a:hunter2@p.example:0\"\n",
        "[[webhook]]\nname = \"a\"\nurl = \"\"\"\nhttps://hooks.example/hunter2\"\"\"\nsecret = [\"hunter2\", 1]\n",
        "[[webhook]]\nname = \"a\"\nurl = \"hunter2\\u0020\"\nsecret = \"\"\"\nhunter2\nhunter2\"\"\"\n",
        "[[feed]]\nurl = \"https://ada:hunter2@news.example/\"\n",
        "[[feed]]\nurl = \"https://ada:hun/hunter2@news.example/\"\n",
        "[[feed]]\nurl = \"ftp://news.example/?token=hunter2\"\nheaders = { Authorization = \"hunter2\", Host = \"hunter2\" }\n",
        "[[feed]]\nurl = \"https://n.example/?token=hunter2\"\nauth = \"ada:hunter2\"\nheaders = \"hunter2\"\n",
        "[[feed]]\nurl = \"https://n.example/\"\nauth = { user = \"ada\", pass = \"hunter2\" }\n",
        "[[feed]]\nurl = { url = \"https://ada:hunter2@n.example/\" }\n",
        "[[feed]]\nurl = { env = \"NAME=hunter2\" }\n",
        "[[feed]]\nurl = { env = \"BROKEN\" }\nproxy = { env = \"BROKEN\" }\nheaders = { X = { env = \"LINES\" } }\n",
        "[[feed]]\nurl = { env = \"ADDRESS\" }\n[[feed]]\nurl = { credential = \"ADDRESS\" }\nevery = 3\n",
        "webhooks = [{ name = \"a\", secret = \"hunter2\" }]\nsecret = \"hunter2\"\n",
        "[[webhook]]\nsecret = \"hunter2\nurl = \"https://hooks.example/hunter2\n",
        "[[feed]]\nurl = \"https://ada:hunter2@n.example/\nauth = { password = \"hunter2\" \n",
        "[[feed]]\nurl = 'https://n.example/' headers = { X = \"hunter2\" }\n",
        "[[feed]]\noutlet = \"n\" url = \"https://n.example/?hunter2\"\n",
        "[feed.headers]\nX-Api-Key = \"hunter2\n",
        "[feed.headers]\nX-Whatever = \"hunter2\n",
        "[[alert]]\nname = \"a\"\ntopcs = \"whsec_hunter2\"\n",
    ];
    for text in cases {
        let Review { watchlist, notes, .. } = looked_at(text);
        let problems = watchlist.expect_err(text);
        let report = format!("{problems}\n{problems:?}\n{}", Problems(notes));
        assert!(!report.contains("hunter2"), "{text}\n{report}");
    }
}

#[test]
fn a_problem_is_shown_with_its_line_a_caret_and_what_to_write() {
    let text = "\n[[alert]]\nname = \"a\"\ntopcs = [\"Arms\"]\nany = true\nto = [\"desktop\"]\n";
    let shown = looked_at(text).watchlist.unwrap_err().to_string();
    assert_eq!(
        shown,
        "w.toml:4:1: unknown key \"topcs\" in [[alert]]\n    \
         4 | topcs = [\"Arms\"]\n      \
           | ^^^^^\n  \
         help: did you mean \"topics\"?"
    );
}

#[test]
fn the_caret_stands_below_the_place_in_wide_and_hidden_and_hostile_lines() {
    let under_caret = |text: &str| {
        let shown = looked_at(text).watchlist.unwrap_err().0.remove(0).to_string();
        let lines: Vec<&str> = shown.lines().collect();
        let start = unicode_width::UnicodeWidthStr::width(&lines[2][..lines[2].find('^').unwrap()]);
        let mut columns = 0;
        let at = lines[1].char_indices().find(|(_, c)| {
            let here = columns;
            columns += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
            here == start
        });
        (lines[1].to_owned(), lines[1][at.unwrap().0..].to_owned())
    };
    let alias = "name = \"x\"\n[[actor]]\nname = \"y\"\naliases = ";
    let (_, at) = under_caret(&format!("[[actor]]\n{alias}[\"平壌の放送\", \"é\", 3]\n"));
    assert!(at.starts_with("3]"), "{at}");
    let (line, at) = under_caret(&format!("[[actor]]\n{alias}[\"\u{202e}evil\u{200b}\", 3]\n"));
    assert!(at.starts_with("3]") && !line.contains('\u{202e}'), "{line}");
    let long = format!("[[actor]]\n{alias}[{}3, {}]\n", "\"a\", ".repeat(500), "\"b\", ".repeat(500));
    let (line, at) = under_caret(&long);
    assert!(at.starts_with("3, ") && line.chars().count() < 120, "{line}");
    let (_, at) = under_caret("feed = [{ url = \"https://ada:secret@n.example/\", backfill = 3 }]\n");
    assert!(at.starts_with("ada") || at.starts_with('"'), "{at}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_only_so_much_of_it() {
    assert_eq!(problems("[[feed]]\n[[actor]]\n[[topic]]\n[[alert]]\n[[webhook]]\n[deamon]\n").len(), 10);
    let many = "[[feed]]\n".repeat(5_000);
    let told = problems(&many);
    assert_eq!(told.len(), 101);
    assert_eq!(told[100], "and 4900 more");
}

#[test]
fn what_is_odd_and_yet_sound_is_noted() {
    let text = "[[feed]]\nurl = \"http://a.example/\"\nevery = \"5s\"\n\
                [[actor]]\nname = \"Freedonia\"\naliases = [\"freedonia\", \"it\"]\n\
                [[topic]]\nname = \"Arms\"\nany = [\"shells\", \"Shells\"]\n[[topic]]\nname = \"Spies\"\nany = [\"spy\"]\n\
                [[alert]]\nname = \"a\"\ntopics = [\"Arms\", \"Arms\"]\nto = [\"desktop\"]\nmin_confidence = 1\n\
                [[webhook]]\nname = \"room\"\nurl = \"http://hooks.example/x\"\n";
    let review = looked_at(text);
    assert!(review.watchlist.is_ok());
    let notes = [
        "2:7 the feed http://a.example/ is polled without encryption: who sits between can read and change it",
        "3:9 \"every\" in [[feed]] is less than a minute: many servers will answer with 429 or a ban",
        "6:12 \"freedonia\" is there already",
        "6:25 the alias \"it\" will match in nearly every article",
        "9:18 \"Shells\" is there already",
        "11:8 no rule watches the topic \"Spies\"",
        "14:8 the rule \"a\" can never fire: nothing is wholly certain",
        "15:19 \"Arms\" is named twice",
        "18:1 this webhook has no secret: its receiver can't tell true messages from forged ones",
        "19:8 no rule sends to the webhook \"room\"",
        "20:7 alerts go to http://hooks.example/… without encryption",
    ];
    assert_eq!(listed(&review.notes), notes);
}

#[test]
fn names_nested_a_million_deep_are_refused_before_the_stack_is() {
    for text in [
        format!("{}a = 1", "a.".repeat(1_000_000)),
        format!("[{}a]", "a.".repeat(1_000_000)),
        format!("x = {{{}a = 1}}", "a.".repeat(1_000_000)),
        format!("x = {}", "[".repeat(1_000_000)),
        format!("x = {}", "{a=".repeat(1_000_000)),
        format!("x = [{}]", "{a.a.a.a=[".repeat(300_000)),
    ] {
        assert!(!problems(&text).is_empty());
    }
}

#[test]
fn every_key_is_documented() {
    let page = include_str!("../../docs/watchlist.md");
    for (_, header, keys) in document::TABLES {
        let (_, part) = page.split_once(&format!("## `{header}`")).unwrap_or_else(|| panic!("no part on {header}"));
        let part = part.split("\n## ").next().unwrap();
        for key in *keys {
            assert!(part.contains(&format!("| `{key}` |")), "{header} {key}");
        }
    }
}

#[test]
fn the_documentation_s_examples_are_sound() {
    let page = include_str!("../../docs/watchlist.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() > 3);
    for example in examples {
        // Only the places of secrets are invented there.
        let wrong: Vec<_> = problems(example)
            .into_iter()
            .filter(|problem| !problem.contains(" is not set") && !problem.contains("can't be read"))
            .collect();
        assert!(wrong.is_empty(), "{example}\n{wrong:#?}");
    }
}

/// Pieces of watchlists, put together in any order.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "[[feed]]",
        "[[alert]]",
        "[[actor]]",
        "[[webhook]]",
        "[[topic]]",
        "[daemon]",
        "\n",
        "=",
        "{",
        "}",
        "[",
        "]",
        ",",
        ".",
        "\"",
        "'''",
        "\"\"\"",
        "url",
        "name",
        "env",
        "secret",
        "headers",
        "to",
        "any",
        "\"https://u:p@h.example/?q#f\"",
        "\"whsec_é\"",
        "\"3d\"",
        "1e400",
        "-0x0",
        "true",
        "1979-05-27",
        "\u{feff}",
        "\r",
        "\u{202e}",
        "平",
        "\\u",
        "#",
        "nan",
        "99999999999999999999",
        " = ",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_is_too_strange_to_be_answered(text in prop_oneof![any::<String>(), pieces()]) {
        let Review { watchlist, notes, .. } = looked_at(&text);
        let _ = (watchlist.map_err(|problems| problems.to_string()).err(), Problems(notes).to_string());
    }

    #[test]
    fn no_slip_in_a_sound_watchlist_is_too_much(at in any::<prop::sample::Index>(), length in 0usize..20, with in prop_oneof![".{0,6}", pieces()]) {
        for sound in [SOUND, include_str!("../../config/watchlist.toml")] {
            let boundary = |at: usize| (at..=sound.len()).find(|at| sound.is_char_boundary(*at)).unwrap_or(sound.len());
            let start = boundary(at.index(sound.len()));
            let end = boundary((start + length).min(sound.len()));
            let text = format!("{}{with}{}", &sound[..start], &sound[end..]);
            let Review { watchlist, notes, .. } = looked_at(&text);
            let told = format!("{}{}", watchlist.map_err(|problems| problems.to_string()).err().unwrap_or_default(), Problems(notes));
            prop_assert!(!told.contains("hunter2"), "{}", told);
        }
    }
}

#[test]
fn what_only_the_service_can_read_is_left_out_and_refused_where_all_is_needed() {
    let text = format!(
        "{SOUND}\n[[feed]]\nurl = \"https://desk.example/rss\"\nproxy = {{ credential = \"SERVICE\" }}\n\
         [[webhook]]\nname = \"sealed\"\nurl = \"https://hooks.example/\"\nsecret = {{ credential = \"SERVICE\" }}\n\
         [[alert]]\nname = \"all\"\nany = true\nto = [\"sealed\"]\n"
    );
    let review = looked_at(&text);
    let list = review.watchlist.as_ref().unwrap();
    assert_eq!((list.feeds.len(), list.webhooks.len()), (2, 1), "neither goes around its proxy nor unsigned");
    assert_eq!(review.elsewhere.len(), 2);
    let refused = listed(&review.whole().unwrap_err().0);
    assert!(refused[0].ends_with("\"proxy\" in [[feed]] (credential SERVICE) is not set"), "{refused:#?}");

    let text = text.replace("max_body", "mxa_body").replace("[daemon]", "[[actor]]\nname = 3\n[daemon]");
    let refused = looked_at(&text).whole().unwrap_err().0;
    assert_eq!(refused.len(), 4);
    assert!(refused.is_sorted_by_key(Problem::position), "{refused:#?}");
}
