//! The student at the terminal: what they type, line by line, without keeping the lab from noticing
//! that they saved their file.

use std::io::{self, BufRead, Write};
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The lines of standard input.
pub(crate) struct Student {
    lines: UnboundedReceiver<String>,
}

impl Student {
    /// Starts to read, on a thread that ends with the process.
    pub(crate) fn listen() -> Self {
        let (sender, lines) = unbounded_channel();
        thread::spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { lines }
    }

    /// The next line, without the space around it; `None` when the student has closed the input.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.lines.recv().await.map(|line| line.trim().to_owned())
    }

    /// Asks, and waits for a line.
    pub(crate) async fn ask(&mut self, prompt: &str) -> Option<String> {
        show_prompt(prompt);
        self.line().await
    }
}

/// Shows a prompt; the answer is typed behind it.
pub(crate) fn show_prompt(prompt: &str) {
    let mut out = anstream::stdout().lock();
    // A terminal that went away ends the input, too.
    let _ = write!(out, "{prompt} ");
    let _ = out.flush();
}
