use std::path::Path;

use super::notes;
use crate::catalog::Lab;
use crate::check::Status;
use crate::mutants::Mutant;
use crate::repo::Repo;
use crate::workbook::Workbook;

/// Files that hide a name, and the note that tells of it.
const HIDDEN: &[(&str, &str)] = &[
    (
        "use std as s;\nfn f() { s::fs::read(p); }",
        "uses `std::fs` (line 2, as `s::fs::read`)",
    ),
    (
        "use std::{self as s, fmt};\nfn f() { s::fs::read(p); }",
        "uses `std::fs` (line 2, as `s::fs::read`)",
    ),
    (
        "extern crate std as s;\nfn f() { s::fs::read(p); }",
        "uses `std::fs` (line 2, as `s::fs::read`)",
    ),
    (
        "extern crate core as s;\nfn f() { s::arch::nop(); }",
        "uses `std::arch` (line 2, as `s::arch::nop`)",
    ),
    (
        "use std::{fmt, fs as f};\nfn f() { f::read(p); }",
        "uses `std::fs` (lines 1, 2, as `f::read`)",
    ),
    (
        "use std::{sync::{Arc, Mutex}, fs::*};",
        "uses `std::fs` (line 1)",
    ),
    (
        "use std::{\n    sync::Arc,\n    fs::{self, File},\n};",
        "uses `std::fs` (line 3)",
    ),
    (
        "mod m {\n    pub(super) use std as s;\n}\nfn f() { m::s::fs::read(p); }",
        "uses `std::fs` (line 4, as `m::s::fs::read`)",
    ),
    (
        "mod m { pub use std as s; }\nuse m::s as t;\nfn f() { t::fs::read(p); }",
        "uses `std::fs` (line 3, as `t::fs::read`)",
    ),
    (
        "use std as a; use a as b; use b as c;\nfn f() { c::fs::read(p); }",
        "uses `std::fs` (line 2, as `c::fs::read`)",
    ),
    (
        "mod m { use super::s::fs; }\nuse std as s;",
        "uses `std::fs` (line 1, as `super::s::fs`)",
    ),
    ("use std::*;", "uses `std::*` (line 1)"),
    ("fn f() { ::std::fs::read(p); }", "uses std::fs"),
    ("fn f() { return ::std::fs::read(p); }", "uses std::fs"),
    (
        "fn f() { r#std::r#fs::read(p); }",
        "uses `std::fs` (line 1)",
    ),
    (
        "fn f() { std /* so */ :: fs::read(p); }",
        "uses `std::fs` (line 1)",
    ),
    (
        "fn f() { format!(\"{:?}\", s::fs::read(p)); }\nuse std as s;",
        "uses `std::fs` (line 1, as `s::fs::read`)",
    ),
    (
        "fn f() { vec![{ s::fs::read(p) }]; }\nuse std as s;",
        "uses `std::fs` (line 1, as `s::fs::read`)",
    ),
    (
        "macro_rules! m { ($x:ident) => { std::$x::read(p) } }",
        "uses `std::$x` (line 1)",
    ),
    (
        "type F = <s::fs::File as X>::Y;\nuse std as s;",
        "uses `std::fs` (line 1, as `s::fs::File`)",
    ),
    (
        "fn f(_: Vec<Option<s::fs::File>>) {}\nuse std as s;",
        "uses `std::fs` (line 1, as `s::fs::File`)",
    ),
    (
        "fn f() { for _ in 0..s::fs::read(p) {} }\nuse std as s;",
        "uses `std::fs` (line 1, as `s::fs::read`)",
    ),
    (
        "use tokio as t;\nfn f() { t::process::Command::new(p); }",
        "uses `tokio::process` (line 2, as `t::process::Command::new`)",
    ),
    (
        "use actix_web as a;\nfn f() { a::rt::net::TcpStream::connect(p); }",
        "uses `actix_web::rt::net` (line 2, as `a::rt::net::TcpStream::connect`)",
    ),
    (
        "use heapshot as h;\nfn f() { h::pause(); }",
        "uses `heapshot` (line 2, as `h::pause`)",
    ),
    (
        "fn f() { crate::lab2::routes(c); }",
        "uses `crate::lab2` (line 1)",
    ),
    (
        "use super::lab2;",
        "uses `crate::lab2` (line 1, as `super::lab2`)",
    ),
    (
        "extern crate proc_macro as p;",
        "uses `proc_macro` (line 1)",
    ),
];

/// The notes on a file of just these lines.
fn on(source: &str) -> Vec<String> {
    notes(source, "")
}

#[test]
fn a_name_is_resolved_however_it_is_hidden() {
    for (source, note) in HIDDEN {
        let notes = on(source);
        assert!(
            notes.iter().any(|said| said == note),
            "{source}\n{notes:#?}"
        );
    }
}

#[test]
fn names_that_stand_in_a_circle_are_told_and_end() {
    let circle = on("use a::b as c; use c as a; use a as b;\nfn f() { a::x(); }");
    assert!(!circle.is_empty());
    let deep = format!("use std::{};", "a::{".repeat(50_000) + &"}".repeat(50_000));
    assert!(on(&deep)[0].contains("nest too deep"), "{:?}", on(&deep));
    let path = format!("fn f() {{ {}b; }}", "a::".repeat(80_000));
    assert!(
        on(&path).iter().any(|note| note.contains("too many")),
        "{:?}",
        on(&path)
    );
}

#[test]
fn a_file_chooses_neither_how_many_notes_there_are_nor_how_long_they_are() {
    let many: Vec<_> = (0..1_000).map(|n| format!("use std::fs{n};")).collect();
    let notes = on(&many.concat());
    assert_eq!(notes.len(), 25);
    assert_eq!(notes[24], "… and 976 more notes");
    let buried = on(&(many.concat() + "fn f() { std::fs::read(std::process::id()); }"));
    assert_eq!(buried[..2], ["uses std::process", "uses std::fs"]);
    let long = on(&format!("use std::{};", "a".repeat(200_000)));
    assert!(long[0].chars().count() < 200, "{}", long[0].len());
}

#[test]
fn what_a_handler_has_no_need_of_is_told_with_its_line() {
    for (source, note) in [
        (
            "\nconst X: &str = include_str!(p);",
            "uses `include_str!` (line 2)",
        ),
        (
            "macro_rules! include_str { () => {} }\nconst X: &str = include_str!(p);",
            "uses `include_str!` (line 2)",
        ),
        (
            "use std::include_bytes as vec;",
            "uses `std::include_bytes` (line 1)",
        ),
        ("const X: &str = env!(\"HOME\");", "uses `env!` (line 1)"),
        ("fn f() { asm!(\"nop\"); }", "uses `asm!` (line 1)"),
        ("fn f() { std::process::exit(0); }", "uses std::process"),
        (
            "fn f() { std::panic::set_hook(x); }",
            "uses `std::panic` (line 1)",
        ),
        (
            "#[global_allocator]\nstatic A: B = B;",
            "has the attribute `global_allocator` (line 1)",
        ),
        (
            "#[unsafe(no_mangle)]\nfn f() {}",
            "has the attribute `unsafe` (line 1)",
        ),
        (
            "#[link_section = \".x\"]\nstatic A: u8 = 0;",
            "has the attribute `link_section` (line 1)",
        ),
        (
            "#[path = \"x.rs\"]\nmod x;",
            "has the attribute `path` (line 1)",
        ),
        ("mod x;", "has a module in another file (line 1)"),
        (
            "#[cfg(not(test))]\nfn f() {}",
            "has the attribute `cfg` (line 1)",
        ),
        ("extern \"C\" { fn f(); }", "has `extern` (line 1)"),
        (
            "macro_rules! m { () => {} }",
            "defines the macro `m`, which may build names (line 1)",
        ),
        (
            "use actix_web::{App, HttpServer};",
            "uses `actix_web::HttpServer` (line 1)",
        ),
        (
            "use actix_web::middleware::from_fn;",
            "uses `actix_web::middleware` (line 1)",
        ),
        (
            "fn f() { web::post(); }\nuse actix_web::web;",
            "uses `actix_web::web::post` (line 1, as `web::post`)",
        ),
    ] {
        let notes = on(source);
        assert!(
            notes.iter().any(|said| said == note),
            "{source}\n{notes:#?}"
        );
    }
}

#[test]
fn the_shapes_of_forged_lifetimes_are_told() {
    let forged = "
        static UNIT: &'static &'static () = &&();
        fn translate<'a, 'b, T: ?Sized>(_: &'a &'b (), it: &'b T) -> &'a T { it }
        fn forge<'a, 'b, T>(it: &'a T) -> &'b T {
            let f: for<'x> fn(_, &'x T) -> &'b T = translate;
            f(UNIT, it)
        }
        fn transmuted() {}";
    let notes = on(forged).join("\n");
    for note in [
        "has a reference to a reference, with a lifetime (lines 2, 3)",
        "has several lifetimes at once (lines 3, 4)",
        "has a type of any lifetime, `for<…>` (line 5)",
        "has a function pointer that takes a reference (line 5)",
        "has a type of unknown size, `?Sized` (line 3)",
        "has the name `transmuted` (line 8)",
    ] {
        assert!(notes.contains(note), "no {note:?} in\n{notes}");
    }
}

#[test]
fn honest_fixes_of_other_kinds_have_no_notes() {
    assert_eq!(
        on("//! Mentions std::fs and std::process, and `use std as s`.
            use std::{cell::RefCell, collections::{BTreeMap, VecDeque}, sync::{Arc, LazyLock, Mutex, Weak}};
            use std::sync::atomic::{AtomicU64, Ordering::*};
            use std as s;
            use actix_web::{HttpResponse, web::{self, Json, Query, ServiceConfig}};
            use lru::LruCache;
            use payload::*;
            use tokio::{sync::{Semaphore, watch}, time::timeout};
            thread_local! { static LIST: RefCell<Vec<s::rc::Rc<str>>> = const { RefCell::new(Vec::new()) }; }
            #[derive(Clone, Debug, Default)]
            enum Kind { #[default] One, Two }
            mod inner { use super::*; use super::Kind::{One, Two}; pub(super) fn f<'a>(it: &'a str) -> &'a str { it } }
            /// std::net is not used.
            async fn handler(Query(it): Query<Search>) -> HttpResponse {
                let text = \"std::fs::read, include_str!(x)\";
                let f = self::inner::f;
                if !(it.q != text) { println!(\"{}\", u64::MAX); }
                tokio::select! { _ = x => {}, _ = timeout(y, z) => {} }
                let _ = std::thread::spawn(move || Arc::new(Mutex::new(Vec::<u8>::with_capacity(9))));
                HttpResponse::Ok().finish()
            }
            #[cfg(test)]
            mod tests { use super::*; #[test] fn t() { assert!(matches!(Kind::One, Kind::One)); } }"),
        [] as [String; 0]
    );
}

#[test]
fn no_shipped_file_and_no_right_mutant_has_a_note() {
    let repo = Repo::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for lab in Lab::all(&repo).unwrap() {
        let book = Workbook::new(&repo, &lab);
        let starter = book.starter().unwrap();
        assert_eq!(
            notes(&starter, ""),
            notes(&starter, &starter),
            "lab {}",
            lab.number
        );
        let mutants = Mutant::all(&repo, &lab).unwrap();
        let right = mutants
            .iter()
            .filter(|mutant| mutant.becomes == Status::Fixed);
        let files = right.map(|mutant| (mutant.name.clone(), mutant.content(&book).unwrap()));
        let shipped = ("shipped".to_owned(), book.reference().unwrap());
        for (name, content) in files.chain([shipped]) {
            assert_eq!(
                notes(&content, &starter),
                [] as [String; 0],
                "lab {}: {name}",
                lab.number
            );
        }
    }
}
