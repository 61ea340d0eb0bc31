//! What a command is given to read: a file, an address, or `-` for standard input.

use super::terminal::safe;
use crate::watchlist::{redacted, size_in_words};
use anyhow::{Context, anyhow, bail};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use url::Url;

/// The most that one input may hold, in bytes: no article or list is longer, and a wrong path may name anything.
pub const MOST: u64 = 64 << 20;

/// `input` as an address, if it is one and not a file's name.
pub fn address(input: &str) -> Option<Url> {
    Url::parse(input).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// What was meant to be an address, without what may be secret in it.
pub fn redacted_text(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    format!("{:?}", text.chars().take(200).collect::<String>())
}

/// Opens the file at `path`, or standard input for `-`.
pub fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let name = path.display().to_string();
    let kind = match std::fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound && name.contains("://") => {
            return Err(match Url::parse(&name) {
                Ok(url) => anyhow!("{} can't be read: of addresses, only http and https ones can", redacted(&url)),
                Err(error) => anyhow!("{} is no address: {error}", redacted_text(&name)),
            });
        }
        Err(error) => return Err(error).with_context(|| format!("{name} can't be read")),
    };
    if kind.is_dir() {
        bail!("{name} is a folder; name the files in it");
    }
    // A device may never end.
    if !kind.is_file() && !kind.is_fifo() {
        bail!("{name} is neither a file nor a pipe; standard input is read as -");
    }
    // A shell's <(…), which stands below /dev/fd, has its writer; that of a named pipe may never come.
    if kind.is_fifo() && !path.starts_with("/dev") {
        eprintln!("gainsay: waiting for what is written to the pipe {}", safe(&name));
    }
    let file = std::fs::File::open(path).with_context(|| format!("{name} can't be read"))?;
    Ok(Box::new(file))
}

/// All that stands in the file at `path`, or comes on standard input for `-`: at most `most` bytes.
pub fn read(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("{} can't be read", shown(path)))?;
    if bytes.len() as u64 > most {
        bail!("{} is larger than {}", shown(path), size_in_words(most));
    }
    Ok(bytes)
}

/// The input as messages name it.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn problem(path: impl AsRef<Path>) -> String {
        format!("{:#}", read(path.as_ref(), 10).unwrap_err())
    }

    #[test]
    fn what_is_no_address_is_shown_without_its_secrets() {
        assert_eq!(redacted_text("htp://me:pw@x.example/feed?key=1"), "\"x.example/feed\"");
    }

    #[test]
    fn what_can_t_be_read_is_told_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("long.txt");
        std::fs::write(&file, "more than ten bytes").unwrap();
        assert!(problem(&file).ends_with("long.txt is larger than 10 bytes"));
        assert!(problem(folder.path()).contains("is a folder"));
        assert!(problem("/dev/zero").contains("neither a file nor a pipe"), "it would never end");
        assert!(problem("nothing.txt").contains("No such file"));
        assert_eq!(
            problem("ftp://me:pw@x.example/a?key=1"),
            "ftp://x.example/a?… can't be read: of addresses, only http and https ones can"
        );
        assert!(problem("https://me:pw@/?key=1").starts_with("\"/\" is no address"));
    }
}
