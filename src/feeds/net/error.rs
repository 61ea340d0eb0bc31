//! Why nothing came. No variant carries text from the request, so no error can carry a secret.

use super::resolver::Forbidden;
use super::response;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why nothing came. The caller knows the address and adds it, redacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// 410: the server says it is gone for good.
    #[error("it is gone for good (410); remove it or find its new address")]
    Gone,
    /// 404.
    #[error("there is nothing at this address (404)")]
    NotFound,
    /// 401, 403 or 407.
    #[error("access is refused ({status}); check user, password and headers")]
    Unauthorized {
        /// The HTTP status.
        status: u16,
    },
    /// 429.
    #[error("the server has had too many requests (429)")]
    TooMany {
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the server fails ({status})")]
    Server {
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Any other status that is no success.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// A limit in time was passed.
    #[error("timeout: {0}")]
    Timeout(Phase),
    /// The body is larger than the limit, in bytes after decompression.
    #[error("it is larger than {}, the most that max_body allows", crate::watchlist::size_in_words(*.0))]
    TooLarge(u64),
    /// The redirects don't end.
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// A redirect leads to something that is no address.
    #[error("it redirects to an address that can't be read")]
    BadRedirect,
    /// A redirect leads from https to http, and credentials are in play.
    #[error("it redirects from https to http, which is not followed where credentials are in play")]
    Downgrade,
    /// A link, a redirect or a name leads to an address that is not public.
    #[error("it leads to a {0} address; only the host that the watchlist names may have one")]
    ForbiddenAddress(&'static str),
    /// Neither http nor https, or no host.
    #[error("only http and https addresses with a host can be fetched")]
    Scheme,
    /// The name is not known.
    #[error("its host name can't be resolved")]
    Dns,
    /// TLS failed; what rustls says.
    #[error("TLS: {0}")]
    Tls(String),
    /// No connection; what the system says.
    #[error("no connection: {0}")]
    Connect(String),
    /// The answer broke off, or is no HTTP, or can't be decompressed.
    #[error("the answer broke off or can't be decoded")]
    Broken,
    /// Nothing was sent: the settings or the entry can't be used as they are.
    #[error("{0}")]
    Setup(&'static str),
}

/// Which limit in time was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Connecting, TLS included.
    Connect,
    /// Waiting for the first byte of the answer.
    FirstByte,
    /// The whole, redirects included.
    Whole,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Connect => "no connection in time",
            Phase::FirstByte => "no answer in time",
            Phase::Whole => "the answer did not end in time",
        })
    }
}

impl FetchError {
    /// Whether the same request may succeed later with nobody doing anything about it.
    pub fn is_temporary(&self) -> bool {
        use FetchError::*;
        match self {
            TooMany { .. } | Server { .. } | Timeout(_) | Dns | Connect(_) | Broken => true,
            Status(status) => matches!(status, 408 | 421 | 425),
            Gone
            | NotFound
            | Unauthorized { .. }
            | TooLarge(_)
            | Redirects(_)
            | BadRedirect
            | Downgrade
            | ForbiddenAddress(_)
            | Scheme
            | Tls(_)
            | Setup(_) => false,
        }
    }

    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            FetchError::TooMany { retry_after } | FetchError::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The HTTP status, where an answer came at all.
    pub fn status(&self) -> Option<u16> {
        match *self {
            FetchError::Gone => Some(410),
            FetchError::NotFound => Some(404),
            FetchError::TooMany { .. } => Some(429),
            FetchError::Unauthorized { status } | FetchError::Server { status, .. } | FetchError::Status(status) => {
                Some(status)
            }
            _ => None,
        }
    }

    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap) -> Self {
        let retry_after = response::retry_after(headers);
        match status.as_u16() {
            410 => FetchError::Gone,
            404 => FetchError::NotFound,
            status @ (401 | 403 | 407) => FetchError::Unauthorized { status },
            429 => FetchError::TooMany { retry_after },
            status @ 500..=599 => FetchError::Server { status, retry_after },
            status => FetchError::Status(status),
        }
    }

    fn from_tls(error: &rustls::Error) -> Self {
        use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
        match error {
            // rustls names the host that was asked and those of the certificate; either may be a secret one's.
            rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
                FetchError::Tls("the certificate is another host's".to_owned())
            }
            error => FetchError::Tls(error.to_string()),
        }
    }

    /// Classifies by what stands in the chain of causes. Only words of rustls and of the system are taken over:
    /// reqwest's own contain addresses.
    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        let mut system = None;
        while let Some(this) = cause {
            if let Some(Forbidden(why)) = this.downcast_ref() {
                return FetchError::ForbiddenAddress(why);
            }
            if let Some(tls) = this.downcast_ref::<rustls::Error>() {
                return FetchError::from_tls(tls);
            }
            if let Some(io) = this.downcast_ref::<std::io::Error>() {
                // An io::Error's `source` skips the error that it wraps.
                if let Some(inner) = io.get_ref() {
                    if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                        return FetchError::from_tls(tls);
                    }
                } else {
                    system = Some(io.kind().to_string());
                }
            }
            cause = this.source();
        }
        if error.is_timeout() && error.is_connect() {
            FetchError::Timeout(Phase::Connect)
        } else if error.is_dns() {
            FetchError::Dns
        } else if error.is_connect() {
            FetchError::Connect(system.unwrap_or_else(|| "refused or broken off, perhaps by a proxy".to_owned()))
        } else if error.is_timeout() {
            FetchError::Timeout(Phase::Whole)
        } else {
            FetchError::Broken
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::FetchError;
    use rustls::CertificateError;
    use rustls::pki_types::ServerName;

    #[test]
    fn a_certificate_of_another_host_names_neither() {
        let expected = ServerName::try_from("hidden.example").unwrap();
        let presented = vec!["DnsName(\"*.hidden.example\")".to_owned()];
        let error = rustls::Error::from(CertificateError::NotValidForNameContext { expected, presented });
        assert!(error.to_string().contains("hidden.example"), "rustls names it: {error}");
        let told = FetchError::from_tls(&error).to_string();
        assert_eq!(told, "TLS: the certificate is another host's");
        let expired = FetchError::from_tls(&CertificateError::Expired.into()).to_string();
        assert!(expired.contains("Expired"), "{expired}");
    }
}
