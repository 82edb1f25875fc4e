//! The documentation shows what its records say.

use bench::{Workspace, publish};

#[test]
fn no_table_in_the_documentation_was_typed() {
    let workspace = Workspace::at(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for (path, text) in publish::texts(&workspace).unwrap() {
        let shown = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            shown,
            text,
            "{} is not what `cargo run --release --bin bench -- publish` makes of docs/benchmarks",
            path.display()
        );
    }
}
