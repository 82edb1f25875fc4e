//! What the lab's servers and tools say to each other: the bodies of the labs' routes as serde types,
//! and a deterministic generator of requests for whoever sends them.
//!
//! Nothing here knows of HTTP: the servers put these types into responses, the tools read them back.
#![forbid(unsafe_code)]

mod generate;
mod messages;

pub use generate::{Generator, Sample, Template, UnknownPlaceholder};
pub use messages::{
    Accepted, Booked, Cab, Devices, Free, Invite, Latest, Page, Purchase, Purchased, Receipt,
    Redeem, Redeemed, Redundant, Report, ReportOn, Ride, Search, Sent, ShopLog, SignIn, Size,
    Tasting, Token, Visit,
};
