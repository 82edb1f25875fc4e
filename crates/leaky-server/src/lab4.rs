//! `GET /cab`: calls the taxi ranks, and answers with the first cab that is free for so many people.
//! `GET /ranks/{rank}`: a rank says how many seats its largest free cab has.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::web::{self, Json, Path, Query, ServiceConfig};
use payload::{Cab, Free, Ride};
use tokio::sync::watch;
use tokio::time::sleep;

static RANKS: LazyLock<[Rank; 2]> = LazyLock::new(|| {
    [
        Rank::new("station", None, 4),
        Rank::new("airport", Some(Duration::from_millis(2)), 60),
    ]
});

/// A taxi rank.
struct Rank {
    name: &'static str,
    /// How long a call to it takes, unless it is around the corner.
    away: Option<Duration>,
    /// Seats of the largest cab that is free there.
    free: watch::Sender<u8>,
}

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/cab", web::get().to(cab))
        .route("/ranks/{rank}", web::get().to(free));
}

/// Answers with the cab of the rank that has one first.
async fn cab(Query(ride): Query<Ride>) -> Json<Cab> {
    let [station, airport] = RANKS
        .each_ref()
        .map(|rank| tokio::spawn(rank.find_cab(ride.clone())));
    let first = tokio::select! {
        cab = station => cab,
        cab = airport => cab,
    };
    Json(first.expect("no rank panics"))
}

/// Takes down what a rank says, and tells whoever waits for a cab there.
async fn free(name: Path<String>, free: Query<Free>) -> Option<Json<Free>> {
    let rank = RANKS.iter().find(|rank| rank.name == *name)?;
    rank.free.send_replace(free.seats);
    Some(Json(free.into_inner()))
}

impl Rank {
    fn new(name: &'static str, away: Option<Duration>, seats: u8) -> Self {
        let free = watch::Sender::new(seats);
        Self { name, away, free }
    }

    /// A cab for a ride, as soon as one is free that has the seats.
    async fn find_cab(&self, ride: Ride) -> Cab {
        if let Some(away) = self.away {
            sleep(away).await;
        }
        let directions = directions(self.name, &ride.at);
        let mut free = self.free.subscribe();
        let free = free.wait_for(|seats| *seats >= ride.seats).await;
        Cab {
            rank: self.name.to_owned(),
            seats: *free.expect("a rank is never dropped"),
            directions,
        }
    }
}

/// How the driver finds the way: six turns.
fn directions(from: &str, to: &str) -> String {
    let mut directions = String::new();
    for turn in 1..=6 {
        writeln!(directions, "{turn}. from {from}, turn for {to}").expect("memory does not refuse");
    }
    directions
}
