//! As much of protobuf's encoding as a pprof profile needs: integers, strings, messages, packed integers.
//!
//! The format is <https://protobuf.dev/programming-guides/encoding/>. As in proto3 a zero that stands by itself
//! is not written.

/// A message being written.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn uint(&mut self, field: u32, value: u64) -> &mut Self {
        if value != 0 {
            self.key(field, VARINT);
            varint(&mut self.0, value);
        }
        self
    }

    /// An `int64`: negative ones as ten bytes of two's complement.
    pub(super) fn int(&mut self, field: u32, value: i64) -> &mut Self {
        self.uint(field, value.cast_unsigned())
    }

    pub(super) fn bool(&mut self, field: u32, value: bool) -> &mut Self {
        self.uint(field, u64::from(value))
    }

    /// Written even if it is empty, for it may be one of a list.
    pub(super) fn string(&mut self, field: u32, value: &str) -> &mut Self {
        self.bytes(field, value.as_bytes())
    }

    pub(super) fn message(&mut self, field: u32, value: &Self) -> &mut Self {
        self.bytes(field, &value.0)
    }

    /// A list of integers, with its zeros.
    pub(super) fn packed(
        &mut self,
        field: u32,
        values: impl IntoIterator<Item = u64>,
    ) -> &mut Self {
        let mut packed = Vec::new();
        for value in values {
            varint(&mut packed, value);
        }
        if !packed.is_empty() {
            self.bytes(field, &packed);
        }
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> &mut Self {
        self.key(field, LENGTH_DELIMITED);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn key(&mut self, field: u32, wire_type: u64) {
        varint(&mut self.0, u64::from(field) << 3 | wire_type);
    }
}

const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let seven = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return out.push(seven);
        }
        out.push(seven | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_come_out() {
        let mut inner = Message::default();
        inner.uint(1, 150);
        assert_eq!(inner.as_bytes(), [0x08, 0x96, 0x01]);
        let mut outer = Message::default();
        outer.message(3, &inner).string(2, "testing");
        assert_eq!(
            outer.as_bytes(),
            b"\x1a\x03\x08\x96\x01\x12\x07testing".as_slice()
        );
        let mut packed = Message::default();
        packed.packed(6, [3, 270, 86942]);
        assert_eq!(
            packed.as_bytes(),
            [0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]
        );
    }

    #[test]
    fn zeros_are_left_out_but_not_of_lists() {
        let mut message = Message::default();
        message.uint(1, 0).int(2, 0).bool(3, false).packed(4, []);
        assert_eq!(message.as_bytes(), b"");
        message.packed(4, [0]).string(5, "");
        assert_eq!(message.as_bytes(), [0x22, 1, 0, 0x2a, 0]);
    }
}
