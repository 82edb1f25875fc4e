//! What was found, in words: what it is, by what it is known, and what to do next.

use bytesize::ByteSize;
use heapdiff::terminal::{rate, thousands};

use super::finding::{Finding, Told};
use super::judge::LEAST_REQUESTS;

impl Finding {
    /// In words; `url` is the server's.
    pub(super) fn told(&self, url: &str) -> Told {
        Told {
            kind: self.kind(),
            says: self.says(),
            evidence: self.evidence(),
            next: self.next(url),
            site: match self {
                Self::HeapGrows { site, .. } => Some(site.clone()),
                Self::HeapMayGrow { site, .. } => site.clone(),
                _ => None,
            },
        }
    }

    /// What it is called in JSON.
    fn kind(&self) -> &'static str {
        match self {
            Self::HeapGrows { .. } => "heap-grows",
            Self::HeapMayGrow { .. } => "heap-may-grow",
            Self::HeapGrowsSomewhere { .. } => "heap-grows-somewhere",
            Self::HeapGrew { .. } => "heap-grew",
            Self::HeapUnknown { .. } => "heap-unknown",
            Self::RssAlone { .. } => "rss-alone",
            Self::Slower { .. } => "slower",
            Self::NearCeiling { .. } => "near-ceiling",
            Self::TooLittle { .. } => "too-little",
            Self::Restarted { .. } => "restarted",
            Self::CutShort { .. } => "cut-short",
            Self::Fine { .. } => "fine",
        }
    }

    fn says(&self) -> String {
        match self {
            Self::HeapGrows {
                bytes_per_request, ..
            } => {
                return format!(
                    "The heap grows with the requests: {} bytes of each are kept",
                    per_request(bytes_per_request.estimate)
                );
            }
            Self::NearCeiling {
                requests_left,
                seconds_left: Some(time),
                ..
            } => {
                let requests = requests_left
                    .map(|requests| format!("after some {} requests more, ", rounded(requests)));
                return format!(
                    "The heap comes to its ceiling {}in {} at this rate",
                    requests.unwrap_or_default(),
                    span(*time)
                );
            }
            Self::HeapMayGrow { .. } => {
                "The heap may grow with the requests; this was too short to tell"
            }
            Self::HeapGrowsSomewhere { .. } => {
                "The heap grows with the requests, and there are no snapshots to say where"
            }
            Self::HeapGrew { .. } => {
                "The heap grew; whether it goes on with the requests is not certain"
            }
            Self::HeapUnknown { .. } => "Nothing tells of its heap, so nothing can be said of it",
            Self::RssAlone { .. } => {
                "RSS grew and the heap did not: no leak of the program's own objects"
            }
            Self::Slower { .. } => "Requests take longer as the heap grows",
            Self::NearCeiling { .. } => "The heap is near its ceiling",
            Self::TooLittle { .. } => "Not enough traffic to say anything",
            Self::Restarted { .. } => "The server was started anew while it was watched",
            Self::CutShort { .. } => "It was watched for less than was wanted",
            Self::Fine { .. } => "All fine: nothing grows with the requests",
        }
        .to_owned()
    }

    /// By what it is known, a line each.
    #[expect(clippy::too_many_lines, reason = "a line or two for each kind")]
    fn evidence(&self) -> Vec<String> {
        match self {
            Self::HeapGrows {
                sites,
                site,
                requests,
                live_bytes,
                ..
            } => {
                let (first, last) = (thousands(requests.0), thousands(requests.1));
                let sites = match sites {
                    1 => "1 site grows".to_owned(),
                    sites => format!("{sites} sites grow"),
                };
                let heap = from_to(*live_bytes);
                vec![
                    format!("most of it is {}", site.in_words()),
                    format!(
                        "in snapshots after {first} to {last} requests the live heap is {heap}; {sites} to the end"
                    ),
                ]
            }
            Self::HeapMayGrow { why, site, .. } => {
                let site = site.iter();
                let site = site.map(|site| format!("what is unclear is {}", site.in_words()));
                site.chain(why.iter().cloned()).collect()
            }
            Self::HeapGrowsSomewhere {
                bytes_per_request: [early, late],
                live_bytes,
                why,
            } => vec![
                format!(
                    "{} bytes of each request in the first half, {} in the second; live heap {}",
                    per_request(*early),
                    per_request(*late),
                    from_to(*live_bytes)
                ),
                format!("no snapshots: {why}"),
            ],
            Self::HeapGrew { live_bytes, why } => vec![
                format!("live heap {}", from_to(*live_bytes)),
                format!("no verdict on snapshots: {why}"),
            ],
            Self::HeapUnknown { why } => vec![
                "its /metrics has no heap_live_bytes".to_owned(),
                format!("no snapshots: {why}"),
            ],
            Self::RssAlone {
                rss_bytes,
                live_bytes,
            } => {
                let (rss, live) = (from_to(*rss_bytes), from_to(*live_bytes));
                vec![format!("RSS {rss}, live heap {live}")]
            }
            Self::Slower {
                p50_s,
                p99_s,
                live_bytes,
            } => vec![format!(
                "half within {} in the first third and {} in the last; 99 % within {} and {}; live heap {}",
                seconds(p50_s.0),
                seconds(p50_s.1),
                seconds(p99_s.0),
                seconds(p99_s.1),
                from_to(*live_bytes)
            )],
            Self::NearCeiling {
                used_bytes,
                ceiling_bytes,
                last_room,
                ..
            } => {
                let (used, ceiling) = (ByteSize::b(*used_bytes), ByteSize::b(*ceiling_bytes));
                let doubles = last_room.map(|room| {
                    format!(
                        "it doubles its room when it is full: {} fit, twice that does not",
                        ByteSize::b(room)
                    )
                });
                std::iter::once(format!("{used} of {ceiling} in use"))
                    .chain(doubles)
                    .collect()
            }
            Self::TooLittle { requests, .. } => vec![match requests {
                Some(requests) => format!(
                    "{} requests were answered meanwhile; {LEAST_REQUESTS} are the least",
                    thousands(*requests)
                ),
                None => {
                    "its /metrics has no http_requests_total, so nobody knows how many there were"
                        .to_owned()
                }
            }],
            Self::Restarted { times } => {
                let s = if *times == 1 { "" } else { "s" };
                vec![format!("{times} time{s}; what is said is of its last run")]
            }
            Self::CutShort { why } => vec![why.clone()],
            Self::Fine {
                requests,
                live_bytes,
                rss_bytes,
                no_snapshots,
            } => {
                let seen = amounts(*requests, *live_bytes, *rss_bytes);
                let besides = no_snapshots.iter().map(|why| {
                    format!(
                        "by its metrics alone, which do not see small leaks; no snapshots: {why}"
                    )
                });
                std::iter::once(seen).chain(besides).collect()
            }
        }
    }

    /// A command, or what to do.
    fn next(&self, url: &str) -> String {
        let base = url.trim_end_matches('/');
        match self {
            Self::HeapGrows { files, counts, .. } => return verdict(files, counts),
            Self::HeapMayGrow { files, counts, .. } => {
                return format!("watch longer, --for 2m; what there is: {}", verdict(files, counts));
            }
            Self::NearCeiling { .. } => {
                return format!("take a snapshot while there is time: curl '{base}/heapdump?name=now'");
            }
            Self::TooLittle { driven: false, .. } => {
                return format!("get some: cargo lab doctor {url} --drive /PATH, or watch longer: --for 5m");
            }
            Self::CutShort { .. } => {
                return format!("then once more: cargo lab doctor {url}");
            }
            Self::HeapGrew { .. } => {
                "watch longer, --for 2m; a route for snapshots tells where: docs/take-it-home.md"
            }
            Self::TooLittle { driven: true, .. } => {
                "is it the right --drive /PATH? Give it more time: --for 2m"
            }
            Self::HeapGrowsSomewhere { .. } => {
                "give it a route for snapshots, three lines: docs/take-it-home.md; if it has one by another name: --heapdump"
            }
            Self::HeapUnknown { .. } => {
                "put heapshot into your service, docs/take-it-home.md: RSS alone does not tell a leak from what an allocator keeps"
            }
            Self::RssAlone { .. } => {
                "watch once more under the same traffic: what the allocator keeps is used again, and RSS stays. If it rises by as much, \
                 look at memory maps and C libraries: docs/verdict.md, RSS and the heap"
            }
            Self::Slower { .. } => {
                "find what grows first; a collection that is walked or copied for each request gets slower with its length"
            }
            Self::Restarted { .. } => {
                "look into its log: exit code 70 says that it came to its heap ceiling, and near-limit.json is among its snapshots"
            }
            Self::Fine { .. } => {
                "it holds for what was asked for: another route may leak, --drive it"
            }
        }
        .to_owned()
    }
}

/// The command that judges the snapshots again, with all that it shows.
fn verdict(files: &str, counts: &[u64]) -> String {
    let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
    format!(
        "cargo heapdiff verdict {files} --requests {}",
        counts.join(",")
    )
}

/// What was seen of a server that is fine.
fn amounts(requests: Option<u64>, live_bytes: Option<u64>, rss_bytes: Option<u64>) -> String {
    let size = |bytes: Option<u64>| {
        bytes.map_or_else(
            || "not told".to_owned(),
            |bytes| ByteSize::b(bytes).to_string(),
        )
    };
    let requests = requests.map_or_else(|| "some".to_owned(), thousands);
    let (live, rss) = (size(live_bytes), size(rss_bytes));
    format!("{requests} requests; live heap {live}, RSS {rss}")
}

fn per_request(bytes: f64) -> String {
    rate(bytes).trim_start_matches('+').to_owned()
}

fn from_to((before, after): (u64, u64)) -> String {
    format!("{} → {}", ByteSize::b(before), ByteSize::b(after))
}

fn seconds(seconds: f64) -> String {
    crate::crash::time(seconds * 1e6)
}

/// A time that is reckoned, in the unit that suits it.
fn span(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        120.0..7200.0 => format!("{:.0} min", seconds / 60.0),
        7200.0..172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

/// To two digits: it is reckoned.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and saturating"
)]
fn rounded(requests: f64) -> String {
    let size = 10_f64.powf((requests.max(1.0).log10().floor() - 1.0).max(0.0));
    thousands(((requests / size).round() * size) as u64)
}
