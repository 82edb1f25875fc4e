//! A server that does next to nothing, so that whoever asks it is what is measured; or one whose latency is known.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What most requests wait for in a server of known latency.
pub(super) const USUAL: Duration = Duration::from_millis(5);

/// What one of [`ONE_IN`] waits for.
pub(super) const SLOW: Duration = Duration::from_millis(50);

/// More than one in a hundred, so that the 99th percentile is a slow one for whoever counts well.
pub(super) const ONE_IN: u64 = 50;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Longest request, in bytes.
const REQUEST: usize = 4096;

/// The server, in a process of its own; ends when its standard input closes.
#[derive(Args, Debug)]
pub struct Plain {
    /// Threads
    #[arg(long, default_value_t = 1)]
    workers: usize,

    /// Answer after a known time
    #[arg(long)]
    slow: bool,
}

impl Plain {
    /// Says where it listens, and answers.
    ///
    /// # Errors
    /// When there is no port or thread to be had.
    pub fn run(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.workers)
            .enable_all()
            .build()?;
        let slow = self.slow;
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .context("cannot listen")?;
        println!("http://{}", listener.local_addr()?);
        runtime.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, slow));
            }
        });
        let parent = thread::spawn(|| io::stdin().read_to_end(&mut Vec::new()));
        let _ = parent.join();
        runtime.shutdown_background();
        Ok(())
    }
}

/// One request after the other, without a body each; an error is a connection that has ended.
async fn serve(mut connection: TcpStream, slow: bool) -> io::Result<()> {
    static SERVED: AtomicU64 = AtomicU64::new(0);

    connection.set_nodelay(true)?;
    let (mut request, mut length) = ([0; REQUEST], 0);
    loop {
        let more = connection.read(&mut request[length..]).await?;
        if more == 0 {
            return Ok(());
        }
        length += more;
        if !request[..length].ends_with(b"\r\n\r\n") {
            continue;
        }
        length = 0;
        if slow {
            let number = SERVED.fetch_add(1, Ordering::Relaxed) + 1;
            let wait = if number.is_multiple_of(ONE_IN) {
                SLOW
            } else {
                USUAL
            };
            tokio::time::sleep(wait).await;
        }
        connection.write_all(ANSWER).await?;
    }
}
