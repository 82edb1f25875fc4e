//! A server's address, and the secret that it may want.

use std::fmt;

use redact::{Secret, command_line};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, Url};

use crate::error::Error;

/// A server to watch.
#[derive(Clone)]
pub struct ServerConfig {
    /// Ends in `/`.
    pub(super) base: Url,
    /// Marked as sensitive, so that nothing prints it.
    authorization: Option<HeaderValue>,
    token: Option<Secret>,
}

impl ServerConfig {
    /// The server at `url`, whose routes are `URL/heapdump` and, if it has that, `URL/healthz`.
    ///
    /// # Errors
    /// [`Error::Address`]
    pub fn new(url: &str) -> Result<Self, Error> {
        let refuse = |url: &str, why: &str| Error::Address {
            url: command_line(url).into_owned(),
            why: why.to_owned(),
        };
        let mut base: Url = match url.parse() {
            Ok(url) => url,
            Err(error) => return Err(refuse(url, &format!("{error}"))),
        };
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refuse(
                "http://…@…",
                "a secret in it would be seen; give it with --token",
            ));
        }
        if base.scheme() != "http" || base.host_str().is_none() {
            return Err(refuse(url, "only http:// is spoken"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refuse(url, "it has a query or a fragment"));
        }
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Ok(Self {
            base,
            authorization: None,
            token: None,
        })
    }

    /// With the secret that its `/heapdump` wants, as `Authorization: Bearer TOKEN`. It is sent to this server alone.
    ///
    /// # Errors
    /// When a header cannot hold it.
    pub fn with_token(mut self, token: &str) -> Result<Self, Error> {
        self.set_token(token)?;
        Ok(self)
    }

    /// The address, which ends in `/`.
    pub fn url(&self) -> &str {
        self.base.as_str()
    }

    pub(crate) fn set_token(&mut self, token: &str) -> Result<(), Error> {
        let good = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let header = good.then(|| HeaderValue::try_from(format!("Bearer {token}")));
        let Some(Ok(mut header)) = header else {
            return Err(Error::Token(
                "a token has visible characters of ASCII and no others",
            ));
        };
        header.set_sensitive(true);
        self.authorization = Some(header);
        self.token = Some(token.into());
        Ok(())
    }

    /// One of its routes.
    pub(crate) fn route(&self, name: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{name}", self.base.path()));
        url
    }

    /// A request to it, with its secret.
    pub(crate) fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// What it says, to be shown: a server that repeats what it was sent must not bring the secret onto the page.
    pub(crate) fn without_secret(&self, said: &str) -> String {
        match &self.token {
            Some(token) => said.replace(token.expose(), "TOKEN"),
            None => said.to_owned(),
        }
    }

    #[cfg(test)]
    pub(crate) fn has_token(&self) -> bool {
        self.authorization.is_some()
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.base)
    }
}
