//! The real binary's commands, as a shell runs them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};
use support::{Answer, Desk, NewsItem, Server};

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn item() -> NewsItem {
    NewsItem { guid: "1".into(), title: "Ferry resumes".into(), summary: "It sails.".into(), ..NewsItem::default() }
}

#[test]
fn a_watchlist_s_problems_are_told_once_and_as_check_tells_them() {
    let desk = Desk::new("[[feed]]\nurl = 3\n");
    let list = desk.watchlist();
    let list = list.to_str().unwrap();
    let check = out(&desk.run(&["check"]));
    let problem = check.split("\n\n").next().unwrap();
    assert!(problem.contains("^") && problem.lines().count() > 3, "{problem}");
    for arguments in [
        &["run"] as &[_],
        &["run", "--once"],
        &["notify-test"],
        &["feeds", "export"],
        &["extract", "--watchlist", list, "nothing.txt"],
    ] {
        let output = desk.run(arguments);
        let told = format!("{problem}\n\ngainsay: the watchlist has 1 problem\n");
        assert_eq!((output.status.code(), err(&output)), (Some(1), told), "{arguments:?}");
    }
}

#[test]
fn a_moved_feed_s_new_address_is_listed_without_its_query() {
    let server = Server::start();
    let target = format!("http://localhost:{}/new?token=TOPSECRET", server.port);
    server.put("/old", Answer::new(301, "text/plain", "").header("location", &target));
    server.put_feed("/new?token=TOPSECRET", &[item()]);
    let desk = Desk::new(&format!("[[feed]]\nurl = \"http://localhost:{}/old\"\n", server.port));
    desk.run_once();
    let list = out(&desk.run(&["feeds", "list"]));
    assert!(list.contains(&format!("moved to http://localhost:{}/new?…", server.port)), "{list}");
    assert!(!list.contains("TOPSECRET"), "{list}");
}

#[test]
fn a_feed_that_was_gone_is_noted_though_it_answers_now() {
    let server = Server::start();
    server.put("/feed", Answer::new(410, "text/plain", ""));
    let desk = Desk::new(&format!("[[feed]]\nurl = \"{}\"\n", server.url("/feed")));
    desk.run_once();
    server.put_feed("/feed", &[item()]);
    let check = out(&desk.run(&["check"]));
    assert!(check.contains("1 item") && check.contains("asks it once a week only"), "{check}");
}

#[test]
fn a_check_by_hand_notes_what_only_the_service_can_read() {
    let server = Server::start();
    server.put_feed("/feed", &[item()]);
    let desk = Desk::new(&format!(
        "[[feed]]\nurl = \"{}\"\n[[feed]]\nurl = \"{}\"\nheaders = {{ X-Desk = {{ credential = \"desk-key\" }} }}\n\
         [[webhook]]\nname = \"newsroom\"\nurl = \"https://hooks.example/\"\nsecret = {{ credential = \"newsroom-secret\" }}\n\
         [[alert]]\nname = \"all\"\nany = true\nto = [\"newsroom\"]\n",
        server.url("/feed"),
        server.url("/sealed")
    ));
    let check = desk.run(&["check"]);
    let report = out(&check);
    assert_eq!(check.status.code(), Some(0), "{report}");
    for place in ["credential desk-key", "credential newsroom-secret"] {
        assert!(report.contains(&format!("({place}) can only be read by the service")), "{report}");
    }
    assert_eq!((server.gets("/feed").len(), server.gets("/sealed").len()), (1, 0), "{report}");
    let run = desk.run(&["run", "--once"]);
    assert_eq!(run.status.code(), Some(1), "the daemon needs all of them");
}

#[test]
fn a_feed_of_the_watchlist_is_previewed_by_its_proxy_and_with_its_headers() {
    let proxy = Server::start();
    proxy.put_feed("/feed", &[item()]);
    // No such host exists, so only the proxy can answer.
    let listed = format!(
        "[[feed]]\nurl = \"http://news.invalid/feed\"\nproxy = \"{}\"\nheaders = {{ X-Desk = \"seven\" }}\n",
        proxy.url("")
    );
    let desk = Desk::new(&listed);
    let preview = |url| desk.run(&["feeds", "preview", url]);
    let output = preview("http://news.invalid/feed#top");
    assert!(out(&output).contains("Ferry resumes"), "{}", err(&output));
    assert_eq!(proxy.gets("/feed")[0].headers["x-desk"], "seven");

    desk.write_watchlist(&listed.replace("headers", "haeders"));
    let output = preview("http://news.invalid/feed");
    assert!(err(&output).contains("haeders"), "{}", err(&output));
    assert_eq!(proxy.received().len(), 1, "it goes nowhere while its way is not known");
    let output = preview(&proxy.url("/feed"));
    assert!(output.status.success(), "what isn't listed needs no watchlist: {}", err(&output));
}

#[test]
fn json_lines_carry_no_control_character_to_the_terminal() {
    let title = "Kestria\u{9b}31m \u{202e}denies\u{2066} \u{61c}all\u{200f}";
    let raw = |text: &str| text.chars().any(|c| (c.is_control() && c != '\n') || title.contains(c) && !c.is_ascii());
    let desk = Desk::new("");
    let at = |name: &str| desk.folder.path().join(name);
    let article = serde_json::json!({"id": "1", "title": title, "text": "Kestria denied arming rebels on Monday."});
    std::fs::write(at("a.jsonl"), article.to_string()).unwrap();
    std::fs::write(at("a.html"), support::page(title, &"The night ferry sailed again this week. ".repeat(20))).unwrap();
    std::fs::write(at("a.xml"), support::rss(&[NewsItem { title: title.into(), ..item() }])).unwrap();
    for (command, file) in [(&["extract"] as &[_], "a.jsonl"), (&["text"], "a.html"), (&["feeds", "preview"], "a.xml")]
    {
        let path = at(file);
        let output = desk.run(&[command, &["--format", "jsonl", path.to_str().unwrap()]].concat());
        let text = out(&output);
        assert!(!text.is_empty() && !raw(&text), "{file}: {text:?} {}", err(&output));
        assert!(text.contains("\\u202e"), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(value["title"].as_str().unwrap().contains("\u{202e}denies"), "{value}");
    }
}

#[test]
fn queries_are_exported_on_demand_and_secrets_never_and_redacted_addresses_are_not_imported() {
    let desk = Desk::new(
        "[[feed]]\nurl = \"https://a.example/?feed=rss2&cat=3\"\n[[feed]]\nurl = \"https://b.example/f?key=hunter2\"\n\
         [[feed]]\nurl = { env = \"NEWSROOM_FEED\" }\n",
    );
    let export = |arguments: &[&str]| {
        let output = desk.gainsay(arguments).env("NEWSROOM_FEED", "https://c.example/hunter2").output().unwrap();
        (out(&output), err(&output))
    };
    let (opml, notes) = export(&["feeds", "export"]);
    assert!(opml.contains("https://a.example/?…") && !opml.contains("rss2"), "{opml}");
    assert!(notes.contains("--whole"), "{notes}");
    let (opml, notes) = export(&["feeds", "export", "--whole"]);
    assert!(opml.contains("https://a.example/?feed=rss2&amp;cat=3"), "{opml}");
    assert!(!opml.contains("b.example") && !opml.contains("c.example"), "{opml}");
    assert!(notes.contains("https://b.example/f?…") && notes.contains("NEWSROOM_FEED"), "{notes}");
    assert!(!notes.contains("hunter2"), "{notes}");

    let list = desk.folder.path().join("redacted.opml");
    std::fs::write(&list, "<opml><body><outline xmlUrl=\"https://x.example/?…\"/></body></opml>").unwrap();
    let before = std::fs::read(desk.watchlist()).unwrap();
    let output = desk.run(&["feeds", "import", list.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("https://x.example/?… was redacted where it comes from"), "{}", err(&output));
    assert_eq!(std::fs::read(desk.watchlist()).unwrap(), before);
}

#[test]
fn what_is_no_page_and_no_time_is_told_with_what_would_be() {
    let desk = Desk::new("");
    for command in ["extract", "text"] {
        let output = desk.run(&[command, "ftp://x.example/a"]);
        assert!(err(&output).contains("only http and https"), "{}", err(&output));
    }
    let output = desk.run(&["extract", "--published", "foo", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("2022-11-08T09:00:00Z"), "{}", err(&output));
    let help = out(&desk.run(&["extract", "--help"]));
    assert!(help.contains("{\"id\", \"title\"") && !help.contains('\\'), "{help}");
}

#[test]
fn man_pages_make_their_folder_and_name_it_where_they_can_t() {
    let desk = Desk::new("");
    let at = |name: &str| desk.folder.path().join(name);
    assert!(desk.run(&["man", "--out", at("a/b").to_str().unwrap()]).status.success());
    assert!(at("a/b/gainsay-run.1").is_file());
    let file = desk.watchlist();
    let output = desk.run(&["man", "--out", file.to_str().unwrap()]);
    assert!(!output.status.success() && err(&output).contains("watchlist.toml"), "{}", err(&output));
}

#[test]
fn a_hostile_file_name_does_not_reach_the_terminal() {
    let desk = Desk::new("");
    desk.run_once();
    let log = desk.folder.path().join("\u{1b}[31m.db");
    std::fs::copy(desk.log(), &log).unwrap();
    let output = desk.run(&["query", "--db", log.to_str().unwrap()]);
    assert!(err(&output).contains("Nothing found in") && !err(&output).contains('\u{1b}'), "{}", err(&output));
}

/// The folders of demos in `desk`, which is its `TMPDIR`.
fn demos(desk: &Desk) -> usize {
    let names = std::fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with("gainsay-demo-")).count()
}

#[test]
fn a_demo_whose_reader_leaves_ends_quietly_and_one_on_a_full_disk_fails() {
    let desk = Desk::new("");
    let mut demo = desk.gainsay(&["demo"]);
    demo.env("TMPDIR", desk.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = demo.spawn().unwrap();
    BufReader::new(reader.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let mut said = String::new();
    reader.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((reader.wait().unwrap().code(), said.as_str()), (Some(0), ""));

    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = demo.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("No space left") && !err(&output).contains("panicked"), "{}", err(&output));
    assert_eq!(demos(&desk), 0);
}

#[test]
fn a_demo_that_is_interrupted_leaves_nothing_behind() {
    let desk = Desk::new("");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut demo = desk.gainsay(&["demo"]);
        demo.env("TMPDIR", desk.folder.path()).stdout(Stdio::piped());
        let mut demo = support::Daemon(demo.spawn().unwrap());
        let mut lines = BufReader::new(demo.0.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        assert_eq!(demos(&desk), 1);
        demo.signal(signal);
        // Read on, lest it end for want of a reader.
        lines.read_to_string(&mut String::new()).unwrap();
        assert_eq!((demo.0.wait().unwrap().code(), demos(&desk)), (Some(code), 0));
    }
}
