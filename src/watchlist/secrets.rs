//! Where secrets come from: a systemd credential, the environment or a file. Never from the watchlist itself.

use super::Secret;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest secret, in bytes: far more than any password or key.
const LARGEST: u64 = 64 << 10;

/// The place of a secret, as the watchlist names it. It is no secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// `{ credential = "NAME" }`: the file NAME in `$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential=`).
    Credential(String),
    /// `{ env = "NAME" }`: an environment variable.
    Env(String),
    /// `{ file = "PATH" }`: a file, relative to the watchlist's folder.
    File(PathBuf),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Credential(name) => write!(f, "credential {name}"),
            SecretSource::Env(name) => write!(f, "env {name}"),
            SecretSource::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// Why a secret could not be had, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MissingSecret {
    /// What went wrong.
    pub reason: String,
    /// What to do.
    pub help: String,
    /// The service may well have it: it is a credential, and this process is no service's.
    pub elsewhere: bool,
}

fn missing(reason: impl Into<String>, help: impl Into<String>) -> MissingSecret {
    MissingSecret { reason: reason.into(), help: help.into(), elsewhere: false }
}

/// Hands out secrets by their place.
pub trait Secrets {
    /// The secret that stands there, without the line break at its end.
    fn read(&self, source: &SecretSource) -> Result<Secret, MissingSecret>;
}

/// The secrets of this machine and process.
#[derive(Debug, Clone)]
pub struct MachineSecrets {
    credentials: Option<PathBuf>,
    folder: PathBuf,
}

impl MachineSecrets {
    /// For a watchlist at `file`: relative paths start at its folder.
    pub fn beside(file: &Path) -> Self {
        MachineSecrets {
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            folder: file.parent().map(Path::to_path_buf).unwrap_or_default(),
        }
    }
}

impl Secrets for MachineSecrets {
    fn read(&self, source: &SecretSource) -> Result<Secret, MissingSecret> {
        match source {
            SecretSource::Credential(name) => {
                if name.contains('/') || name == "." || name == ".." {
                    return Err(missing(
                        "is not the name of a credential",
                        "write the name that stands in the service's LoadCredential=, without any path",
                    ));
                }
                let Some(folder) = &self.credentials else {
                    let why = "can only be read by the service: $CREDENTIALS_DIRECTORY is not set here";
                    let help = format!(
                        "systemd sets it for a service with LoadCredential={name}:/path; elsewhere, point \
                         CREDENTIALS_DIRECTORY at a folder that holds a file {name}, or use {{ env = … }} or {{ file = … }}"
                    );
                    return Err(MissingSecret { elsewhere: true, ..missing(why, help) });
                };
                read_file(&folder.join(name), &format!("add LoadCredential={name}:/path to the service"))
            }
            SecretSource::Env(name) => match std::env::var(name) {
                Ok(text) => finish(text),
                Err(std::env::VarError::NotPresent) => Err(missing(
                    "is not set",
                    format!("set {name} for this process; a service reads it from EnvironmentFile="),
                )),
                Err(std::env::VarError::NotUnicode(_)) => {
                    Err(missing("is not UTF-8", format!("set {name} to plain text")))
                }
            },
            SecretSource::File(path) => {
                let path = match (path.strip_prefix("~"), std::env::home_dir()) {
                    (Ok(rest), Some(home)) => home.join(rest),
                    _ => self.folder.join(path),
                };
                read_file(&path, "write the secret to that file, readable for this user alone (chmod 600)")
            }
        }
    }
}

fn read_file(path: &Path, help: &str) -> Result<Secret, MissingSecret> {
    let unreadable = |error: std::io::Error| missing(format!("can't be read: {}: {error}", path.display()), help);
    let kind = std::fs::metadata(path).map_err(unreadable)?;
    // Opening a pipe or a device could wait for ever.
    if !kind.is_file() {
        return Err(missing(format!("can't be read: {} is not a file", path.display()), help));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(missing(
            format!("is too large: {} has more than {} KiB", path.display(), LARGEST >> 10),
            "name the file that holds the secret and nothing else",
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => finish(text),
        Err(_) => Err(missing(format!("is not UTF-8: {}", path.display()), "write it as plain text")),
    }
}

fn finish(mut text: String) -> Result<Secret, MissingSecret> {
    text.truncate(text.trim_end_matches(['\n', '\r']).len());
    if text.is_empty() {
        return Err(missing("is empty", "put the secret there"));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn in_folder(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, MachineSecrets) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        let secrets = MachineSecrets { credentials: Some(folder.path().into()), folder: folder.path().into() };
        (folder, secrets)
    }

    #[test]
    fn a_secret_loses_the_line_break_that_editors_add_and_nothing_else() {
        let (_folder, secrets) = in_folder("key", " pass word \r\n");
        let read = secrets.read(&SecretSource::File("key".into())).unwrap();
        assert_eq!(read.expose(), " pass word ");
        let read = secrets.read(&SecretSource::Credential("key".into())).unwrap();
        assert_eq!(read.expose(), " pass word ");
    }

    #[test]
    fn a_credential_cannot_name_a_file_elsewhere() {
        let (_folder, secrets) = in_folder("key", "x");
        for name in ["../key", "/etc/hostname", ".."] {
            assert!(secrets.read(&SecretSource::Credential(name.into())).is_err(), "{name}");
        }
    }

    #[test]
    fn what_is_empty_huge_binary_or_no_file_is_no_secret() {
        for (content, why) in [
            (vec![], "is empty"),
            (vec![b'\n'], "is empty"),
            (vec![b'x'; 70_000], "is too large"),
            (vec![0xff], "is not UTF-8"),
        ] {
            let (folder, secrets) = in_folder("key", content);
            let error = secrets.read(&SecretSource::File("key".into())).unwrap_err();
            assert!(error.reason.starts_with(why), "{error}");
            let error = secrets.read(&SecretSource::File(folder.path().into())).unwrap_err();
            assert!(error.reason.ends_with("is not a file"), "{error}");
        }
    }
}
