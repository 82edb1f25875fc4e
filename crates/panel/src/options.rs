//! The command line: what to watch, told apart by what it looks like.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use clap::Args;
use redact::Secret;

use crate::error::Error;
use crate::panel::Config;
use crate::remote::ServerConfig;

const EXAMPLES: &str = "\
Examples:
  panel http://127.0.0.1:3000 snapshots    watch a server, take snapshots of it, and list a folder
  panel http://127.0.0.1:3000 http://127.0.0.1:3001
                                           two servers, side by side in the tab Status
  panel before.json after.json --open      two files, in the browser
  panel                                    empty: drop files onto the page

A server with /metrics is asked for them once a second, for the tab Status, however many windows look.
The panel listens on loopback, and answers this machine's browser alone. New snapshots go to the first folder that is
given; without one to a private folder, which is removed at the end. What you delete goes to `.deleted` beside it.
Exit codes: 0 ended by Ctrl-C or SIGTERM, or with its terminal; 2 wrong usage, or it could not start or go on.";

/// What the panel can be told when it starts.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// A server with /heapdump and /metrics (http://HOST:PORT/), a folder of snapshots (*.json), or a snapshot
    #[arg(value_name = "URL|DIR|FILE")]
    pub watch: Vec<OsString>,

    /// Address and port to listen on: a loopback address; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,

    /// Secret of a server's /heapdump and /metrics; sent to that server alone. With several servers say whose: URL=TOKEN.
    /// Everyone on this machine can read a command line, so prefer the variable
    #[arg(
        long,
        value_name = "[URL=]TOKEN",
        env = "LEAKLAB_TOKEN",
        hide_env_values = true
    )]
    pub token: Vec<Secret>,

    /// Look for source files in this folder; may be given more than once [default: the current folder]
    #[arg(long, value_name = "DIR")]
    pub source_root: Vec<PathBuf>,

    /// End when standard input is closed, for a parent that may die without notice
    #[arg(long)]
    pub exit_with_stdin: bool,
}

impl Options {
    /// What to watch.
    ///
    /// # Errors
    /// Something that is neither a server's address nor a file or folder that is there; a token that is nobody's.
    pub fn config(&self) -> Result<Config, Error> {
        let mut config = Config {
            source_roots: self.source_root.clone(),
            ..Config::default()
        };
        if config.source_roots.is_empty() {
            config.source_roots.push(PathBuf::from("."));
        }
        for watched in &self.watch {
            match watched.to_str() {
                Some(url) if url.contains("://") => config.servers.push(ServerConfig::new(url)?),
                _ => {
                    let path = Path::new(watched);
                    if path.is_dir() {
                        config.folders.push(path.to_owned());
                    } else if path.is_file() {
                        config.files.push(path.to_owned());
                    } else {
                        return Err(Error::NoSuchPath(path.to_owned()));
                    }
                }
            }
        }
        for token in &self.token {
            hand_out(token.expose(), &mut config.servers)?;
        }
        Ok(config)
    }

    /// Where to listen.
    ///
    /// # Errors
    /// An address that others can reach, or that is taken.
    pub fn bind(&self) -> Result<TcpListener, Error> {
        let address = self.listen;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address.ip()));
        }
        TcpListener::bind(address).map_err(|error| Error::Listen { address, error })
    }
}

/// Gives a token to the server that it belongs to.
fn hand_out(token: &str, servers: &mut [ServerConfig]) -> Result<(), Error> {
    if let Some((url, token)) = token.split_once('=')
        && url.contains("://")
    {
        // The text of the error may hold part of a secret that has `://` and `=` in it.
        let of = ServerConfig::new(url).map_err(|_| {
            Error::Token("--token URL=TOKEN does not begin with a server's address: give one like http://127.0.0.1:3000/")
        })?;
        let server = servers.iter_mut().find(|server| server.url() == of.url());
        return match server {
            Some(server) => server.set_token(token),
            None => Err(Error::Token(
                "--token URL=TOKEN names a server that is not watched",
            )),
        };
    }
    match servers {
        // From the environment, perhaps, and meant for a server that is started from there.
        [] => Ok(()),
        [server] => server.set_token(token),
        _ => Err(Error::Token(
            "there are several servers: say whose token it is, with --token URL=TOKEN",
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn config(args: &[&str]) -> Result<Config, Error> {
        let args = ["panel"].iter().chain(args);
        Cli::try_parse_from(args).expect("usage").options.config()
    }

    #[test]
    fn what_is_watched_is_told_by_its_looks() {
        let config =
            config(&["http://127.0.0.1:3000", "src", "Cargo.toml"]).expect("all are there");
        assert_eq!(config.servers[0].url(), "http://127.0.0.1:3000/");
        assert_eq!(config.folders, [Path::new("src")]);
        assert_eq!(config.files, [Path::new("Cargo.toml")]);
        assert_eq!(config.source_roots, [Path::new(".")]);
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_to_give() {
        for (bad, says) in [
            ("nowhere", "there is no nowhere"),
            ("127.0.0.1:3000", "http://HOST:PORT/"),
            ("https://127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("http://user:hunter2@127.0.0.1:3000", "--token"),
            ("http://127.0.0.1:3000/?x", "query"),
        ] {
            let error = config(&[bad]).expect_err(bad).to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_token_goes_to_one_server_and_it_is_said_which() {
        let (a, b) = ("http://127.0.0.1:1/", "http://127.0.0.1:2/");
        let token = "0123456789abcdef=";
        let of = |args: &[&str]| {
            let config = config(args)?;
            Ok::<_, Error>(
                config
                    .servers
                    .iter()
                    .map(ServerConfig::has_token)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(of(&[a, "--token", token]).expect("one server"), [true]);
        let whose = format!("http://127.0.0.1:2={token}");
        assert_eq!(
            of(&[a, b, "--token", &whose]).expect("says whose"),
            [false, true]
        );
        assert!(of(&[a, b, "--token", token]).is_err());
        assert!(of(&[a, "--token", &whose]).is_err());
        assert!(of(&[a, "--token", "a\nb"]).is_err());
    }
}
