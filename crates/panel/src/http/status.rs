//! `GET /api/status?minutes=1`: how the servers are, as server-sent events, until the tab goes away.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::any::Any;
use std::convert::Infallible;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc::Receiver;

use super::answer::{Answer, query};
use super::shared::Shared;
use crate::error::Error;
use crate::status::{Line, Range, Refused};

#[derive(Deserialize)]
struct Asked {
    minutes: u8,
}

/// A tab connects again after so many milliseconds.
const AGAIN: &str = "retry: 1000\n\n";

pub(super) async fn events(shared: web::Data<Shared>, request: HttpRequest) -> Answer {
    let Asked { minutes } = query(&request)?;
    let range = Range::of_minutes(minutes)
        .ok_or_else(|| Error::BadRequest("minutes is 1, 5 or 15".to_owned()))?;
    let line = request.conn_data::<Line>().cloned();
    let events = shared.monitor.tabs.look(range, line);
    let events = events.map_err(|refused| match refused {
        Refused::Ending => Error::Ending,
        Refused::Full => Error::Crowded,
    })?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(Events {
            first: Some(Bytes::from_static(AGAIN.as_bytes())),
            events,
        }))
}

/// Remembers a connection, so that it can be cut: see [`Line`]. Called for each connection that is made.
pub(super) fn remember(connection: &dyn Any, data: &mut Extensions) {
    let stream = connection.downcast_ref::<TcpStream>();
    let copy = stream.and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    if let Some(copy) = copy {
        data.insert(Line(Arc::new(copy.into())));
    }
}

/// A tab's queue, as the body of an answer.
struct Events {
    first: Option<Bytes>,
    events: Receiver<Bytes>,
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => self.events.poll_recv(context).map(|event| event.map(Ok)),
        }
    }
}
