# Conveniences over cargo; nothing needs them.

# the guided exercises
lab1:
    cargo lab 1

lab2:
    cargo lab 2

lab3:
    cargo lab 3

lab4:
    cargo lab 4

lab5:
    cargo lab 5

lab6:
    cargo lab 6

lab7:
    cargo lab 7

lab8:
    cargo lab 8

# the Memory panel in a browser, on what is given: just panel http://127.0.0.1:3000 snapshots
panel *WATCH:
    cargo panel {{WATCH}}

# the leaky server until it crashes, and the fixed one under the same load: just crash 2
crash LAB="1":
    cargo lab crash {{LAB}}

# all tests
test:
    cargo test --workspace

# formatting and lints, as CI demands them
lint:
    cargo fmt --check && cargo clippy --workspace --all-targets -- -D warnings

# the crates' documentation
docs:
    cargo doc --workspace --no-deps --open

# leaky against fixed, lab by lab, as what is leaked accumulates: just bench --quick
bench *OPTIONS:
    cargo run --release --bin bench -- labs {{OPTIONS}}

# how long a newcomer waits: a fresh clone, built and run; an edit, checked
bench-cold:
    cargo run --release --bin bench -- cold

# heapdiff compare on large snapshots, against parsing them: just bench-compare --full
bench-compare *OPTIONS:
    cargo run --release --bin bench -- compare {{OPTIONS}}

# the driver beside wrk and oha, its percentiles, rates and memory: just bench-driver --quick
bench-driver *OPTIONS:
    cargo run --release --bin bench -- driver {{OPTIONS}}

# what a snapshot costs, by what is leaked before: just bench-snapshot --node, --full
bench-snapshot *OPTIONS:
    cargo run --release --bin bench -- snapshot {{OPTIONS}}

# what recording costs, heapshot and others: just bench-recording --quick
bench-recording *OPTIONS:
    cargo run --release --bin bench -- recording {{OPTIONS}}

# put what was measured into the documentation
bench-publish:
    cargo run --release --bin bench -- publish

# prove that every lab is what it says
verify:
    cargo lab verify

# all that CI runs
ci:
    .ci/run
