//! This watchlist, exactly these problems.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
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
            return Err(MissingSecret { reason: "can't be read".into(), help: "write it".into() });
        };
        let secret = self.0.get(name.as_str()).map(Secret::new);
        secret.ok_or_else(|| MissingSecret { reason: "is not set".into(), help: "set it".into() })
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
                "3:100 the header TE can't be set",
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
        (
            "[[feed]\nurl = https\n",
            &[
                "1:8 not valid TOML: unclosed array table, expected `]]`",
                "2:7 not valid TOML: string values must be quoted, expected literal string",
            ],
        ),
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
