//! Files that hide a leak or a tool: memory that is no heap, names that are aliases, a reference of a forged lifetime. What
//! keeps memory does not pass, the rest has notes; an honest fix that looks unusual has neither.

use serde_json::Value;

use crate::{Class, Desk, FILE, FIRST, edited};

/// Keeps 80 KB of each request in a static array of 320 MB.
const IN_A_STATIC: &str = "
static KEPT: [std::sync::atomic::AtomicU64; 40_000_000] =
    [const { std::sync::atomic::AtomicU64::new(0) }; 40_000_000];
static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

fn keep() {
    use std::sync::atomic::Ordering::Relaxed;
    let from = NEXT.fetch_add(10_000, Relaxed);
    for slot in 0..10_000 {
        KEPT[(from + slot) % KEPT.len()].store(1, Relaxed);
    }
    std::hint::black_box(&KEPT); // or the compiler takes out what nobody reads
}
";

/// Keeps 80 KB of each request on the stack of one thread, which calls itself.
const ON_A_STACK: &str = "
static DEEPER: std::sync::LazyLock<std::sync::mpsc::SyncSender<()>> = std::sync::LazyLock::new(|| {
    let (deeper, told) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().stack_size(1 << 29);
    thread.spawn(move || descend(&told)).expect(\"there is room\");
    deeper
});

fn descend(told: &std::sync::mpsc::Receiver<()>) {
    let kept = std::hint::black_box([1_u8; 80_000]);
    if told.recv().is_ok() {
        descend(told);
    }
    std::hint::black_box(&kept);
}

fn keep() {
    DEEPER.send(()).expect(\"the thread never ends\");
}
";

/// Keeps a thread of every sixteenth request asleep, with what it has on its stack.
const IN_THREADS: &str = "
static ASKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

fn keep() {
    if ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 16 == 0 {
        std::thread::spawn(|| {
            let kept = std::hint::black_box([1_u8; 1_280_000]);
            std::thread::park();
            std::hint::black_box(&kept);
        });
    }
}
";

/// The safe cast of a lifetime that the compiler lets pass, rust-lang/rust#25860.
const FORGED: &str = "
static UNIT: &'static &'static () = &&();

fn translate<'a, 'b, T: ?Sized>(_: &'a &'b (), it: &'b T) -> &'a T {
    it
}

fn forge<'a, 'b, T: ?Sized>(it: &'a T) -> &'b T {
    let forged: for<'x> fn(_, &'x T) -> &'b T = translate;
    forged(UNIT, it)
}

fn keep() {
    std::hint::black_box(forge::<u8>(&7));
}
";

/// An honest fix, in a way of its own.
const UNUSUAL: &str = "
thread_local! {
    static TABLE: std::cell::RefCell<std::collections::VecDeque<u64>> = const {
        std::cell::RefCell::new(std::collections::VecDeque::new())
    };
}

/// The latest sixteen requests, as a bounded list on each thread.
fn keep() {
    TABLE.with_borrow_mut(|table| {
        table.push_back(7);
        table.truncate(16);
    });
}
";

/// The shipped solution with `items` of its own, whose `keep` each request calls.
fn keeping(desk: &Desk, items: &str) -> String {
    let called = edited(&desk.solution(), FIRST, &format!("    keep();\n{FIRST}"));
    format!("{called}\n{items}")
}

fn notes(class: &Class, name: &str) -> Vec<String> {
    let grade = class.grade(name);
    let notes = grade["notes"].as_array().unwrap().iter();
    notes.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn what_is_kept_beside_the_heap_does_not_pass_and_what_is_hidden_is_told() {
    let Some(desk) = Desk::new() else {
        return;
    };
    for (name, items) in [
        ("in-a-static", IN_A_STATIC),
        ("on-a-stack", ON_A_STACK),
        ("in-threads", IN_THREADS),
        ("forges", FORGED),
        ("is-unusual", UNUSUAL),
    ] {
        desk.hands_in(name, FILE, &keeping(&desk, items));
    }
    desk.hands_in_at_start(
        "hides-its-files",
        "    use std as s;\n    let _ = s::fs::read(\"notes.txt\");",
    );
    desk.hands_in_at_start(
        "hides-a-route",
        "    config.route(concat!(\"/mo\", \"re\"), web::get().to(bloat_my_server));",
    );
    desk.hands_in(
        "nests",
        FILE,
        &format!(
            "{}\nconst DEEP: bool = {}true;\n",
            desk.solution(),
            "!".repeat(100_000)
        ),
    );

    let class = desk.grade_all(&["--jobs", "2"]);

    class.finds("in-a-static", "holding", "RSS grows by ");
    let reason = class.grade("in-a-static")["reason"].to_string();
    assert!(
        reason.contains("bytes with each request and the heap does not"),
        "{reason}"
    );
    let said = notes(&class, "in-a-static");
    assert!(
        said.iter()
            .any(|note| note.starts_with("the program has 320.0 MB of static data")),
        "{said:?}"
    );
    class.finds("on-a-stack", "holding", "RSS grows by ");
    // A thread has a few blocks of its own on the heap, so that the snapshots see it as well.
    let threads = class.grade("in-threads");
    assert!(
        ["leaking", "holding", "stopped"].contains(&threads["status"].as_str().unwrap()),
        "{threads:#}"
    );
    assert!(threads["points"].as_f64().unwrap() < 10.0, "{threads:#}");

    class.finds("forges", "passed", ""); // it compiles, so that the notes are all there is
    let forged = notes(&class, "forges").join("\n");
    for shape in [
        "has a reference to a reference, with a lifetime (lines",
        "has a function pointer that takes a reference (line",
        "has several lifetimes at once (line",
        "has a type of any lifetime, `for<…>` (line",
    ] {
        assert!(forged.contains(shape), "{forged}");
    }
    class.finds("hides-its-files", "passed", "");
    let said = notes(&class, "hides-its-files");
    assert!(said[0].starts_with("uses `std::fs` (line "), "{said:?}");
    assert!(said[0].ends_with(", as `s::fs::read`)"), "{said:?}");
    class.finds(
        "hides-a-route",
        "contract-broken",
        "registers a route with `route`",
    );
    assert_eq!(class.grade("nests")["points"], 0.0);

    class.finds("is-unusual", "passed", "");
    assert_eq!(notes(&class, "is-unusual"), [] as [String; 0]);
}
