//! A student at a terminal: a real one (a pseudo-terminal), so that the lab asks its questions.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

/// Longer than a cold build of a server takes.
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) struct Student {
    process: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    read_until: usize,
    /// The terminal's settings when the student sat down.
    before: Termios,
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
        let before = tcgetattr(&pty.slave).unwrap();
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
            before,
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

    /// Presses keys.
    pub(crate) fn presses(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the terminal another size.
    pub(crate) fn resizes(&mut self, columns: u16, rows: u16) {
        let size = rustix::termios::Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(&self.keyboard, size).unwrap();
        // It is not the program's controlling terminal, whose system would tell it.
        self.is_told(Signal::SIGWINCH);
    }

    /// Sends the program a signal.
    pub(crate) fn is_told(&mut self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// The terminal's settings, now and before.
    pub(crate) fn settings(&self) -> [Termios; 2] {
        [tcgetattr(&self.keyboard).unwrap(), self.before.clone()]
    }

    /// All that was on the screen.
    pub(crate) fn has_seen(&self) -> String {
        self.screen.lock().unwrap().clone()
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
