//! The units: valid to systemd, hardened as promised, and each line explained.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_gainsay");

fn unit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name)
}

/// What `systemd-analyze` says, or nothing where there is none.
fn analyze(arguments: &[&str], runtime: &Path) -> Option<Output> {
    match Command::new("systemd-analyze").args(arguments).env("XDG_RUNTIME_DIR", runtime).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: no systemd-analyze here");
            None
        }
        Err(error) => panic!("systemd-analyze: {error}"),
    }
}

/// Whether this systemd-analyze knows `--offline` (since 250).
fn knows_offline(runtime: &Path) -> bool {
    let known =
        analyze(&["--help"], runtime).is_some_and(|help| String::from_utf8_lossy(&help.stdout).contains("--offline"));
    if !known {
        eprintln!("skipped: this systemd-analyze can't judge a unit offline");
    }
    known
}

#[test]
fn systemd_accepts_both_units() {
    let folder = tempfile::tempdir().unwrap();
    for (name, scope, installed) in [
        ("gainsay.service", "--system", "/usr/local/bin/gainsay"),
        ("gainsay-user.service", "--user", "%h/.local/bin/gainsay"),
    ] {
        // A unit is valid only where its program exists.
        let text = std::fs::read_to_string(unit(name)).unwrap();
        assert!(text.contains(installed), "{name} starts {installed}");
        let copy = folder.path().join(name);
        std::fs::write(&copy, text.replace(installed, BINARY)).unwrap();
        let path = copy.to_str().unwrap();
        let Some(said) = analyze(&["verify", "--man=no", scope, path], folder.path()) else { return };
        let words = String::from_utf8_lossy(&said.stderr);
        // A machine whose own units are faulty says so too; what counts is what is said of ours.
        let ours: Vec<&str> = words.lines().filter(|line| line.contains("gainsay")).collect();
        assert!(ours.is_empty(), "{name}: {ours:#?}");
    }
}

#[test]
fn an_unknown_setting_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("gainsay.service");
    let text = std::fs::read_to_string(unit("gainsay.service")).unwrap();
    std::fs::write(&copy, text.replace("ProtectHome=", "ProtectHoem=")).unwrap();
    let Some(said) = analyze(&["verify", "--man=no", copy.to_str().unwrap()], folder.path()) else { return };
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(words.contains("ProtectHoem"), "{words}");
}

#[test]
fn the_system_service_is_exposed_at_most_one_and_a_half() {
    let folder = tempfile::tempdir().unwrap();
    if !knows_offline(folder.path()) {
        return;
    }
    let path = unit("gainsay.service");
    let arguments = ["security", "--offline=true", "--threshold=15", "--no-pager", path.to_str().unwrap()];
    let said = analyze(&arguments, folder.path()).unwrap();
    let words = String::from_utf8_lossy(&said.stdout);
    let overall = words.lines().last().unwrap_or_default();
    assert!(said.status.success() && overall.contains("Overall exposure"), "{overall}");
}

#[test]
fn the_user_that_the_service_runs_as_is_the_one_that_sysusers_makes() {
    let service = std::fs::read_to_string(unit("gainsay.service")).unwrap();
    let users = std::fs::read_to_string(unit("gainsay.sysusers.conf")).unwrap();
    assert!(service.contains("\nUser=gainsay\nGroup=gainsay\n"));
    assert!(users.lines().any(|line| line.starts_with("u gainsay ")), "{users}");
}
