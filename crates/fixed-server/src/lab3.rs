//! `GET /bookings/{id}`: books seats at a tasting, and answers with the tickets and what they cost.

use std::sync::{Arc, Mutex, Weak};

use actix_web::web::{self, Json, Path, Query, ServiceConfig};
use payload::{Booked, Tasting};

/// What a seat costs, in cents.
const PRICE: u32 = 4_000;

/// Seats from which on a booking is one of a group, and what a group saves, in percent.
const GROUP: u8 = 5;
const GROUP_SAVES: u32 = 10;

/// A booking, which owns its seats.
struct Booking {
    id: u64,
    tasting: String,
    saves: u32,
    seats: Mutex<Vec<Arc<Seat>>>,
}

/// A seat. It knows its booking, for what it costs depends on that.
struct Seat {
    booking: Weak<Booking>,
    ticket: String,
}

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/bookings/{id}", web::get().to(book));
}

/// Answers with the tickets, and the total in cents.
async fn book(id: Path<u64>, tasting: Query<Tasting>) -> Json<Booked> {
    let booking = Booking::new(id.into_inner(), &tasting);
    let seats = booking.seats.lock().expect("no handler panics");
    Json(Booked {
        booking: booking.id,
        tickets: seats.iter().map(|seat| seat.ticket.clone()).collect(),
        cents: seats.iter().map(|seat| seat.cents()).sum(),
    })
}

impl Booking {
    fn new(id: u64, tasting: &Tasting) -> Arc<Self> {
        let booking = Arc::new(Self {
            id,
            tasting: tasting.tasting.clone(),
            saves: if tasting.seats < GROUP {
                0
            } else {
                GROUP_SAVES
            },
            seats: Mutex::default(),
        });
        for number in 1..=tasting.seats {
            booking.add_seat(number);
        }
        booking
    }

    fn add_seat(self: &Arc<Self>, number: u8) {
        let seat = Seat {
            booking: Arc::downgrade(self),
            ticket: format!("{}-{}-{number}", self.tasting, self.id),
        };
        let mut seats = self.seats.lock().expect("no handler panics");
        seats.push(Arc::new(seat));
    }
}

impl Seat {
    /// What it costs, in cents.
    fn cents(&self) -> u32 {
        let saves = self.booking.upgrade().map_or(0, |booking| booking.saves);
        PRICE * (100 - saves) / 100
    }
}
