//! Whether a `Host` header names this machine. `README.md` beside this crate says what that is for.
#![forbid(unsafe_code)]

use std::net::{Ipv4Addr, Ipv6Addr};

/// The port in `host`, 80 if it has none, where `host` is `localhost` or a loopback address; `None` for every other machine
/// and for text before, between or after.
///
/// The parser of HTTP libraries lets `[::1]evil` pass, and one of URLs reads `0x7f.1` as 127.0.0.1.
pub fn loopback_port(host: &str) -> Option<u16> {
    let (is_loopback, port) = if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        // `Ipv6Addr` has no zone: `fe80::1%lo` is none.
        (
            address.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback()),
            port,
        )
    } else {
        let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
        let is_address = name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback());
        (is_address || name.eq_ignore_ascii_case("localhost"), port)
    };
    if !is_loopback {
        return None;
    }
    match port.strip_prefix(':') {
        // `u16` would take `+80`.
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        None if port.is_empty() => Some(80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::loopback_port;

    #[test]
    fn a_name_or_an_address_of_this_machine_has_a_port() {
        for (host, port) in [
            ("localhost", 80),
            ("LocalHost:3000", 3000),
            ("127.0.0.1:65535", 65535),
            ("127.1.2.3", 80),
            ("[::1]", 80),
            ("[::1]:3000", 3000),
            ("[0:0:0:0:0:0:0:1]:3000", 3000),
        ] {
            assert_eq!(loopback_port(host), Some(port), "{host}");
        }
    }

    #[test]
    fn whatever_is_not_exactly_that_is_another_machine() {
        for host in [
            "",
            ":",
            ":80",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.nip.io",
            "10.0.0.1:3000",
            "0.0.0.0",
            // brackets
            "[::1]evil",
            "[::1]evil:3000",
            "[::1].example.com",
            "[::1]]",
            "[[::1]]",
            "[::1",
            "::1]",
            "::1",
            "::1:3000",
            "[127.0.0.1]",
            "[localhost]",
            "[]",
            "x[::1]",
            "[::1][::1]",
            // addresses written otherwise
            "[::ffff:127.0.0.1]",
            "[::]",
            "127.1",
            "0x7f.0.0.1",
            "127.0.0.01",
            "2130706433",
            // zones
            "[::1%lo]",
            "[::1%251]:3000",
            "[fe80::1%lo]",
            // ports
            "localhost:",
            "[::1]:",
            "localhost:+80",
            "localhost:-1",
            "localhost:80x",
            "localhost:65536",
            "localhost:80:80",
            "localhost: 80",
            "127.0.0.1:80@example.com",
            // users
            "user@localhost",
            "user:pw@localhost:3000",
            "localhost@example.com",
            // dots, spaces, paths
            "localhost.",
            "127.0.0.1.",
            ".localhost",
            " localhost",
            "localhost ",
            "localhost/",
            "localhost/x:80",
            "localhost?x",
            "localhost#x",
            "localhost\\@example.com",
            "localhost,example.com",
            "ｌocalhost",
            "%6cocalhost",
        ] {
            assert_eq!(loopback_port(host), None, "{host}");
        }
    }
}
