//! The routes that a lab's file registers: what a route keeps that no check asks for would never be measured.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::names::{Names, Path};
use super::tokens::{Kind, Tokens};

/// Functions and types of actix-web that take the path of a route first.
const TAKE_A_PATH: &[&str] = &[
    "actix_web::Resource::new",
    "actix_web::Scope::new",
    "actix_web::web::resource",
    "actix_web::web::scope",
    "actix_web::web::Resource::new",
    "actix_web::web::Scope::new",
];

/// Calls that register routes without a path that could be read.
const WITHOUT_A_PATH: [&str; 4] = [
    "HttpServiceFactory",
    "default_service",
    "register_service",
    "ResourceDef",
];

/// The routes of a file.
#[derive(Default)]
struct Routes {
    /// Each with one slash before it.
    paths: BTreeSet<String>,
    /// Those that others are within.
    scopes: BTreeSet<String>,
    /// What registers a route whose path cannot be read: how, and on which line.
    unread: BTreeSet<(usize, String)>,
}

/// How `source` breaks the contract of a lab, whose own file is `lab`, before anything is asked of it: by routes that nobody
/// measures.
pub(crate) fn besides(source: &str, lab: &str) -> Option<String> {
    let (routes, known) = (Routes::of(source), Routes::of(lab));
    let more = routes.paths.difference(&known.paths).cloned();
    // Within a path that the lab has, another may be hidden.
    let within = routes.scopes.intersection(&known.paths);
    let within = within.filter(|path| !known.scopes.contains(*path));
    let more: Vec<_> = more.chain(within.map(|path| format!("{path}/…"))).collect();
    if !more.is_empty() {
        return Some(format!(
            "the file has routes that the lab has not: {}; what is kept there would not be seen",
            more.join(", ")
        ));
    }
    let (line, how) = routes.unread.first()?;
    Some(format!(
        "line {line} of the file registers a route with `{how}`, and its path is not written there: what is kept there would \
         not be seen; write the path as text, as the lab's own file does"
    ))
}

/// A file that is read, and what its names mean.
struct File<'a> {
    tokens: &'a Tokens,
    names: &'a Names,
    constants: HashMap<&'a str, Option<&'a str>>,
}

impl Routes {
    fn of(source: &str) -> Self {
        let mut routes = Self::default();
        // What is no Rust does not compile, and the compiler says so.
        let Some(tokens) = Tokens::read(source) else {
            return routes;
        };
        let names = Names::of(&tokens);
        let file = File {
            tokens: &tokens,
            names: &names,
            constants: constants(&tokens),
        };
        for at in 0..tokens.len() {
            routes.method(&file, at);
            if let Some(word) = tokens.ident(at)
                && WITHOUT_A_PATH.contains(&word)
            {
                routes.unread(&file, at);
            }
        }
        for path in &names.paths {
            routes.function(&file, path);
        }
        routes
    }

    /// `config.route("/path", …)`. With one argument it is a resource's own, which has its path already.
    fn method(&mut self, file: &File<'_>, at: usize) {
        let tokens = file.tokens;
        let Some(call) = tokens.ident(at) else { return };
        if tokens.before(at, 1) != Some(&Kind::Punct('.')) {
            return;
        }
        match (call, tokens.arguments(at + 1).as_slice()) {
            ("route", [path, _, ..]) => self.add(file, at, Some(path)),
            // Without a text it is another type's method.
            ("resource" | "scope", [path, ..]) if is_text(tokens, path) => {
                self.add(file, at, Some(path));
            }
            _ => {}
        }
    }

    /// `web::resource("/path")` and its like, by whatever name they are imported.
    fn function(&mut self, file: &File<'_>, path: &Path) {
        let Path { segments, end, .. } = path;
        let (arguments, call) = (file.tokens.arguments(*end), end - 1);
        let is_declared = file.tokens.before(path.at, 1) == Some(&Kind::Ident("fn".to_owned()));
        let mut meanings = file.names.meanings(segments).unwrap_or_default();
        if !file.names.declares(&segments[0]) {
            meanings.extend(file.names.meanings_by_globs(segments));
        }
        let takes_a_path = |path: &Vec<String>| TAKE_A_PATH.contains(&&*path.join("::"));
        let last = segments.last().map(String::as_str);
        let is_like_one = matches!(last, Some("resource" | "scope"))
            && arguments
                .first()
                .is_some_and(|path| is_text(file.tokens, path));
        if meanings.iter().any(takes_a_path) && !is_declared || is_like_one {
            self.add(file, call, arguments.first());
        } else if segments.len() > 1 && last == Some("route") && arguments.len() > 2 {
            self.add(file, call, arguments.get(1)); // `ServiceConfig::route(config, "/path", …)`
        } else if meanings
            .iter()
            .any(|path| path.join("::").ends_with("ServiceConfig::route"))
        {
            self.unread(file, call);
        }
    }

    fn unread(&mut self, file: &File<'_>, call: usize) {
        let name = file.tokens.ident(call).unwrap_or_default();
        self.unread
            .insert((file.tokens.line(call), name.to_owned()));
    }

    /// The paths of an argument: a text, a list of them, or a constant of the file.
    fn add(&mut self, file: &File<'_>, call: usize, argument: Option<&Range<usize>>) {
        let tokens = file.tokens;
        let mut range = argument.cloned().unwrap_or_default();
        while tokens.is(range.start, '&') {
            range.start += 1;
        }
        if let Some(close) = tokens.closing(range.start, '[')
            && close + 1 == range.end
        {
            range = range.start + 1..close;
        }
        let is_scope = tokens.ident(call) == Some("scope")
            || tokens.is_sep(call - 1) && tokens.ident(call - 2) == Some("Scope");
        let paths = range.filter(|at| !tokens.is(*at, ','));
        let paths = paths.map(|at| match tokens.kind(at)? {
            Kind::Text(path) => Some(path.as_str()),
            Kind::Ident(name) => file.constants.get(name.as_str()).copied().flatten(),
            _ => None,
        });
        match paths.collect::<Option<Vec<_>>>() {
            Some(paths) if !paths.is_empty() => {
                for path in paths {
                    self.path(path, is_scope);
                }
            }
            _ => self.unread(file, call),
        }
    }

    fn path(&mut self, path: &str, is_scope: bool) {
        let path = format!("/{}", path.trim_start_matches('/'));
        if is_scope {
            self.scopes.insert(path.clone());
        }
        self.paths.insert(path);
    }
}

fn is_text(tokens: &Tokens, range: &Range<usize>) -> bool {
    range.len() == 1 && matches!(tokens.kind(range.start), Some(Kind::Text(_)))
}

/// The texts of constants and statics, `const NAME: &str = "…";`; `None` of a name that several have.
fn constants(tokens: &Tokens) -> HashMap<&str, Option<&str>> {
    let mut constants = HashMap::new();
    for at in 1..tokens.len() {
        if let Some(name) = tokens.ident(at)
            && matches!(tokens.ident(at - 1), Some("const" | "static"))
        {
            // A type of a path is `&str` or `&'static str`.
            let near = at..(at + 6).min(tokens.len());
            let equals = near.into_iter().find(|at| tokens.is(*at, '='));
            let text = equals.and_then(|at| match (tokens.kind(at + 1), tokens.is(at + 2, ';')) {
                (Some(Kind::Text(text)), true) => Some(text.as_str()),
                _ => None,
            });
            let known = constants.entry(name).or_insert(text);
            if *known != text {
                *known = None;
            }
        }
    }
    constants
}

#[cfg(test)]
mod tests {
    use super::besides;

    const LAB: &str = r#"fn routes(config: &mut ServiceConfig) { config.route("/search", web::get().to(search)); }"#;

    /// What a file with `more` in it does to the contract.
    fn with(more: &str) -> Option<String> {
        besides(&format!("use actix_web::web;\n{LAB}\n{more}"), LAB)
    }

    #[test]
    fn a_route_more_is_seen_however_it_is_registered() {
        for more in [
            r#"fn f() { config.route("/more", web::get().to(more)); }"#,
            r#"fn f() { config.service(web::resource( "more").route(web::get().to(more))); }"#,
            "fn f() { config.service(web::scope(\n    r\"/more\")); }",
            r##"fn f() { config.route(r#"/more"#, web::get().to(more)); }"##,
            r#"fn f() { config . route /* so */ ("/more", web::get().to(more)); }"#,
            r#"fn f() { config.service(web::resource(["/search", "/more"])); }"#,
            r#"fn f() { ServiceConfig::route(config, "/more", web::get().to(more)); }"#,
            r#"use actix_web::web::resource as r; fn f() { config.service(r("/more")); }"#,
            r#"use actix_web::Resource; fn f() { config.service(Resource::new("/more")); }"#,
            r#"const MORE: &str = "/more"; fn f() { config.route(MORE, web::get().to(more)); }"#,
            r#"macro_rules! m { () => { config.route("/more", web::get().to(more)) } }"#,
        ] {
            let reason = with(more).unwrap_or_default();
            let expected = "the file has routes that the lab has not: /more; what is kept there would not be seen";
            assert_eq!(reason, expected, "{more}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_read_breaks_the_contract_with_its_line() {
        for more in [
            r#"fn f() { config.route(concat!("/mo", "re"), web::get().to(more)); }"#,
            "fn f() { config.route(&path(), web::get().to(more)); }",
            "fn f() { config.service(web::resource(path())); }",
            "fn f() { config.service(actix_web::web::scope(path())); }",
            "use actix_web::web::resource as r; fn f() { config.service(r(path())); }",
            "use actix_web::web::*; fn f() { config.service(resource(path())); }",
            r#"fn f() { let r = web::resource; config.service(r("/more")); }"#,
            r#"fn f() { let r = ServiceConfig::route; r(config, "/more", web::get()); }"#,
            r#"use actix_web::web::ServiceConfig as C; fn f() { let r = C::route; r(config, "/more", g()); }"#,
            "trait R { fn r(&mut self, p: &str); } impl R for C { fn r(&mut self, p: &str) { self.route(p, g()); } }",
            "fn f() { config.default_service(web::get().to(more)); }",
            "impl HttpServiceFactory for More { }",
            r#"const A: &str = "/search"; mod m { const A: &str = "/more"; fn f() { c.route(A, g()); } }"#,
        ] {
            let reason = with(more).unwrap_or_default();
            assert!(
                reason.starts_with("line 3 of the file registers a route"),
                "{more}: {reason}"
            );
        }
    }

    #[test]
    fn a_route_within_the_labs_own_path_is_seen() {
        let more = r#"fn f() { config.service(web::scope("/search").route("/search", web::get().to(more))); }"#;
        assert!(with(more).unwrap().contains(" /search/…;"));
    }

    #[test]
    fn what_the_lab_has_or_a_comment_says_is_no_route_more() {
        let same =
            r#"fn f() { config.service(web::resource("/search").route(web::get().to(search))); }"#;
        for source in [
            "",
            same,
            "// was: config.route(\"/old\", …)",
            "/* config.route(\"/old\", …) */",
            r#"const WAS: &str = "config.route(\"/old\", x)";"#,
            "fn f() { split(\"/\"); }",
            "fn f() { std::thread::scope(|scope| { scope.spawn(g); }); }",
            "fn route(from: u8, to: u8) {} fn f() { route(1, 2); }",
            "fn scope(of: u8) {} fn f() { scope(1); }",
        ] {
            assert_eq!(with(source), None, "{source}");
        }
    }
}
