//! A student at a terminal: a real one (a pseudo-terminal), so that the lab asks its questions.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};

/// Longer than a cold build of a server takes.
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) struct Student {
    process: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    read_until: usize,
}

impl Student {
    /// Starts a command at a terminal of 120 columns.
    pub(crate) fn sit_down(mut command: Command) -> Self {
        let size = Winsize {
            ws_row: 40,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).unwrap();
        let process = command
            .stdin(pty.slave.try_clone().unwrap())
            .stdout(pty.slave.try_clone().unwrap())
            .stderr(pty.slave)
            .env("NO_COLOR", "1")
            .spawn()
            .unwrap();
        drop(command); // and with it its copies of the terminal, whose end would not be seen otherwise
        let keyboard = File::from(pty.master);
        let mut display = keyboard.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = display.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..n]).replace('\r', "");
                shown.lock().unwrap().push_str(&text);
            }
        });
        Self {
            process,
            keyboard,
            screen,
            read_until: 0,
        }
    }

    /// Waits until the text appears, behind what was waited for before.
    pub(crate) fn sees(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen.lock().unwrap().clone();
            if let Some(at) = screen[self.read_until..].find(text) {
                self.read_until += at + text.len();
                return;
            }
            assert!(
                Instant::now() < deadline && self.process.try_wait().unwrap().is_none(),
                "{text:?} did not appear:\n{}",
                &screen[self.read_until..]
            );
            thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Waits until the text appears, and returns the rest of its line.
    pub(crate) fn reads(&mut self, text: &str) -> String {
        self.sees(text);
        let begin = self.read_until;
        self.sees("\n");
        let screen = self.screen.lock().unwrap();
        screen[begin..self.read_until].trim().to_owned()
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.keyboard
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// The exit code, once the program has ended.
    pub(crate) fn leaves(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Student {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
