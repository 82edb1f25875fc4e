//! Who may take and read heap snapshots, and read the metrics: a heap holds what clients sent, and both tell how the
//! service works.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use loopback::loopback_port;
use redact::Secret;

use crate::answer::failure;

/// What browsers say of who asks: <https://www.w3.org/TR/fetch-metadata/>.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who may use `/heapdump` and `/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody on this machine. The `Host` header must name it too, so that a web page elsewhere cannot
    /// get in through the reader's browser by rebinding its own name to 127.0.0.1; and a browser must not say that
    /// another page asks, so that none can have snapshots taken with an `<img>`.
    Loopback,
    /// Whoever knows the secret.
    Token(Secret),
}

impl Access {
    fn check(&self, request: &ServiceRequest) -> Result<(), (StatusCode, &'static str)> {
        let header = |name| request.headers().get(name);
        match self {
            Self::Loopback
                if header(SEC_FETCH_SITE)
                    .is_some_and(|site| site != "none" && site != "same-origin") =>
            {
                Err((
                    StatusCode::FORBIDDEN,
                    "a page of another origin asks (Sec-Fetch-Site): open the address itself",
                ))
            }
            Self::Loopback if !is_of_this_machine(request) => Err((
                StatusCode::FORBIDDEN,
                "a page of another origin asks (Origin): open the address itself",
            )),
            Self::Loopback if names_this_machine(request) => Ok(()),
            Self::Loopback => Err((
                StatusCode::FORBIDDEN,
                "the Host header names another machine: ask for 127.0.0.1 or localhost",
            )),
            Self::Token(token) => {
                let given = header(AUTHORIZATION)
                    .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
                match given {
                    Some(given) if same(given, token.expose().as_bytes()) => Ok(()),
                    _ => Err((
                        StatusCode::UNAUTHORIZED,
                        "this needs the header `Authorization: Bearer TOKEN`",
                    )),
                }
            }
        }
    }
}

/// Middleware: lets a request through if [`Access`] does.
pub(crate) async fn guard(
    access: web::Data<Access>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match access.check(&request) {
        Ok(()) => next.call(request).await,
        Err((status, reason)) => Ok(request.into_response(failure(status, reason))),
    }
}

/// The one `Host` header names this machine. HTTP/1.0 has none, and no browser speaks that.
fn names_this_machine(request: &ServiceRequest) -> bool {
    let mut hosts = request.headers().get_all(HOST);
    match (hosts.next(), hosts.next()) {
        (None, _) => true,
        (Some(host), None) => host
            .to_str()
            .is_ok_and(|host| loopback_port(host).is_some()),
        (Some(_), Some(_)) => false,
    }
}

/// Browsers that do not send `Sec-Fetch-Site` name a page's origin at least where its script asks.
fn is_of_this_machine(request: &ServiceRequest) -> bool {
    request.headers().get_all(ORIGIN).all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        origin.strip_prefix("http://").is_some_and(|host| {
            let own = request
                .headers()
                .get(HOST)
                .and_then(|host| host.to_str().ok());
            own.is_some_and(|own| own.eq_ignore_ascii_case(host))
        })
    })
}

/// Compares in a time that does not tell how much of a guess was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn tokens_are_the_same_only_whole() {
        assert!(same(b"0123456789abcdef", b"0123456789abcdef"));
        assert!(!same(b"0123456789abcdef", b"0123456789abcdeF"));
        assert!(!same(b"0123456789", b"0123456789abcdef"));
    }
}
