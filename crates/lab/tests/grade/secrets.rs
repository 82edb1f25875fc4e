//! What the compiler of a student's file may read: the workspace's crates, the toolchain and the registry's sources.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Desk, FILE};

/// Stands in each file that no submission may read.
const SECRET: &str = "mellon-";

#[test]
fn a_student_cannot_have_the_compiler_read_what_is_none_of_theirs() {
    let desk = Desk::new();
    let root = desk.scratch.root().to_path_buf();
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = |name: &str| {
        let path = elsewhere.path().join(name);
        fs::write(&path, format!("\"{SECRET}{name}\"")).unwrap();
        path.display().to_string()
    };
    let home = home_of_cargo(elsewhere.path());
    let config = home.join("config.toml").display().to_string();
    let credentials = home.join("credentials.toml").display().to_string();
    let token = format!("[env]\nLEAKED = \"{SECRET}env\"\n# {SECRET}config\n");
    fs::write(&config, token).unwrap();
    fs::write(&credentials, format!("# {SECRET}credentials\n")).unwrap();
    desk.hands_in(
        "other",
        FILE,
        &format!("// {SECRET}other\n{}", desk.solution()),
    );
    let other = desk.folder("other").join(FILE).display().to_string();
    let answers = root.join("labs/lab1").display().to_string();
    let copy = root.join(".lab/grade-copy/labs/lab1").display().to_string();
    let (passwd, home_file) = ("/etc/passwd".to_owned(), secret("home"));

    let submission = "{solution}\n";
    let mut names = vec![];
    let mut hands_in = |name: &str, item: String| {
        desk.hands_in(
            name,
            FILE,
            &submission.replace("{solution}", &(desk.solution() + "\n" + &item)),
        );
        names.push(name.to_owned());
    };
    for (name, path) in [
        ("cargo-config", &config),
        ("cargo-credentials", &credentials),
        ("own-cmdline", &"/proc/self/cmdline".to_owned()),
        ("own-environment", &"/proc/self/environ".to_owned()),
        ("init-cmdline", &"/proc/1/cmdline".to_owned()),
        ("mounts", &"/proc/self/mounts".to_owned()),
        ("maps", &"/proc/self/maps".to_owned()),
        ("passwd", &passwd),
        ("home", &home_file),
        ("other-submission", &other),
        ("answers", &format!("{answers}/lab.toml")),
        ("solution", &format!("{answers}/solution.patch")),
        ("answers-of-the-copy", &format!("{copy}/lab.toml")),
        (
            "solution-of-the-copy",
            &"../../../labs/lab1/solution.patch".to_owned(),
        ),
        ("device", &"/dev/zero".to_owned()),
        (
            "program",
            &desk
                .scratch
                .target()
                .join("release/fixed-server")
                .display()
                .to_string(),
        ),
        (
            "programs",
            &desk
                .scratch
                .target()
                .join("release/.rustc_info.json")
                .display()
                .to_string(),
        ),
        (
            "rustc-info",
            &desk
                .scratch
                .target()
                .join(".rustc_info.json")
                .display()
                .to_string(),
        ),
    ] {
        hands_in(
            name,
            format!("compile_error!(concat!(\"read \", include_str!({path:?})));"),
        );
    }
    hands_in(
        "as-bytes",
        format!("const _: () = panic!(\"{{}}\", include_bytes!({passwd:?})[0] as char);"),
    );
    hands_in(
        "as-code",
        format!(
            "const READ: &str = include!({home_file:?}); const _: () = panic!(\"{{}}\", READ);"
        ),
    );
    hands_in(
        "as-documentation",
        format!("#[doc = include_str!({home_file:?})] fn documented() -> Undocumented {{}}"),
    );
    hands_in("as-a-module", format!("#[path = {home_file:?}] mod read;"));
    hands_in(
        "from-the-environment",
        "compile_error!(env!(\"LEAKED\"));".to_owned(),
    );
    hands_in("from-the-environment-if", "const _: () = panic!(\"{}\", match option_env!(\"LEAKED\") { Some(text) => text, None => \"no such variable\" });".to_owned());
    hands_in(
        "home-variable",
        "compile_error!(env!(\"HOME\"));".to_owned(),
    );
    hands_in(
        "settings",
        "compile_error!(env!(\"LEAKLAB_RUSTC\"));".to_owned(),
    );

    let to = root.join("grades");
    let folder = desk.submissions.path().to_str().unwrap();
    let args = [
        "--submissions",
        folder,
        "--lab",
        "1",
        "--to",
        to.to_str().unwrap(),
    ];
    let mut command = desk.command(&[&args[..], &["--build-limit", "600"]].concat());
    command
        .env("CARGO_HOME", &home)
        .env("SECRET_OF_THE_GRADER", format!("{SECRET}grader"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", crate::said(&output));
    let class = crate::Class {
        to,
        printed: crate::said(&output),
    };
    assert!(!class.printed.contains("the compiler"), "{}", class.printed);
    for name in &names {
        let grade = class.grade(name);
        let reason = grade["reason"].as_str().unwrap_or_default();
        assert_eq!(grade["status"], "build-failed", "{name}: {grade:#}");
        for text in [SECRET, "root:x:", "--release", "needs_bytes", "@@"] {
            assert!(!reason.contains(text), "{name}: {grade:#}");
        }
        let sheet = crate::read(&class.to.join(format!("{name}.json")));
        assert!(!sheet.contains(SECRET), "{sheet}");
    }
    assert!(!class.printed.contains(SECRET), "{}", class.printed);
}

/// A home for cargo with the registry of the real one.
fn home_of_cargo(folder: &Path) -> std::path::PathBuf {
    let real = std::env::var_os("CARGO_HOME").map_or_else(
        || Path::new(&std::env::var_os("HOME").unwrap()).join(".cargo"),
        std::path::PathBuf::from,
    );
    let home = folder.join("cargo");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::symlink(real.join("registry"), home.join("registry")).unwrap();
    home
}

#[test]
fn nothing_that_a_build_made_is_there_for_the_next_one() {
    let desk = Desk::new();
    let mark = "mark-of-the-first-submission";
    desk.hands_in(
        "first",
        FILE,
        &format!(
            "{}\n#[used]\nstatic MARK: [u8; {}] = *b\"{mark}\";\n#[deprecated = \"{mark}\"]\nfn old() {{}}\npub fn new() {{ old() }}\n",
            desk.solution(),
            mark.len()
        ),
    );
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
