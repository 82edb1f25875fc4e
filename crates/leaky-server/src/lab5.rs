//! `GET /invite`: takes an invitation to be sent by mail. `GET /invitations/{id}`: what the mail server said to it.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::mpsc::{self, Sender};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, Json, Path, Query, ServiceConfig};
use payload::{Accepted, Invite, Sent};

/// What the mail server takes for a mail.
const MAIL_TAKES: Duration = Duration::from_millis(10);

/// Mails of which it is known that they were sent: the last ones.
const KNOWN: usize = 150;

static OUTBOX: LazyLock<Sender<Mail>> = LazyLock::new(|| {
    let (outbox, mails) = mpsc::channel();
    thread::spawn(|| mails.into_iter().for_each(send));
    outbox
});

static SENT: Mutex<VecDeque<Sent>> = Mutex::new(VecDeque::new());

/// A mail to be sent.
struct Mail {
    id: String,
    text: String,
}

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/invite", web::get().to(invite))
        .route("/invitations/{id}", web::get().to(sent));
}

/// Accepts an invitation; it is sent while the client does other things.
async fn invite(invite: Query<Invite>) -> HttpResponse {
    let text = invitation(&invite);
    let id = invite.into_inner().id;
    let mail = Mail {
        id: id.clone(),
        text,
    };
    OUTBOX.send(mail).expect("the thread never ends");
    HttpResponse::Accepted().json(Accepted { id })
}

/// Answers with what was sent, or 404 as long as it is not.
async fn sent(id: Path<String>) -> Option<Json<Sent>> {
    let sent = SENT.lock().expect("no thread panics");
    sent.iter().find(|sent| sent.id == *id).cloned().map(Json)
}

/// Hands a mail to the mail server, which takes its time.
fn send(mail: Mail) {
    thread::sleep(MAIL_TAKES);
    let lines = mail.text.lines().count();
    let mut sent = SENT.lock().expect("no thread panics");
    sent.push_front(Sent { id: mail.id, lines });
    sent.truncate(KNOWN);
}

/// The text of an invitation: thirty lines.
fn invitation(invite: &Invite) -> String {
    let mut text = format!("To: {}\nSubject: {}\n\n", invite.to, invite.tasting);
    for course in 1..=27 {
        writeln!(
            text,
            "{course:>2}. we taste {}, and talk about it",
            invite.tasting
        )
        .expect("memory does not refuse");
    }
    text
}
