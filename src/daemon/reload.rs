//! The watchlist taken up again when it is saved or on SIGHUP.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// Editors save in several steps (truncate, write, rename): this long without a further one, and the save is over.
const SETTLE: Duration = Duration::from_millis(300);

/// Tells when the watchlist's file may have changed.
pub(super) struct Saves {
    events: mpsc::Receiver<()>,
    // Held for its effect: the watch ends when it is dropped.
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Saves {
    /// Watches the folder that `file` stands in, since editors replace the file itself.
    pub(super) fn of(file: &Path) -> Self {
        // One pending event says all there is to say: "look again".
        let (sender, events) = mpsc::channel(1);
        let watcher = watch(file, sender).inspect_err(|error| {
            tracing::warn!(file = %file.display(), %error, "the watchlist's folder can't be watched; reload by SIGHUP only");
        });
        Saves { events, _watcher: watcher.ok() }
    }

    /// Returns once a save has settled; never where nothing can be watched.
    pub(super) async fn next(&mut self) {
        if self.events.recv().await.is_none() {
            return std::future::pending().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLE, self.events.recv()).await {}
    }
}

fn watch(file: &Path, sender: mpsc::Sender<()>) -> notify::Result<notify::RecommendedWatcher> {
    use notify::Watcher;
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let name = file.file_name().map(ToOwned::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        let ours = event.paths.iter().any(|path| path.file_name() == name.as_deref());
        if ours && !event.kind.is_access() {
            let _ = sender.try_send(());
        }
    })?;
    watcher.watch(&folder, notify::RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

#[cfg(test)]
mod tests {
    use super::Saves;
    use std::time::Duration;

    #[tokio::test]
    async fn a_file_replaced_by_an_editor_is_a_save_and_a_neighbour_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchlist.toml");
        std::fs::write(&file, "a").unwrap();
        let mut saves = Saves::of(&file);
        std::fs::write(folder.path().join("neighbour"), "b").unwrap();
        let quiet = tokio::time::timeout(Duration::from_millis(500), saves.next()).await;
        assert!(quiet.is_err(), "a neighbour's change is not the watchlist's");
        std::fs::write(folder.path().join("new"), "c").unwrap();
        std::fs::rename(folder.path().join("new"), &file).unwrap();
        tokio::time::timeout(Duration::from_secs(5), saves.next()).await.expect("the save is seen");
    }
}
