//! The log from async code: one writer, off the runtime's threads.

use crate::store::{self, Store, Transaction};
use std::sync::{Arc, Mutex, PoisonError};

/// The log's one writer, shared by the stages.
#[derive(Clone)]
pub(super) struct Log {
    store: Arc<Mutex<Store>>,
}

impl Log {
    pub(super) fn new(store: Store) -> Self {
        Log { store: Arc::new(Mutex::new(store)) }
    }

    /// Reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&store::Reader) -> store::Result<T> + Send + 'static,
    ) -> store::Result<T> {
        self.with(move |store| work(store)).await
    }

    /// Writes in one transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> store::Result<T> + Send + 'static,
    ) -> store::Result<T> {
        self.with(move |store| store.write(work)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> store::Result<T> + Send + 'static,
    ) -> store::Result<T> {
        let store = self.store.clone();
        let task = tokio::task::spawn_blocking(move || {
            // A panic in a transaction rolled it back; the connection itself is sound.
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut store)
        });
        match task.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Blocking tasks are only cancelled when the runtime ends, and then nobody waits for this.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
