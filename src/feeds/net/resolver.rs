//! Names to addresses. The guard stands where the connection is made, so that a name can't be harmless when it
//! is checked and private when it is used (DNS rebinding).

use crate::feeds::address_rules::forbidden;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::Arc;

/// No address that may be reached stands behind the name.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to a {0} address")]
pub(super) struct Forbidden(pub &'static str);

/// The system's own resolution.
pub(super) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Lets only public addresses through.
pub(super) struct Guard {
    names: Arc<dyn Resolve>,
    exempt: Option<String>,
}

impl Guard {
    /// Guards `names`; `exempt` (a proxy's host) alone may be private.
    pub(super) fn new(names: Arc<dyn Resolve>, exempt: Option<String>) -> Self {
        Guard { names, exempt }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        if self.exempt.as_deref().is_some_and(|exempt| exempt.eq_ignore_ascii_case(name.as_str())) {
            return self.names.resolve(name);
        }
        let found = self.names.resolve(name);
        Box::pin(async move {
            let mut why = None;
            let mut public = Vec::new();
            for address in found.await? {
                match forbidden(address.ip()) {
                    None => public.push(address),
                    Some(reason) => why = Some(reason),
                }
            }
            match why {
                Some(reason) if public.is_empty() => Err(Forbidden(reason).into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}
