//! The terminal as a screen: taken over, drawn upon without flicker, asked for keys, and given back as it was, however
//! the lab ends.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Result};
use console::Term;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use nix::sys::signal::{Signal, raise};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::render::Size;
use super::text::width;

/// Whether the terminal is a screen now; it is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that is a screen until this is dropped.
pub(super) struct Terminal {
    keys: UnboundedReceiver<Key>,
    plain: bool,
    /// What is on the screen, line by line.
    drawn: Vec<String>,
    size: Size,
}

/// What the student does at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Enter,
    Hint,
    Report,
    Quit,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Other,
    /// The terminal has another size now.
    Resized,
    /// There is nobody at the terminal any more.
    Gone,
}

/// Whether there is a terminal to take, and one that can be a screen.
pub(super) fn is_there() -> bool {
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}

impl Terminal {
    pub(super) fn take() -> Result<Self> {
        restore_before_panics();
        TAKEN.store(true, Ordering::SeqCst);
        let take = || -> io::Result<Size> {
            terminal::enable_raw_mode()?;
            execute!(io::stdout(), EnterAlternateScreen, DisableLineWrap, Hide)?;
            size().ok_or_else(|| io::Error::other("it does not tell its size"))
        };
        let size = take()
            .inspect_err(|_| give_back())
            .context("this terminal cannot be a screen; `cargo lab watch N | cat` does without")?;
        Ok(Self {
            keys: listen(),
            plain: AutoStream::choice(&io::stdout()) == ColorChoice::Never,
            drawn: Vec::new(),
            size,
        })
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// What is done next. May be dropped and called again.
    pub(super) async fn key(&mut self) -> Key {
        let key = self.keys.recv().await.unwrap_or(Key::Gone);
        if key == Key::Resized {
            self.size = size().unwrap_or(self.size);
            self.drawn.clear();
        }
        key
    }

    /// Shows these lines; what is there already is left alone.
    pub(super) fn draw(&mut self, lines: Vec<String>) -> io::Result<()> {
        let lines: Vec<String> = if self.plain {
            let plain = |line: String| anstream::adapter::strip_str(&line).to_string();
            lines.into_iter().map(plain).collect()
        } else {
            lines
        };
        if lines == self.drawn {
            return Ok(());
        }
        let mut out = Vec::new();
        queue!(out, BeginSynchronizedUpdate)?;
        if self.drawn.len() != lines.len() {
            self.drawn.clear();
            queue!(out, Clear(ClearType::All))?;
        }
        for (row, line) in lines.iter().enumerate() {
            if self.drawn.get(row) != Some(line) {
                queue!(out, MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX)))?;
                out.extend_from_slice(line.as_bytes());
                // At the end of a full row the cursor still stands on its last column.
                if width(line) < self.size.columns {
                    queue!(out, Clear(ClearType::UntilNewLine))?;
                }
            }
        }
        queue!(out, EndSynchronizedUpdate)?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()?;
        self.drawn = lines;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Of what is drawn upon, which need not be the terminal that the lab was started from.
fn size() -> Option<Size> {
    let (rows, columns) = Term::stdout().size_checked()?;
    Some(Size {
        columns: columns.into(),
        rows: rows.into(),
    })
}

/// Makes the terminal what it was. It may have gone away; then there is nothing to do.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = terminal::disable_raw_mode();
        let _ = execute!(io::stdout(), Show, EnableLineWrap, LeaveAlternateScreen);
    }
}

/// A panic of the thread that draws says what it has to say on the terminal as it was. Other threads' go on as ever.
fn restore_before_panics() {
    static ONCE: Once = Once::new();
    let owner: ThreadId = thread::current().id();
    ONCE.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == owner {
                give_back();
            }
            earlier(panic);
        }));
    });
}

/// Reads keys, on a thread that ends with the process. Ctrl-C is what it is without a screen: an interrupt.
fn listen() -> UnboundedReceiver<Key> {
    let (sender, keys) = unbounded_channel();
    thread::spawn(move || {
        loop {
            let key = match event::read() {
                Ok(Event::Key(key)) if key.kind == KeyEventKind::Release => continue,
                Ok(Event::Key(key)) if is_interrupt(key) => {
                    let _ = raise(Signal::SIGINT);
                    continue;
                }
                Ok(Event::Key(key)) => meaning(key.code),
                Ok(Event::Resize(..)) => Key::Resized,
                Ok(_) => continue,
                Err(_) => Key::Gone,
            };
            if sender.send(key).is_err() || key == Key::Gone {
                return;
            }
        }
    });
    keys
}

fn is_interrupt(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

fn meaning(code: KeyCode) -> Key {
    match code {
        KeyCode::Enter => Key::Enter,
        KeyCode::Char('h') => Key::Hint,
        KeyCode::Char('r') => Key::Report,
        KeyCode::Char('q') => Key::Quit,
        KeyCode::Up | KeyCode::Char('k') => Key::Up,
        KeyCode::Down | KeyCode::Char('j') => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown | KeyCode::Char(' ') => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => Key::Other,
    }
}
