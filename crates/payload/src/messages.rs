//! The bodies of the labs' routes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer of `GET /bloatMyServer`: how many references its list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Length of the list, in references.
    pub size: usize,
}

/// The object that `GET /bloatMyServer` makes once per request and refers to many times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redundant {
    /// What the object claims to be.
    pub memory: String,
    /// What it is.
    pub joke: String,
}

impl Redundant {
    /// The object, made afresh: one block for each string.
    pub fn new() -> Self {
        Self {
            memory: "leaked".to_owned(),
            joke: "meta".to_owned(),
        }
    }
}

impl Default for Redundant {
    fn default() -> Self {
        Self::new()
    }
}

/// What `GET /search` is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// The query, in the words of whoever asks.
    pub q: String,
}

/// The answer of `GET /search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Whether the page was made before.
    pub hit: bool,
    /// What was found, as text.
    pub page: String,
}

/// What `GET /bookings/{id}` is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tasting {
    /// What is tasted.
    pub tasting: String,
    /// How many want to come.
    pub seats: u8,
}

/// The answer of `GET /bookings/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// The booking's number.
    pub booking: u64,
    /// A ticket for each seat.
    pub tickets: Vec<String>,
    /// What they cost together, in cents.
    pub cents: u32,
}

/// What `GET /cab` is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ride {
    /// Where the people wait.
    pub at: String,
    /// How many they are.
    pub seats: u8,
}

/// The answer of `GET /cab`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cab {
    /// The taxi rank that it comes from.
    pub rank: String,
    /// How many seats it has.
    pub seats: u8,
    /// How its driver finds the people.
    pub directions: String,
}

/// What `GET /ranks/{rank}` is told, and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Free {
    /// Seats of the largest cab that is free at the rank.
    pub seats: u8,
}

/// What `GET /invite` is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The invitation's name, chosen by whoever asks.
    pub id: String,
    /// Who is invited.
    pub to: String,
    /// What is tasted.
    pub tasting: String,
}

/// The answer of `GET /invite`: the invitation will be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The invitation's name.
    pub id: String,
}

/// The answer of `GET /invitations/{id}`: the invitation was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The invitation's name.
    pub id: String,
    /// Lines of the mail that the mail server took.
    pub lines: usize,
}

/// What `GET /visit` is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The page that the visitor came from.
    pub from: String,
}

/// The answer of `GET /visit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// Pages that the latest visitors came from, the last one first.
    pub latest: Vec<String>,
}

/// What `GET /report` is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportOn {
    /// Whose orders.
    pub shop: String,
    /// How many of the latest.
    pub orders: u32,
}

/// The answer of `GET /report`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whose orders.
    pub shop: String,
    /// How many they are.
    pub orders: u32,
    /// What they come to together, in cents.
    pub cents: u64,
    /// The largest ones as they were sent, the largest first.
    pub best: Vec<String>,
}

/// What `GET /shop/sign-in` is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Who it is.
    pub user: String,
    /// The token of the session that begins.
    pub session: String,
}

/// What `GET /shop/sign-out` and `GET /shop/receipt` are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token of a session.
    pub session: String,
}

/// The answer of `GET /shop/sign-in` and `GET /shop/sign-out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// On how many devices the user is signed in now.
    pub devices: usize,
}

/// What `GET /shop/order` is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// The token of the session.
    pub session: String,
    /// What is ordered.
    pub article: String,
    /// How many of it.
    pub quantity: u32,
}

/// The answer of `GET /shop/order`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchased {
    /// What the order comes to, in cents.
    pub cents: u64,
    /// What all orders of the session come to, in cents.
    pub spent: u64,
    /// A coupon, if the order was worth one.
    pub coupon: Option<String>,
}

/// The answer of `GET /shop/receipt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// A line for each order of the session.
    pub lines: Vec<String>,
    /// The terms that it was ordered under.
    pub terms: String,
}

/// What `GET /shop/redeem` is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeem {
    /// The coupon.
    pub coupon: String,
}

/// The answer of `GET /shop/redeem`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    /// What the coupon is worth, in cents.
    pub cents: u64,
}

/// The answer of `GET /shop/log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopLog {
    /// What happened, the last first.
    pub latest: Vec<String>,
    /// How often each kind of thing happened.
    pub counts: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::{Redundant, Size};

    #[test]
    fn the_bodies_are_the_articles() {
        assert_eq!(
            serde_json::to_string(&Size { size: 10_000 }).unwrap(),
            r#"{"size":10000}"#
        );
        assert_eq!(
            serde_json::to_string(&Redundant::new()).unwrap(),
            r#"{"memory":"leaked","joke":"meta"}"#
        );
    }

    #[test]
    fn what_the_server_writes_the_tools_read_back() {
        let size: Size = serde_json::from_str(r#"{"size":3}"#).unwrap();
        assert_eq!(size, Size { size: 3 });
    }
}
