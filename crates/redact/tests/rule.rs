//! The rule of the README, form by form.

use redact::{MASK, arguments, command_line};

/// Masks, and masks again, which changes nothing.
#[track_caller]
fn shows(forms: &[(&str, &str)]) {
    for (text, shown) in forms {
        assert_eq!(command_line(text), *shown, "{text}");
        assert!(!command_line(text).contains("s3cret"), "{text}");
        assert_eq!(command_line(shown), *shown, "again: {text}");
    }
}

#[test]
fn the_value_of_an_option_with_a_secret_name_is_masked() {
    shows(&[
        (
            "./shop --token s3cret --port 80 serve",
            "./shop --token *** --port 80 serve",
        ),
        ("./shop --token=s3cret serve", "./shop --token=*** serve"),
        ("shop -token s3cret -port 80", "shop -token *** -port 80"),
        (
            "shop --db-password s3cret --v",
            "shop --db-password *** --v",
        ),
        ("shop --githubToken s3cret x", "shop --githubToken *** x"),
        (
            "shop --api-key=s3cret --secret s3cret",
            "shop --api-key=*** --secret ***",
        ),
        (
            "shop --dsn s3cret --auth s3cret",
            "shop --dsn *** --auth ***",
        ),
        (
            "shop --cookie a=s3cret; b=s3cret --port 1",
            "shop --cookie *** --port 1",
        ),
        (
            "shop --auth --password s3cret",
            "shop --auth --password ***",
        ),
        ("shop --auth -password s3cret", "shop --auth -password ***"),
        (
            "shop --token -S3cret_x --port 1",
            "shop --token *** --port 1",
        ),
        (
            "shop --token \"two words s3cret\" serve",
            "shop --token \"***\" serve",
        ),
        ("shop --token 's3cret", "shop --token '***"),
        (
            "shop --password s3cret of two --port 1",
            "shop --password *** --port 1",
        ),
        ("shop --auth Bearer s3cret serve", "shop --auth *** serve"),
        ("shop --bearer s3cret", "shop --bearer ***"),
        ("shop /password:s3cret", "shop /password:***"),
    ]);
}

#[test]
fn what_is_assigned_to_a_secret_name_is_masked() {
    shows(&[
        ("LEAKLAB_TOKEN=s3cret shop", "LEAKLAB_TOKEN=*** shop"),
        (
            "shop -e DB_PASSWORD=s3cret -p 1",
            "shop -e DB_PASSWORD=*** -p 1",
        ),
        ("shop --env=API_KEY=s3cret x", "shop --env=API_KEY=*** x"),
        (
            "java -Ddb.password=s3cret -jar x",
            "java -Ddb.password=*** -jar x",
        ),
        (
            "host=db password=s3cret words port=5",
            "host=db password=*** port=5",
        ),
        (
            "Server=a;Password=s3,cret;Database=b",
            "Server=a;Password=***;Database=b",
        ),
        ("x --opt a,token=s3cret,b=2", "x --opt a,token=***,b=2"),
        ("password = s3cret", "password = ***"),
        ("--token= serve", "--token= serve"),
    ]);
}

#[test]
fn a_header_with_a_secret_name_is_masked_to_its_end() {
    shows(&[
        (
            "curl -H Authorization: Bearer s3cret --next x",
            "curl -H Authorization: *** --next x",
        ),
        (
            "curl -H \"Authorization: Bearer s3cret\" http://h/",
            "curl -H \"Authorization: ***\" http://h/",
        ),
        (
            "curl -H 'Cookie: a=1; s3cret' -v",
            "curl -H 'Cookie: ***' -v",
        ),
        (
            "curl -H X-Api-Key: s3cret http://h/",
            "curl -H X-Api-Key: *** http://h/",
        ),
        (
            "curl -H Proxy-Authorization:Basic s3cret x",
            "curl -H Proxy-Authorization:*** x",
        ),
        (
            "curl -H Authorization: Digest username=\"s3cret\", s3cret -v",
            "curl -H Authorization: *** -v",
        ),
        ("curl -H X: Bearer s3cret y", "curl -H X: Bearer *** y"),
    ]);
}

#[test]
fn a_url_is_shown_without_its_user_and_its_secret_parameters() {
    shows(&[
        (
            "x postgres://user:s3cret@host:5432/db y",
            "x postgres://***@host:5432/db y",
        ),
        ("x https://s3cret@host/p", "x https://***@host/p"),
        ("x mysql://u:s3c/r#e?t@h/d", "x mysql://***@h/d"),
        ("x mysql://u:s3c'r@et@h/d", "x mysql://***@h/d"),
        (
            "x http://a:s3cret@h1,http://b:s3cret@h2",
            "x http://***@h1,http://***@h2",
        ),
        (
            "x https://h/@scope/p http://[::1]:80/@p",
            "x https://h/@scope/p http://[::1]:80/@p",
        ),
        (
            "x http://h/?token=s3cret&a=1&sig=s3cret",
            "x http://h/?token=***&a=1&sig=***",
        ),
        (
            "x http://h/?a=1&X-Amz-Signature=s3cret#top",
            "x http://h/?a=1&X-Amz-Signature=***",
        ),
        (
            "x ?to=http%3A%2F%2Fh%3Fsig%3Ds3cret y",
            "x ?to=http%3A%2F%2Fh%3Fsig%3D*** y",
        ),
        ("x user:s3cret@tcp(db:1)/d", "x ***@tcp(db:1)/d"),
        ("curl -u ann:s3cret h", "curl -u ann:*** h"),
        ("curl --user=ann:s3cret h", "curl --user=ann:*** h"),
    ]);
}

#[test]
fn a_secret_within_data_is_masked() {
    shows(&[
        (
            "x {\"password\":\"s3\\\"cret\",\"a\":1}",
            "x {\"password\":\"***\",\"a\":1}",
        ),
        (
            "x {\\\"token\\\": \\\"s3cret\\\"}",
            "x {\\\"token\\\": \\\"***\\\"}",
        ),
        ("x user[password]=s3cret&b=2", "x user[password]=***&b=2"),
        (
            "sh -c \"curl -H 'Authorization: Bearer s3cret' http://h\" --port 1",
            "sh -c \"curl -H 'Authorization: ***' http://h\" --port 1",
        ),
    ]);
}

#[test]
fn what_is_no_secret_stays_readable() {
    for text in [
        "./leaky-server --listen 127.0.0.1:3000 --snapshots /tmp/s --workers 4",
        "x --tokens-per-second 5 --max-tokens=4096 --auth-timeout 60s",
        "x --tokenizer gpt2 --no-auth on --public-key k",
        "RUST_LOG=auth::jwt x git@github.com:org/repo.git",
        "x --author me --sort-key name http://127.0.0.1:3000/ C:\\x",
        "x --token --port 80",
        "x --token",
        "x --token=",
        "",
        " \t ",
        "-- - = : @ :// \" '",
    ] {
        assert_eq!(command_line(text), text);
    }
}

#[test]
fn an_argument_is_a_value_as_a_whole() {
    for (list, shown) in [
        (
            &["shop", "--password", "two words s3cret", "serve"][..],
            "shop --password *** serve",
        ),
        (
            &["shop", "--token", "s3cret", "serve"],
            "shop --token *** serve",
        ),
        (
            &["shop", "--token", "--port", "80"],
            "shop --token --port 80",
        ),
        (&["shop", "--token", "-S3cret9"], "shop --token ***"),
        (&["shop", "--password=a b&c=s3cret"], "shop --password=***"),
        (
            &["shop", "--auth", "Bearer", "s3cret", "x"],
            "shop --auth *** *** x",
        ),
        (
            &["curl", "-H", "Authorization: Bearer s3cret", "h"],
            "curl -H Authorization: *** h",
        ),
        (
            &["curl", "--header=Cookie: a=1; b=s3cret", "h"],
            "curl --header=Cookie: *** h",
        ),
        (&["curl", "-u", "ann:s3 s3cret", "h"], "curl -u ann:*** h"),
        (&["curl", "-u", "ann", "h"], "curl -u ann h"),
        (&["x", "--max-tokens", "5", "y"], "x --max-tokens 5 y"),
        (
            &["sh", "-c", "PW=s3cret x --token s3cret y"],
            "sh -c PW=***",
        ),
        (&["sh", "-c", "x --token s3cret y"], "sh -c x --token *** y"),
        (
            &["x", "Server=a;Password=two s3cret;Database=b", "y"],
            "x Server=a;Password=***;Database=b y",
        ),
        (
            &["x", "http://h/?sig=s3cret&a=1", "y"],
            "x http://h/?sig=***&a=1 y",
        ),
        (&["x", "postgres://u:s3cret@h/d"], "x postgres://***@h/d"),
    ] {
        let text = arguments(list);
        assert_eq!(text, shown);
        assert!(!text.contains("s3cret"), "{text}");
        assert_eq!(
            command_line(&text),
            text,
            "heapdiff shows it as heapshot wrote it"
        );
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_utf_8_is_masked_or_shown_as_far_as_it_can_be() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let list = [
        &b"shop"[..],
        b"--dir",
        b"/\xff/x",
        b"--token",
        b"s3\xffcret",
        b"--pin=\xfe",
    ];
    let text = arguments(list.map(|argument| OsString::from_vec(argument.to_vec())));
    assert_eq!(text, "shop --dir /\u{fffd}/x --token *** --pin=***");
}

#[test]
fn a_long_hostile_text_takes_no_longer_than_its_length() {
    // 1 MB each; were one of them quadratic, the test would run for hours.
    for piece in [
        "a://",
        "a:a,",
        "max-token=1,",
        "token=",
        "--auth ",
        "password ",
        "\"token\":",
        "\\\"",
        "a@",
        "token:'",
        "@",
        " ",
        "x://a:b/@",
        "-u a:",
        "Bearer ",
        "a=b&",
        "tokenTOKEN",
        "%3Dsig",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        let once = command_line(&text).into_owned();
        assert!(once.len() <= text.len() * 2, "{piece}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn masking_again_changes_nothing(text in "([-a-z=:@/&;,\"' \\\\]|token|--auth|password|://|Bearer|\\*\\*\\*|s3cret|=|: ){0,24}") {
            let once = command_line(&text).into_owned();
            prop_assert_eq!(command_line(&once), once.as_str(), "{}", text);
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,60}") {
            let _ = command_line(&text);
            let _ = arguments(text.split(' '));
        }

        #[test]
        fn an_argument_may_be_anything(secret in "[A-Za-z0-9+/*\"']\\PC{7,20}") {
            for name in ["--token=", "X_TOKEN=", "Cookie: ", "-Dx.password="] {
                let shown = arguments(["x", &format!("{name}{secret}"), "y"]);
                prop_assert_eq!(shown, format!("x {name}*** y"));
            }
            prop_assert_eq!(arguments(["x", "--token", &secret, "y"]), "x --token *** y");
        }

        #[test]
        fn a_random_token_is_found_in_each_form(token in "[A-Za-z0-9+/_.~-]{15}[A-Z]", after in "( --port 80)?") {
            for form in ["--token T", "--token=T", "X_TOKEN=T", "http://h/?sig=T", "http://u:T@h", "-H Authorization: Bearer T", "'token': 'T'"] {
                // A value that looks like an option is one, in text.
                prop_assume!(!token.starts_with("--"));
                let text = format!("{}{after}", form.replace('T', &token).replace(&format!("{token}OKEN"), "TOKEN"));
                let shown = command_line(&text);
                prop_assert!(!shown.contains(&token), "{} became {}", text, shown);
                prop_assert!(shown.contains(MASK) && shown.ends_with(&after), "{}", shown);
            }
        }
    }
}
