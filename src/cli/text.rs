//! `gainsay text`

use super::{input, terminal};
use crate::articles::{Page, compose, read_page};
use crate::feeds::net::{Accept, Access, Fetcher, Outcome, Request};
use crate::watchlist::Settings;
use anyhow::Context;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use url::Url;

/// Prints the title and the main text of a page, as the daemon would read it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gainsay text https://example.org/news/a-page
  gainsay text saved-page.html
  curl -s https://example.org/ | gainsay text - --format jsonl")]
pub struct Arguments {
    /// Pages: files, http or https addresses, or - for standard input.
    #[arg(required = true, value_name = "PAGE|URL|-")]
    pages: Vec<String>,
    /// text, or JSON lines: {"article", "title", "published", "text"}.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Jsonl,
}

/// A page as `--format jsonl` prints it.
#[derive(serde::Serialize)]
struct Line<'a> {
    article: &'a str,
    title: Option<&'a str>,
    published: Option<jiff::Timestamp>,
    text: &'a str,
}

impl Arguments {
    /// Runs the subcommand: a page that can't be read is told, the others are printed.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut out = std::io::stdout().lock();
        let mut code = ExitCode::SUCCESS;
        for (nth, input) in self.pages.iter().enumerate() {
            let page = match page(input) {
                Ok(page) => page,
                Err(error) => {
                    eprintln!("gainsay: {}", terminal::safe(&format!("{error:#}")));
                    code = ExitCode::FAILURE;
                    continue;
                }
            };
            let text = compose(page.title.as_deref(), &page.text);
            match self.format {
                Format::Text => {
                    if nth > 0 {
                        writeln!(out)?;
                    }
                    for line in text.lines() {
                        writeln!(out, "{}", terminal::safe(line))?;
                    }
                }
                Format::Jsonl => {
                    let (article, title) = (article_name(input), page.title.as_deref());
                    let line = Line { article: &article, title, published: page.published, text: &text };
                    out.write_all(terminal::json_line(&line)?.as_bytes())?;
                }
            }
        }
        out.flush()?;
        Ok(code)
    }
}

/// What an input is called in output: a file by its stem, an address and `-` as they are.
pub(super) fn article_name(input: &str) -> String {
    match (input::address(input), Path::new(input).file_stem()) {
        (None, Some(stem)) => stem.to_string_lossy().into_owned(),
        _ => input.to_owned(),
    }
}

/// Reads the page that `input` names: a file, an http or https address, or `-` for standard input.
pub(super) fn page(input: &str) -> anyhow::Result<Page> {
    if let Some(url) = input::address(input) {
        return fetched(&url);
    }
    let path = Path::new(input);
    let bytes = input::read(path, input::MOST)?;
    let file = if input == "-" { None } else { std::path::absolute(path).ok() };
    let url = file.and_then(|path| Url::from_file_path(path).ok()).map_or_else(|| Url::parse("file:///"), Ok)?;
    read_page(&bytes, None, &url).with_context(|| format!("{} can't be read as a page", input::shown(path)))
}

fn fetched(url: &Url) -> anyhow::Result<Page> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the net")?;
    let response = runtime.block_on(async {
        let fetcher = Fetcher::new(&Settings::default())?;
        fetcher.get(&Request::new(url, &Access::to_typed(url), Accept::Page)).await
    });
    let shown = crate::watchlist::Address::new(url.clone());
    let response = response.with_context(|| format!("fetching {shown}"))?;
    let Outcome::Body(body) = &response.outcome else {
        anyhow::bail!("fetching {shown}: the server sent no page");
    };
    read_page(&body.bytes, body.content_type.as_deref(), &response.final_url)
        .with_context(|| format!("reading {shown} as a page"))
}

#[cfg(test)]
mod tests {
    use super::article_name;

    #[test]
    fn a_file_is_called_by_its_stem_and_an_address_by_itself() {
        assert_eq!(article_name("pages/ships.2031.html"), "ships.2031");
        assert_eq!(article_name("https://example.org/a.html"), "https://example.org/a.html");
        assert_eq!(article_name("-"), "-");
    }
}
