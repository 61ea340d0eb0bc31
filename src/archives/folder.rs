//! A folder of texts and pages.

use super::{Archived, Entry, Kind, LONGEST, page};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use url::Url;

/// A first line above an empty one that is longer than this, in bytes, is no headline.
const LONGEST_HEADLINE: usize = 300;

pub(super) fn read<E>(folder: &Path, take: &mut dyn FnMut(Entry) -> Result<(), E>) -> Result<(), E> {
    below(folder, folder, take)
}

fn below<E>(top: &Path, folder: &Path, take: &mut dyn FnMut(Entry) -> Result<(), E>) -> Result<(), E> {
    let bad = |path: &Path, error: io::Error| Entry::Bad {
        place: path.display().to_string(),
        problem: format!("it can't be read: {error}"),
    };
    let listed = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>());
    let mut paths = match listed {
        Ok(paths) => paths,
        Err(error) => return take(bad(folder, error)),
    };
    paths.sort();
    for path in paths {
        // A link may lead out of the folder, or round in a circle.
        let kind = match path.symlink_metadata() {
            Ok(metadata) => metadata.file_type(),
            Err(error) => {
                take(bad(&path, error))?;
                continue;
            }
        };
        if kind.is_dir() {
            below(top, &path, take)?;
        } else if kind.is_file() && matches!(Kind::of(&path), Some((Kind::Document, _))) {
            let from_top = path.strip_prefix(top).unwrap_or(&path);
            take(match std::fs::File::open(&path) {
                Ok(file) => document(&mut BufReader::new(file), &path.display().to_string(), from_top),
                Err(error) => bad(&path, error),
            })?;
        }
    }
    Ok(())
}

/// One text or page, which `id` names within its archive.
pub(super) fn document(bytes: &mut dyn BufRead, name: &str, id: &Path) -> Entry {
    let bad = |problem: String| Entry::Bad { place: name.to_owned(), problem };
    let mut content = Vec::new();
    match bytes.take(LONGEST as u64 + 1).read_to_end(&mut content) {
        Err(error) => return bad(format!("it can't be read: {error}")),
        Ok(read) if read > LONGEST => return bad(format!("longer than {} MiB", LONGEST >> 20)),
        Ok(_) => {}
    }
    let id = Some(id.display().to_string());
    if id.as_ref().is_some_and(|id| id.to_ascii_lowercase().ends_with(".txt")) {
        return match String::from_utf8(content) {
            Ok(text) => Entry::Article(Box::new(Archived { id, ..plain(&text) })),
            Err(error) => bad(format!("not UTF-8 text (byte {})", error.utf8_error().valid_up_to())),
        };
    }
    let address = std::path::absolute(name).ok().and_then(|path| Url::from_file_path(path).ok());
    let Some(address) = address.or_else(|| Url::parse("file:///").ok()) else { return Entry::Other };
    page(&content, None, &address).map_or(Entry::Other, |page| Entry::Article(Box::new(Archived { id, ..page })))
}

/// A text, whose first line is its headline where an empty line follows.
fn plain(text: &str) -> Archived {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (title, text) = match text.split_once("\n\n") {
        Some((title, rest)) if !title.contains('\n') && title.len() <= LONGEST_HEADLINE && !rest.trim().is_empty() => {
            (Some(title.trim().to_owned()), rest.trim().to_owned())
        }
        _ => (None, text.trim().to_owned()),
    };
    Archived { title, text, ..Archived::default() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_s_texts_and_pages_are_read_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("b")).unwrap();
        std::fs::write(at("a.txt"), "Ferry sails\r\n\r\nIt did.\n").unwrap();
        std::fs::write(at("b/c.txt"), "No headline here.\nIt did.").unwrap();
        std::fs::write(at("b/d.txt"), b"\xff\xfe").unwrap();
        std::fs::write(at("picture.png"), "").unwrap();
        std::fs::write(at("empty.html"), "<p>Subscribe.").unwrap();
        std::os::unix::fs::symlink(folder.path(), at("b/round")).unwrap();
        let mut told = Vec::new();
        let mut take = |entry| -> Result<(), std::convert::Infallible> {
            told.push(match entry {
                Entry::Article(a) => format!("{}|{}|{}", a.id.unwrap(), a.title.unwrap_or_default(), a.text),
                Entry::Other => "other".to_owned(),
                Entry::Bad { problem, .. } => problem,
            });
            Ok(())
        };
        read(folder.path(), &mut take).unwrap();
        assert_eq!(
            told,
            ["a.txt|Ferry sails|It did.", "b/c.txt||No headline here.\nIt did.", "not UTF-8 text (byte 0)", "other"]
        );
    }
}
