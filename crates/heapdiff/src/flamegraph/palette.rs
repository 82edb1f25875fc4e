//! Colours: warm what grew, cool what shrank, green what is held; strong the user's own code, pale the rest.

use inferno::flamegraph::color::{Color, PaletteMap};

/// What a frame stands for, and so its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    Held,
    Grew,
    Shrank,
}

impl Tint {
    /// The frame's name with a mark that tells frames of one name but different colours apart. inferno knows
    /// these marks as annotations and does not show them.
    pub(super) fn mark(self, name: &str, in_app: bool) -> String {
        let mark = match (self, in_app) {
            (Self::Held | Self::Grew, true) => 'j',
            (Self::Held | Self::Grew, false) => 'k',
            (Self::Shrank, true) => 'i',
            (Self::Shrank, false) => 'w',
        };
        format!("{name}_[{mark}]")
    }

    fn color(self, in_app: bool) -> (u8, u8, u8) {
        match (self, in_app) {
            (Self::Held, true) => (96, 196, 122),
            (Self::Held, false) => (214, 236, 220),
            (Self::Grew, true) => (250, 124, 72),
            (Self::Grew, false) => (253, 224, 204),
            (Self::Shrank, true) => (104, 166, 242),
            (Self::Shrank, false) => (210, 228, 250),
        }
    }

    /// Gives a marked name its colour, a shade of its own.
    pub(super) fn paint(self, in_app: bool, marked: &str, palette: &mut PaletteMap) {
        let (r, g, b) = self.color(in_app);
        let shade = shade(marked);
        let darker = |part: u8| part.saturating_sub(shade);
        palette.insert(marked, Color::new(darker(r), darker(g), darker(b)));
    }
}

/// What is neither: the whole.
pub(super) const ALL: Color = Color {
    r: 228,
    g: 228,
    b: 228,
};

/// 0 to 7, the same for the same name wherever and whenever (FNV-1a).
fn shade(name: &str) -> u8 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 61) as u8
}
