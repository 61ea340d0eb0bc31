//! The watchlist's file: where it stands, and how it is read.

use super::document::{Review, review};
use super::problem::{Problem, Problems};
use super::secrets::MachineSecrets;
use super::{Context, Watchlist};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest watchlist, in bytes: some 30,000 feeds.
const LARGEST: u64 = 4 << 20;
const NAME: &str = "watchlist.toml";

/// Reads, checks and resolves the watchlist at `path`, secrets included. Reads files and the environment, and
/// changes nothing.
///
/// # Errors
/// Everything that is wrong with it, in one go.
pub fn load(path: &Path) -> Result<Watchlist, Problems> {
    load_review(path).whole()
}

/// As [`load`], with the notes for the watchlist's author.
pub fn load_review(path: &Path) -> Review {
    match read(path) {
        Ok(text) => {
            let secrets = MachineSecrets::beside(path);
            let context = Context { secrets: &secrets, builtin_actor: &super::builtin_actor };
            review(&text, path, &context)
        }
        Err(problems) => Review::refused(problems),
    }
}

/// Where the watchlist stands unless told otherwise: in `$CONFIGURATION_DIRECTORY` (systemd's; the first of
/// several), else in `gainsay` below `$XDG_CONFIG_HOME`, else in `~/.config/gainsay`.
pub fn default_path() -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default();
    place(std::env::var_os("CONFIGURATION_DIRECTORY"), std::env::var_os("XDG_CONFIG_HOME"), &home)
}

fn place(systemd: Option<OsString>, xdg: Option<OsString>, home: &Path) -> PathBuf {
    let systemd = systemd.and_then(|folders| std::env::split_paths(&folders).find(|folder| folder.is_absolute()));
    // XDG Base Directory Specification 0.8: relative paths are to be ignored.
    let xdg = xdg.map(PathBuf::from).filter(|folder| folder.is_absolute());
    match (systemd, xdg) {
        (Some(folder), _) => folder.join(NAME),
        (None, Some(folder)) => folder.join("gainsay").join(NAME),
        (None, None) => home.join(".config/gainsay").join(NAME),
    }
}

fn of_file(path: &Path, message: impl Into<String>, help: impl Into<String>) -> Problems {
    Problems(vec![Problem::of_file(path, message, help)])
}

fn read(path: &Path) -> Result<String, Problems> {
    let unreadable = |error: std::io::Error| {
        use std::io::ErrorKind::{NotFound, PermissionDenied};
        let (what, help) = match error.kind() {
            NotFound => (
                "there is no watchlist here".to_owned(),
                "make one with: gainsay feeds add URL, or copy config/watchlist.toml of the source here and edit it; \
                 another place is given by --watchlist FILE",
            ),
            PermissionDenied => {
                ("the watchlist can't be read: permission denied".into(), "let this user read it and enter its folder")
            }
            _ => (format!("the watchlist can't be read: {error}"), "check the path and the disk"),
        };
        of_file(path, what, help)
    };
    let kind = std::fs::metadata(path).map_err(unreadable)?;
    if kind.is_dir() {
        return Err(of_file(
            path,
            "the watchlist is a folder",
            format!("name the file in it, such as {}", path.join(NAME).display()),
        ));
    }
    // Opening a pipe or a device could wait for ever.
    if !kind.is_file() {
        return Err(of_file(path, "the watchlist is not a regular file", "write it to a file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(of_file(
            path,
            format!("the watchlist is larger than {} MiB", LARGEST >> 20),
            "check that it is a watchlist: this is room for tens of thousands of feeds",
        ));
    }
    decode(path, bytes)
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Problems> {
    let help = "save it as UTF-8 in your editor, or convert it with: iconv -t UTF-8";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(of_file(path, "the watchlist is UTF-16, not UTF-8", help));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let byte = error.as_bytes()[at];
        of_file(path, format!("the watchlist is not UTF-8: byte 0x{byte:02X} in line {line}, column {column}"), help)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn message(path: &Path) -> String {
        read(path).unwrap_err().to_string()
    }

    #[test]
    fn systemd_s_folder_comes_before_the_user_s() {
        let home = Path::new("/home/ada");
        let set = |text: &str| Some(OsString::from(text));
        assert_eq!(place(set("/etc/gainsay:/etc/more"), set("/x"), home), Path::new("/etc/gainsay/watchlist.toml"));
        assert_eq!(place(None, set("/x"), home), Path::new("/x/gainsay/watchlist.toml"));
        assert_eq!(place(None, set("not/absolute"), home), Path::new("/home/ada/.config/gainsay/watchlist.toml"));
        assert_eq!(place(set(""), None, home), Path::new("/home/ada/.config/gainsay/watchlist.toml"));
    }

    #[test]
    fn a_file_that_is_missing_says_how_to_make_one() {
        let folder = tempfile::tempdir().unwrap();
        let message = message(&folder.path().join("none.toml"));
        assert!(message.contains("gainsay feeds add URL") && message.contains("config/watchlist.toml"), "{message}");
    }

    #[test]
    fn a_folder_a_device_and_a_huge_file_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(message(folder.path()).contains("is a folder"));
        assert!(message(Path::new("/dev/zero")).contains("is not a regular file"));
        let huge = folder.path().join("huge.toml");
        std::fs::write(&huge, vec![b'#'; (LARGEST + 1) as usize]).unwrap();
        assert!(message(&huge).contains("larger than 4 MiB"));
    }

    #[test]
    fn a_byte_that_is_no_utf_8_is_named_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchlist.toml");
        std::fs::write(&file, b"# one\n# \xc3\xa9t\xe9\n").unwrap();
        assert!(message(&file).contains("byte 0xE9 in line 2, column 5"), "{}", message(&file));
        std::fs::write(&file, b"\xff\xfe#\0").unwrap();
        assert!(message(&file).contains("UTF-16"));
    }

    #[test]
    fn a_byte_order_mark_and_dos_line_ends_are_no_problem() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchlist.toml");
        std::fs::write(&file, "\u{feff}[[feed]]\r\nurl = \"https://a.example/\"\r\n").unwrap();
        assert_eq!(load(&file).unwrap().feeds.len(), 1);
        std::fs::write(&file, "\u{feff}[[fed]]\r\n").unwrap();
        assert_eq!(load(&file).unwrap_err().0[0].position(), Some((1, 3)));
    }

    #[test]
    fn a_rule_may_name_a_state_that_the_watchlist_does_not_list() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchlist.toml");
        let rule = |actor: &str| format!("[[alert]]\nname = \"a\"\nactors = [\"{actor}\"]\nto = [\"desktop\"]\n");
        std::fs::write(&file, rule("Pyongyang")).unwrap();
        assert_eq!(load(&file).unwrap().rules[0].actors, ["North Korea"]);
        std::fs::write(&file, rule("Freedonia")).unwrap();
        assert!(load(&file).unwrap_err().to_string().contains("unknown actor: \"Freedonia\""));
    }
}
