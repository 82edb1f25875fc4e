//! Colours: growth is red, shrinking green, what matters less is dim. Only ever used if the screen wants colour.

use anstyle::{AnsiColor, Style};

/// How to paint a text.
pub(super) type Paint = Style;

pub(super) const PLAIN: Paint = Style::new();
pub(super) const BOLD: Paint = Style::new().bold();
pub(super) const DIM: Paint = Style::new().dimmed();
pub(super) const WARNING: Paint = AnsiColor::Yellow.on_default().bold();
pub(super) const GROWTH: Paint = AnsiColor::Red.on_default();
pub(super) const SHRINKING: Paint = AnsiColor::Green.on_default();

/// The paint of a difference.
pub(super) fn of_delta(delta: i64) -> Paint {
    match delta {
        ..0 => SHRINKING,
        0 => DIM,
        1.. => GROWTH,
    }
}

/// The paint of an amount: nothing is dim.
pub(super) fn of_amount(amount: u64) -> Paint {
    if amount == 0 { DIM } else { PLAIN }
}
