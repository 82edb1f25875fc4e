//! What the compiler of a student's file may read: the workspace's crates, the toolchain and the registry's sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{Class, Desk, FILE, read, said};

/// Stands in each file of the test that no submission may read.
const SECRET: &str = "mellon-";

/// Files with secrets, out of every submission's reach.
struct Secrets {
    folder: TempDir,
}

impl Secrets {
    /// Some are in settings that cargo reads, because they are above the copy.
    fn new(desk: &Desk) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(desk);
        fs::create_dir_all(settings.parent().unwrap()).unwrap();
        let text = format!("[env]\nLEAKED = \"{SECRET}env\"\n# {SECRET}settings\n");
        fs::write(settings, text).unwrap();
        let home = folder.path().join("home");
        fs::write(home, format!("\"{SECRET}home\"")).unwrap();
        Self { folder }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Files that a submission would like to read, by the name of the submission.
    fn files(&self, desk: &Desk) -> Vec<(&'static str, PathBuf)> {
        let root = desk.scratch.root();
        let target = desk.scratch.target();
        let (answers, copy) = (
            root.join("labs/lab1"),
            root.join(".lab/grade-copy/labs/lab1"),
        );
        vec![
            ("settings-of-cargo", settings(desk)),
            // Beside its config.toml; cargo always makes this one.
            ("home-of-cargo", home_of_cargo().join(".package-cache")),
            ("own-cmdline", "/proc/self/cmdline".into()),
            ("own-environment", "/proc/self/environ".into()),
            ("mounts", "/proc/self/mounts".into()),
            ("maps", "/proc/self/maps".into()),
            (
                "cmdline-of-another",
                format!("/proc/{}/cmdline", std::process::id()).into(),
            ),
            ("cmdline-of-init", "/proc/1/cmdline".into()),
            ("passwd", "/etc/passwd".into()),
            ("home", self.home()),
            ("other-submission", desk.folder("other").join(FILE)),
            ("answers", answers.join("lab.toml")),
            ("solution", answers.join("solution.patch")),
            ("answers-of-the-copy", copy.join("lab.toml")),
            (
                "solution-of-the-copy",
                "../../../labs/lab1/solution.patch".into(),
            ),
            ("device", "/dev/zero".into()),
            ("program", target.join("release/fixed-server")),
            ("notes-of-cargo", target.join(".rustc_info.json")),
        ]
    }

    /// Items that would read in another way than by `include_str!`.
    fn other_ways(&self) -> Vec<(&'static str, String)> {
        let home = self.home().display().to_string();
        let panics = |text: &str| format!("const _: () = panic!(\"{{}}\", {text});");
        vec![
            (
                "as-bytes",
                panics("include_bytes!(\"/etc/passwd\")[0] as char"),
            ),
            ("as-code", panics(&format!("include!({home:?})"))),
            (
                "as-documentation",
                format!("#[doc = include_str!({home:?})] fn documented() -> Undocumented {{}}"),
            ),
            ("as-a-module", format!("#[path = {home:?}] mod read;")),
            (
                "from-the-settings",
                "compile_error!(env!(\"LEAKED\"));".to_owned(),
            ),
            (
                "from-the-grader",
                "compile_error!(env!(\"SECRET_OF_THE_GRADER\"));".to_owned(),
            ),
            (
                "perhaps-from-the-settings",
                panics(
                    "match option_env!(\"LEAKED\") { Some(text) => text, None => \"no such variable\" }",
                ),
            ),
            (
                "home-variable",
                "compile_error!(env!(\"HOME\"));".to_owned(),
            ),
            (
                "sandbox-variable",
                "compile_error!(env!(\"LEAKLAB_RUSTC\"));".to_owned(),
            ),
        ]
    }
}

fn settings(desk: &Desk) -> PathBuf {
    desk.scratch.root().join(".cargo/config.toml")
}

fn home_of_cargo() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").unwrap()).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

#[test]
fn a_student_cannot_have_the_compiler_read_what_is_none_of_theirs() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let secrets = Secrets::new(&desk);
    let solution = desk.solution();
    desk.hands_in("other", FILE, &format!("// {SECRET}other\n{solution}"));
    let by_path = secrets.files(&desk).into_iter().map(|(name, path)| {
        let item = format!("compile_error!(concat!(\"read \", include_str!({path:?})));");
        (name, item)
    });
    let submissions: Vec<_> = by_path.chain(secrets.other_ways()).collect();
    for (name, item) in &submissions {
        desk.hands_in(name, FILE, &format!("{solution}\n{item}\n"));
    }

    let to = desk.scratch.root().join("grades");
    let folder = desk.submissions.path().to_str().unwrap();
    let args = [
        "--submissions",
        folder,
        "--lab",
        "1",
        "--build-limit",
        "600",
        "--to",
    ];
    let output = desk
        .command(&[&args[..], &[to.to_str().unwrap()]].concat())
        .env("SECRET_OF_THE_GRADER", format!("{SECRET}grader"))
        .output()
        .unwrap();

    let printed = said(&output);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(!printed.contains("confinement: the compiler"), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
    let class = Class { to, printed };
    for (name, item) in &submissions {
        let grade = class.grade(name);
        assert_eq!(grade["status"], "build-failed", "{name}: {grade:#}");
        // The compiler shows the student's own lines.
        let reason = grade["reason"].as_str().unwrap().replace(item, "");
        let tells = [
            "root:x:",
            "needs_bytes",
            "@@",
            "read --",
            "leaklab-grade-",
            "PATH=",
        ];
        for text in tells.into_iter().chain([SECRET]) {
            assert!(!reason.contains(text), "{name}: {grade:#}");
        }
        if item.contains("include_str!(\"") && !item.contains("doc") {
            assert!(reason.contains("error: couldn't read"), "{name}: {grade:#}");
        }
        let sheet = read(&class.to.join(format!("{name}.json")));
        assert!(!sheet.contains(SECRET), "{sheet}");
    }
}

#[test]
fn nothing_that_a_build_made_is_there_for_the_next_one() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let mark = "mark-of-the-first-submission";
    let items = format!(
        "#[used]\nstatic MARK: [u8; {}] = *b\"{mark}\";\n\
         #[deprecated = \"{mark}\"]\nfn old() {{}}\npub fn new() {{ old() }}\n",
        mark.len()
    );
    desk.hands_in("first", FILE, &format!("{}\n{items}", desk.solution()));
    let sheet = desk.grade_one("first", &[]);
    assert_eq!(sheet["labs"][0]["status"], "passed", "{sheet:#}");
    let release = desk.scratch.target().join("release");
    let found = Command::new("grep")
        .args(["-rlF", mark])
        .arg(&release)
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&found.stdout);
    assert_eq!(found, "", "files of the first submission");
    assert!(release.join("deps").is_dir(), "it was built elsewhere");
}
