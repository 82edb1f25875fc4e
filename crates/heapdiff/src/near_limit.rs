//! Why heapshot took a snapshot by itself: the heap came near its ceiling, or to it.

use std::fmt;

use serde_json::Value;

use crate::metadata::text;

/// What a snapshot says about the heap ceiling that it was taken for (metadata `near_limit`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearLimit {
    /// `near`, `shedding` or `end`.
    pub reason: String,
    /// Bytes allowed.
    pub ceiling_bytes: u64,
    /// Bytes in use, with what allocating and recording takes. At the end, with the block that was not granted.
    pub used_bytes: u64,
    /// At the end: size of the block that was not granted, in bytes.
    pub requested_bytes: Option<u64>,
    /// At the end: the line of the program that asked for it.
    pub requested_by: Option<String>,
}

impl NearLimit {
    /// `None` where it is missing or odd.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let bytes = |key: &str| value.get(key).and_then(Value::as_u64);
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(text);
        Some(Self {
            reason: text("reason")?,
            ceiling_bytes: bytes("ceiling_bytes")?,
            used_bytes: bytes("used_bytes")?,
            requested_bytes: bytes("requested_bytes"),
            requested_by: text("requested_by"),
        })
    }
}

/// In words, on one line.
impl fmt::Display for NearLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (used, allowed) = (mebibytes(self.used_bytes), mebibytes(self.ceiling_bytes));
        if let (Some(requested), "end") = (self.requested_bytes, self.reason.as_str()) {
            write!(
                f,
                "taken when the heap ceiling ended the process: {allowed} allowed; a block of {requested} bytes was not granted"
            )?;
            return match &self.requested_by {
                Some(line) => write!(f, "; asked for at {line}"),
                None => Ok(()),
            };
        }
        let place = if self.reason == "near" {
            "near"
        } else {
            "above"
        };
        write!(
            f,
            "taken {place} the heap ceiling: {used} in use, {allowed} allowed"
        )
    }
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::NearLimit;

    #[test]
    fn it_is_told_in_words() {
        let near = json!({"reason": "near", "ceiling_bytes": 64 << 20, "used_bytes": 58 << 20, "most_at": "main"});
        let end = json!({"reason": "end", "ceiling_bytes": 64 << 20, "used_bytes": 70 << 20, "requested_bytes": 12_582_912,
                         "requested_by": "shop::cart\u{1b} (src/cart.rs:1:2)"});
        let told = |value| NearLimit::of(&value).unwrap().to_string();
        assert_eq!(
            told(near),
            "taken near the heap ceiling: 58.0 MiB in use, 64.0 MiB allowed"
        );
        let end = told(end);
        assert!(end.contains("64.0 MiB allowed; a block of 12582912 bytes was not granted"));
        assert!(end.contains("asked for at shop::cart") && !end.contains('\u{1b}'));
    }

    #[test]
    fn what_is_odd_is_passed_over() {
        for odd in [
            json!(null),
            json!({}),
            json!({"reason": 3, "ceiling_bytes": -1}),
        ] {
            assert_eq!(NearLimit::of(&odd), None);
        }
    }
}
