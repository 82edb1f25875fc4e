//! The command line of a server; each option can also be set by an environment variable.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use bytesize::ByteSize;
use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use redact::Secret;

use crate::access::Access;

/// What a server can be told when it starts.
#[derive(Clone, Debug, Parser)]
#[command(after_help = "\
Take a heap snapshot of the running server with: curl 'http://ADDRESS/heapdump?name=before'

Near --max-heap, at 90 % of it, the server takes the snapshot near-limit by itself. With `shed`, requests that are under
way may use an eighth more (16 MiB at the least); beyond that it exits, too. An outer belt, 512 MiB beyond the eighth,
holds memory of any kind: the system then refuses it (RLIMIT_DATA).")]
pub struct Options {
    /// Address and port to listen on; port 0 lets the system choose; `stdin` takes the listening socket that a parent passes
    /// as standard input
    #[arg(long, value_name = "ADDRESS", env = "LEAKLAB_LISTEN")]
    pub listen: Listen,

    /// Folder that snapshots are written to; made if missing
    #[arg(
        long,
        value_name = "DIR",
        env = "LEAKLAB_SNAPSHOTS",
        default_value = "snapshots"
    )]
    pub snapshots: PathBuf,

    /// Worker threads [default: one per processor]
    #[arg(long, value_name = "N", env = "LEAKLAB_WORKERS")]
    pub workers: Option<NonZeroUsize>,

    /// Record one sample in so many bytes allocated, `512KiB` say, and not every allocation: cheap enough for a service
    /// under load; snapshots then hold estimates; 0 for everything
    #[arg(
        long,
        value_name = "BYTES",
        env = "LEAKLAB_SAMPLE",
        default_value = "0",
        hide_default_value = true
    )]
    pub sample: ByteSize,

    /// Memory that the heap may take, to keep this machine safe; 0 for none
    #[arg(
        long,
        value_name = "SIZE",
        env = "LEAKLAB_MAX_HEAP",
        default_value = "1GiB"
    )]
    pub max_heap: ByteSize,

    /// What happens there: `exit` says who holds the memory and ends with code 70, `shed` lets the labs' routes answer 503
    #[arg(
        long,
        value_name = "END",
        env = "LEAKLAB_AT_LIMIT",
        value_enum,
        hide_possible_values = true, // told above
        default_value_t
    )]
    pub at_limit: AtLimit,

    /// Listen on an address that other machines can reach; needs --token
    #[arg(long, env = "LEAKLAB_ALLOW_REMOTE", requires = "token")]
    pub allow_remote: bool,

    /// Secret that /heapdump and /metrics then demand, as `Authorization: Bearer TOKEN`; at least 16 characters. Everyone on
    /// this machine can read a command line, so prefer the environment variable
    // Not checked by clap, which would print the value that it refuses.
    #[arg(long, env = "LEAKLAB_TOKEN", hide_env_values = true)]
    pub token: Option<Secret>,

    /// End when standard input is closed, for a parent that may die without notice
    #[arg(long)]
    pub exit_with_stdin: bool,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On this address.
    Address(SocketAddr),
    /// On the socket that its standard input is. Its parent has made it, so the server needs no network of its own.
    Stdin,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "stdin" {
            return Ok(Self::Stdin);
        }
        let address = text.parse().map(Self::Address);
        address.map_err(|_| {
            "give an IP address and a port, such as 127.0.0.1:3000, or stdin".to_owned()
        })
    }
}

/// What happens at the heap ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AtLimit {
    /// The server ends, with a last message.
    #[default]
    Exit,
    /// The labs' routes answer 503.
    Shed,
}

impl Options {
    /// Reads the command line and the environment, for the server `name` that listens on
    /// `default_listen` unless told. Ends the process on `--help` and wrong usage.
    pub fn parse_for(
        name: &'static str,
        about: &'static str,
        default_listen: &'static str,
    ) -> Self {
        let matches = Self::command()
            .name(name)
            .about(about)
            .mut_arg("listen", |listen| {
                listen.required(false).default_value(default_listen)
            })
            .get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Who may take and read snapshots, and read the metrics, of a server that listens on `address`.
    ///
    /// # Errors
    /// When the address can be reached from other machines and that was not asked for; when the token is too short.
    pub fn access(&self, address: SocketAddr) -> Result<Access, String> {
        if self.token.as_ref().is_some_and(|token| !is_good(token)) {
            return Err(
                "cannot use the token of --token or LEAKLAB_TOKEN: give one of at least 16 characters, all of them visible ASCII"
                    .to_owned(),
            );
        }
        match (&self.token, address.ip().is_loopback()) {
            (Some(token), is_loopback) if self.allow_remote || is_loopback => {
                Ok(Access::Token(token.clone()))
            }
            (None, true) => Ok(Access::Loopback),
            _ => Err(format!(
                "{address} can be reached from other machines, and a heap dump is not for strangers: listen on 127.0.0.1, or give --allow-remote and --token"
            )),
        }
    }
}

fn is_good(token: &Secret) -> bool {
    let token = token.expose();
    token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    fn options(args: &[&str]) -> Result<Options, clap::Error> {
        let args = ["server", "--listen", "127.0.0.1:0"].iter().chain(args);
        Options::try_parse_from(args)
    }

    #[test]
    fn a_foreign_address_needs_both_flags() {
        let token = "0123456789abcdef";
        let foreign = |args: &[&str]| {
            let options = options(args).unwrap();
            options.access("0.0.0.0:3000".parse().unwrap())
        };
        assert!(foreign(&[]).is_err());
        assert!(foreign(&["--token", token]).is_err());
        assert_eq!(
            foreign(&["--token", token, "--allow-remote"]),
            Ok(Access::Token(token.into()))
        );
        assert!(options(&["--allow-remote"]).is_err());
    }

    #[test]
    fn a_token_that_is_refused_is_not_printed_and_neither_is_one_that_is_not() {
        for bad in ["tiny", "                ", "s3cret s3cret s3cret"] {
            let error = options(&["--token", bad])
                .unwrap()
                .access(LOOPBACK)
                .unwrap_err();
            assert!(
                error.contains("at least 16") && !error.contains(bad),
                "{error}"
            );
        }
        let options = options(&["--token", "0123456789abcdef"]).unwrap();
        let (printed, access) = (format!("{options:?}"), options.access(LOOPBACK));
        assert!(
            printed.contains("***") && !printed.contains("0123456789"),
            "{printed}"
        );
        assert_eq!(format!("{access:?}"), "Ok(Token(***))");
    }

    #[test]
    fn a_loopback_address_needs_none() {
        let loopback = "[::1]:3000".parse().unwrap();
        assert_eq!(options(&[]).unwrap().access(loopback), Ok(Access::Loopback));
    }

    #[test]
    fn a_server_listens_on_an_address_or_on_its_standard_input() {
        let address = "127.0.0.1:0".parse().unwrap();
        assert_eq!("127.0.0.1:0".parse(), Ok(Listen::Address(address)));
        assert_eq!("stdin".parse(), Ok(Listen::Stdin));
        assert!("localhost".parse::<Listen>().is_err());
    }

    #[test]
    fn the_ceiling_is_a_gibibyte_unless_told() {
        assert_eq!(options(&[]).unwrap().max_heap, ByteSize::gib(1));
        assert_eq!(
            options(&["--max-heap", "0"]).unwrap().max_heap,
            ByteSize::b(0)
        );
    }

    #[test]
    fn everything_is_recorded_unless_told() {
        assert_eq!(options(&[]).unwrap().sample, ByteSize::b(0));
        let sampled = options(&["--sample", "512KiB"]).unwrap();
        assert_eq!(sampled.sample, ByteSize::kib(512));
        assert!(options(&["--sample", "often"]).is_err());
    }

    #[test]
    fn the_end_at_the_ceiling_is_to_exit_unless_told() {
        assert_eq!(options(&[]).unwrap().at_limit, AtLimit::Exit);
        let shed = options(&["--at-limit", "shed"]).unwrap();
        assert_eq!(shed.at_limit, AtLimit::Shed);
        assert!(options(&["--at-limit", "panic"]).is_err());
    }
}
