//! Who may ask: this machine's browser on behalf of the panel's own page, and programs of this machine. Not another
//! site's page through that browser, by whatever way: a name rebound to 127.0.0.1 shows in `Host`, a request across
//! sites in `Origin` and in `Sec-Fetch-Site`.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use loopback::loopback_port;

use super::answer::failure;

/// Lets a request through that is meant for the panel on this port.
pub(super) struct Guard {
    port: u16,
}

/// Middleware: lets a request through if [`Guard`] does. Every answer gets the headers that keep others out.
pub(super) async fn guard(
    guard: web::Data<Guard>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let checked = guard.check(request.method(), request.path(), request.headers());
    let mut response = match checked {
        Ok(()) => next.call(request).await?,
        Err(reason) => request.into_response(failure(StatusCode::FORBIDDEN, reason)),
    };
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, nothing);
    }
    Ok(response)
}

/// On every answer. There is none that allows another origin anything, and there never will be.
const ALWAYS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (HeaderName::from_static("x-frame-options"), "DENY"),
];

impl Guard {
    pub(super) fn new(port: u16) -> Self {
        Self { port }
    }

    fn check(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), &'static str> {
        let host = only(headers, HOST).filter(|host| self.is_own(host));
        let Some(host) = host else {
            return Err(
                "the Host header names something else than this panel: open its own URL, http://127.0.0.1:PORT",
            );
        };
        let origin = headers.contains_key(ORIGIN);
        if origin && !only(headers, ORIGIN).is_some_and(|origin| is_of(origin, host)) {
            return Err("the request comes from a page of another origin");
        }
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        match site {
            None | Some(b"same-origin" | b"none") => {}
            // A link to the panel: it shows the page to the user, and tells the other site nothing.
            Some(_) if *method == Method::GET && path == "/" && is_navigation(headers) => {}
            Some(_) => return Err("the request comes from a page of another site"),
        }
        let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if changes && !origin && site != Some(b"same-origin") {
            return Err(
                "a request that changes something must say where it comes from: add the header `Origin: http://127.0.0.1:PORT`",
            );
        }
        Ok(())
    }

    /// This machine, by a name that nobody else can have, and the panel's own port.
    fn is_own(&self, host: &str) -> bool {
        loopback_port(host) == Some(self.port)
    }
}

/// The value of a header that is there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut all = headers.get_all(name);
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn is_of(origin: &str, host: &str) -> bool {
    origin
        .strip_prefix("http://")
        .is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

/// The user's own window goes there, and no frame, image or script of a page.
fn is_navigation(headers: &HeaderMap) -> bool {
    let is = |name, value: &[u8]| headers.get(name).is_some_and(|it| it.as_bytes() == value);
    is("sec-fetch-mode", b"navigate") && is("sec-fetch-dest", b"document")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: (&str, &str) = ("host", "127.0.0.1:4000");

    fn check(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<(), &'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                name.parse().expect("a name"),
                value.parse().expect("a value"),
            );
        }
        Guard::new(4000).check(&method.parse().expect("a method"), path, &map)
    }

    #[test]
    fn only_this_machine_and_this_port_are_the_panel() {
        for host in [
            "127.0.0.1:4000",
            "localhost:4000",
            "[::1]:4000",
            "LOCALHOST:4000",
        ] {
            assert!(check("GET", "/", &[("host", host)]).is_ok(), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:4001",
            "example.com:4000",
            "localhost.example.com:4000",
            "127.0.0.1.nip.io:4000",
            "localhost:4000@example.com",
            "[::1]evil",
            "[::1]evil:4000",
            "[::1%lo]:4000",
            "localhost.:4000",
            "localhost:+4000",
            "localhost:04000:4000",
            "user@localhost:4000",
            "10.0.0.1:4000",
            "0.0.0.0:4000",
            "[::]:4000",
        ] {
            assert!(check("GET", "/", &[("host", host)]).is_err(), "{host}");
        }
        assert!(check("GET", "/", &[]).is_err());
        assert!(check("GET", "/", &[OWN, ("host", "example.com")]).is_err());
        assert_eq!(
            Guard::new(80).check(&Method::GET, "/", &{
                let mut map = HeaderMap::new();
                map.insert(HOST, HeaderValue::from_static("localhost"));
                map
            }),
            Ok(())
        );
    }

    #[test]
    fn an_origin_is_the_panels_own_or_refused() {
        let with = |origin| check("POST", "/api/snapshots", &[OWN, ("origin", origin)]);
        assert!(with("http://127.0.0.1:4000").is_ok());
        for origin in [
            "null",
            "",
            "http://127.0.0.1:4001",
            "http://localhost:4000",
            "https://127.0.0.1:4000",
            "http://example.com",
            "http://127.0.0.1:4000.example.com",
        ] {
            assert!(with(origin).is_err(), "{origin}");
            let got = check("GET", "/api/snapshots", &[OWN, ("origin", origin)]);
            assert!(got.is_err(), "{origin}");
        }
    }

    #[test]
    fn a_change_says_where_it_comes_from() {
        for method in ["POST", "PATCH", "DELETE", "PUT"] {
            assert!(check(method, "/api/snapshots", &[OWN]).is_err());
            let typed = [OWN, ("sec-fetch-site", "none")];
            assert!(check(method, "/api/snapshots", &typed).is_err());
            let own = [OWN, ("sec-fetch-site", "same-origin")];
            assert!(check(method, "/api/snapshots", &own).is_ok());
        }
        assert!(check("GET", "/api/snapshots", &[OWN]).is_ok());
    }

    #[test]
    fn another_site_can_link_to_the_page_and_no_more() {
        for site in ["cross-site", "same-site", "something-new"] {
            let link = [
                OWN,
                ("sec-fetch-site", site),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ];
            assert!(check("GET", "/", &link).is_ok(), "{site}");
            assert!(check("GET", "/api/snapshots", &link).is_err(), "{site}");
            assert!(check("POST", "/", &link).is_err(), "{site}");
            let frame = [
                OWN,
                ("sec-fetch-site", site),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ];
            assert!(check("GET", "/", &frame).is_err(), "{site}");
            let fetch = [OWN, ("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")];
            assert!(check("GET", "/", &fetch).is_err(), "{site}");
        }
    }
}
