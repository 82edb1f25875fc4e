//! A small shop: customers sign in at `/shop/sign-in`, look for articles at `/shop/search` and order them at `/shop/order`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use actix_web::Error;
use actix_web::error::ErrorNotFound;
use actix_web::web::{self, Json, Query, ServiceConfig};
use lru::LruCache;
use payload::{
    Devices, Page, Purchase, Purchased, Receipt, Redeem, Redeemed, Search, ShopLog, SignIn, Token,
};

/// Sessions, and pages of what was found, that are kept; another one takes the place of the one that was used longest ago.
const MOST: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// Entries of the log.
const ENTRIES: usize = 100;

/// From so many pieces on an order earns a coupon, and what that is worth, in cents.
const MANY: u32 = 8;
const COUPON: u64 = 500;

/// What is sold, and for how many cents.
const PRICES: &str = "almond 699, apple 60, bread 380, butter 299, cheese 1250, coffee 899, honey 720, lovage 180, \
    medlar 90, olive 550, pepper 410, quince 110, saffron 2900, salsify 210, tamarind 330, tea 450";

/// What a customer agrees to when a session begins.
const TERMS: &str = "NAME has read these terms, and NAME agrees to them by what NAME orders. Prices are in cents, with all \
    taxes. NAME pays on the day of the order. What NAME does not like, NAME brings back within fourteen days, in the bag in \
    which it came, with the receipt. Fresh articles are fresh on the day on which NAME fetches them, and not for long. A \
    coupon is worth once what it says, to NAME or to whom NAME gives it. Members pay less, and whoever has spent much in one \
    visit pays less; NAME may be both. These terms hold for NAME as they were when the visit began.";

static SESSIONS: LazyLock<Mutex<Sessions>> = LazyLock::new(|| {
    Mutex::new(Sessions {
        by_token: LruCache::new(MOST),
        by_user: HashMap::new(),
    })
});
static PAGES: LazyLock<Mutex<Pages>> = LazyLock::new(|| {
    Mutex::new(Pages {
        known: LruCache::new(MOST),
        room: String::new(),
    })
});
static COUPONS: LazyLock<Mutex<HashMap<String, u64>>> = LazyLock::new(Mutex::default);
static LOG: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static COUNTS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Names and prices, by name and by what people write who leave a letter out.
static ARTICLES: LazyLock<HashMap<String, (&str, u64)>> = LazyLock::new(|| {
    let mut articles = HashMap::new();
    for (name, cents) in PRICES.split(", ").filter_map(|entry| entry.split_once(' ')) {
        let article = (name, cents.parse().expect("a price is a number"));
        articles.insert(name.to_owned(), article);
        for at in 0..name.len() {
            articles.insert(format!("{}{}", &name[..at], &name[at + 1..]), article);
        }
    }
    articles
});

/// A line of a receipt. It is written when the receipt is: what is saved depends on all orders together.
type Line = Box<dyn Fn() -> String + Send>;

/// A customer's visit, and what was ordered in it.
struct Session {
    user: Option<String>,
    terms: String,
    spent: AtomicU64,
    lines: Mutex<Vec<Line>>,
}

/// The sessions that are open: by token, and the tokens by user.
struct Sessions {
    by_token: LruCache<String, Arc<Session>>,
    by_user: HashMap<String, Vec<String>>,
}

/// Pages of what was found, and the room in which they are written.
struct Pages {
    known: LruCache<String, String>,
    room: String,
}

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/shop/sign-in", web::get().to(sign_in))
        .route("/shop/sign-out", web::get().to(sign_out))
        .route("/shop/search", web::get().to(search))
        .route("/shop/order", web::get().to(order))
        .route("/shop/receipt", web::get().to(receipt))
        .route("/shop/redeem", web::get().to(redeem))
        .route("/shop/log", web::get().to(log));
}

/// Begins a session; answers on how many devices the user is signed in now.
async fn sign_in(ask: Query<SignIn>) -> Json<Devices> {
    note("sign-in", format!("{} signs in", ask.user));
    let mut sessions = SESSIONS.lock().expect("no handler panics");
    let devices = sessions.begin(&ask.session, &ask.user);
    Json(Devices { devices })
}

/// Ends a session; answers on how many devices the user is still signed in.
async fn sign_out(ask: Query<Token>) -> Json<Devices> {
    note("sign-out", format!("{} ends", ask.session));
    let mut sessions = SESSIONS.lock().expect("no handler panics");
    let devices = sessions.end(&ask.session);
    Json(Devices { devices })
}

/// Answers with a page of what was found, and whether it was there already.
async fn search(ask: Query<Search>) -> Json<Page> {
    note("search", format!("{:?} is looked for", ask.q));
    let mut pages = PAGES.lock().expect("no handler panics");
    Json(pages.find(&ask.q))
}

/// Answers with what the order comes to, and with a coupon for a large one.
async fn order(ask: Query<Purchase>) -> Result<Json<Purchased>, Error> {
    let (quantity, token) = (ask.quantity, &ask.session);
    let article = ARTICLES.get(&ask.article);
    let (name, cents) = *article.ok_or_else(|| ErrorNotFound("not sold here"))?;
    note("order", format!("{token} orders {quantity} {name}"));
    let session = SESSIONS.lock().expect("no handler panics").of(token);
    let cents = u64::from(quantity) * cents;
    let spent = session.spent.fetch_add(cents, Ordering::Relaxed) + cents;
    let customer = Arc::clone(&session);
    let mut lines = session.lines.lock().expect("no handler panics");
    lines.push(Box::new(move || {
        let pays = cents - cents / 100 * customer.saves();
        format!("{quantity} {name}: {pays}")
    }));
    let coupon = (quantity >= MANY).then(|| format!("{token}-{}", lines.len()));
    if let Some(coupon) = &coupon {
        let mut coupons = COUPONS.lock().expect("no handler panics");
        coupons.insert(coupon.clone(), COUPON);
    }
    Ok(Json(Purchased {
        cents,
        spent,
        coupon,
    }))
}

/// Answers with the receipt for all orders of a session.
async fn receipt(ask: Query<Token>) -> Json<Receipt> {
    let session = SESSIONS.lock().expect("no handler panics").of(&ask.session);
    let lines = session.lines.lock().expect("no handler panics");
    Json(Receipt {
        lines: lines.iter().map(|line| line()).collect(),
        terms: session.terms.clone(),
    })
}

/// Answers with what a coupon is worth, once.
async fn redeem(ask: Query<Redeem>) -> Result<Json<Redeemed>, Error> {
    let mut coupons = COUPONS.lock().expect("no handler panics");
    let worth = coupons.remove(&ask.coupon);
    let cents = worth.ok_or_else(|| ErrorNotFound("no such coupon"))?;
    Ok(Json(Redeemed { cents }))
}

/// Answers with what happened last, and how often what happened.
async fn log() -> Json<ShopLog> {
    let counts = COUNTS.lock().expect("no handler panics").clone();
    let log = LOG.lock().expect("no handler panics");
    let latest = log.iter().cloned().collect();
    Json(ShopLog { latest, counts })
}

/// Writes into the log.
fn note(kind: &str, entry: String) {
    let mut counts = COUNTS.lock().expect("no handler panics");
    *counts.entry(kind.to_owned()).or_default() += 1;
    let mut log = LOG.lock().expect("no handler panics");
    log.push_front(entry);
    log.truncate(ENTRIES);
}

impl Session {
    /// A session of a user, or of a guest.
    fn new(user: Option<&str>) -> Arc<Self> {
        Arc::new(Self {
            user: user.map(str::to_owned),
            terms: TERMS.replace("NAME", user.unwrap_or("the guest")),
            spent: AtomicU64::new(0),
            lines: Mutex::default(),
        })
    }

    /// What is saved, in percent: members save five, and whoever has spent a hundred saves five more.
    fn saves(&self) -> u64 {
        let much = self.spent.load(Ordering::Relaxed) >= 10_000;
        5 * (u64::from(self.user.is_some()) + u64::from(much))
    }
}

impl Sessions {
    /// Begins a session of a user; returns how many the user has.
    fn begin(&mut self, token: &str, user: &str) -> usize {
        self.keep(token, Session::new(Some(user)));
        let tokens = self.by_user.entry(user.to_owned()).or_default();
        tokens.push(token.to_owned());
        tokens.len()
    }

    /// Ends a session; returns how many its user has left.
    fn end(&mut self, token: &str) -> usize {
        let session = self.by_token.pop(token);
        session.map_or(0, |session| self.forget(token, &session))
    }

    /// The session of a token; one begins for a guest if there is none.
    fn of(&mut self, token: &str) -> Arc<Session> {
        if let Some(session) = self.by_token.get(token) {
            return Arc::clone(session);
        }
        let session = Session::new(None);
        self.keep(token, Arc::clone(&session));
        session
    }

    fn keep(&mut self, token: &str, session: Arc<Session>) {
        self.by_token.put(token.to_owned(), session);
    }

    /// Takes a token from those of its user; returns how many the user has left.
    fn forget(&mut self, token: &str, session: &Session) -> usize {
        let user = session.user.as_deref().unwrap_or_default();
        let Some(tokens) = self.by_user.get_mut(user) else {
            return 0;
        };
        tokens.retain(|known| known != token);
        let left = tokens.len();
        if left == 0 {
            self.by_user.remove(user);
        }
        left
    }
}

impl Pages {
    /// The page for a query; a page that is known is not made again.
    fn find(&mut self, query: &str) -> Page {
        if let Some(page) = self.known.get(query) {
            return Page {
                hit: true,
                page: page.clone(),
            };
        }
        let words = query.split(' ');
        let words = words.map(|word| ARTICLES.get(word).map_or(word, |(name, _)| name));
        let what = words.collect::<Vec<_>>().join(" and ");
        self.room.clear();
        for rank in 1..=30 {
            writeln!(self.room, "{rank:>2}. all about {what}").expect("memory does not refuse");
        }
        let page = self.room.clone();
        self.known.put(query.to_owned(), page.clone());
        Page { hit: false, page }
    }
}
