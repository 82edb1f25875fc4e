//! The tokens of a lab's file, in one flat list with their lines.
//!
//! Tokens rather than a syntax tree, for two reasons. The arguments of macros and the bodies of `macro_rules!` are tokens
//! only, and a path can hide there. And a parser of expressions calls itself for each nesting: 256 KiB of `!` would overflow
//! the grader's stack. The lexer does not recurse, and neither does this module.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree, token_stream};

/// A token, and the line on which it stands.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword; of a raw identifier the name behind `r#`.
    Ident(String),
    /// `'a`, without the tick.
    Lifetime(String),
    /// A string literal's text, as it is written between the quotes.
    Text(String),
    /// Any other literal.
    Literal,
    /// `::`.
    PathSep,
    /// Any other punctuation, one character at a time.
    Punct(char),
    /// An opening delimiter, and the index of its closing one.
    Open(char, usize),
    Close(char),
}

/// All tokens of a file.
pub(super) struct Tokens(pub(super) Vec<Token>);

impl Tokens {
    /// The tokens of `source`; `None` if it is no Rust at all.
    pub(super) fn read(source: &str) -> Option<Self> {
        let stream: TokenStream = source.parse().ok()?;
        Some(Self(flat(stream)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The kind of the token at `at`.
    pub(super) fn kind(&self, at: usize) -> Option<&Kind> {
        self.0.get(at).map(|token| &token.kind)
    }

    /// The kind of the token that stands `back` tokens before `at`.
    pub(super) fn before(&self, at: usize, back: usize) -> Option<&Kind> {
        at.checked_sub(back).and_then(|at| self.kind(at))
    }

    pub(super) fn line(&self, at: usize) -> usize {
        self.0.get(at).map_or(0, |token| token.line)
    }

    /// The identifier at `at`, if there is one.
    pub(super) fn ident(&self, at: usize) -> Option<&str> {
        match self.kind(at)? {
            Kind::Ident(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is(&self, at: usize, punct: char) -> bool {
        self.kind(at) == Some(&Kind::Punct(punct))
    }

    pub(super) fn is_sep(&self, at: usize) -> bool {
        self.kind(at) == Some(&Kind::PathSep)
    }

    /// The index of the closing delimiter, if `delimiter` opens at `at`.
    pub(super) fn closing(&self, at: usize, delimiter: char) -> Option<usize> {
        match self.kind(at)? {
            Kind::Open(opened, close) if *opened == delimiter => Some(*close),
            _ => None,
        }
    }

    /// The arguments between the parentheses that open at `at`, as ranges of tokens.
    pub(super) fn arguments(&self, at: usize) -> Vec<std::ops::Range<usize>> {
        let Some(close) = self.closing(at, '(') else {
            return Vec::new();
        };
        let (mut arguments, mut begin, mut here) = (Vec::new(), at + 1, at + 1);
        while here < close {
            match self.kind(here) {
                Some(Kind::Open(_, close)) => here = *close,
                Some(Kind::Punct(',')) => {
                    arguments.push(begin..here);
                    begin = here + 1;
                }
                _ => {}
            }
            here += 1;
        }
        if begin < close {
            arguments.push(begin..close);
        }
        arguments
    }
}

/// The stream without its nesting. An explicit stack holds the open groups, because nesting has no bound.
fn flat(stream: TokenStream) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut open: Vec<(token_stream::IntoIter, Option<(Group, usize)>)> =
        vec![(stream.into_iter(), None)];
    while let Some((trees, _)) = open.last_mut() {
        match trees.next() {
            Some(TokenTree::Group(group)) => {
                let begin = tokens.len();
                tokens.push(Token {
                    kind: Kind::Open(delimiter(&group).0, begin),
                    line: group.span_open().start().line,
                });
                open.push((group.stream().into_iter(), Some((group, begin))));
            }
            Some(tree) => push(&mut tokens, &tree),
            None => {
                if let Some((_, Some((group, begin)))) = open.pop() {
                    let (opened, closed) = delimiter(&group);
                    tokens[begin].kind = Kind::Open(opened, tokens.len());
                    tokens.push(Token {
                        kind: Kind::Close(closed),
                        line: group.span_close().start().line,
                    });
                }
            }
        }
    }
    tokens
}

fn delimiter(group: &Group) -> (char, char) {
    match group.delimiter() {
        Delimiter::Parenthesis => ('(', ')'),
        Delimiter::Brace => ('{', '}'),
        Delimiter::Bracket => ('[', ']'),
        Delimiter::None => (' ', ' '),
    }
}

/// Adds a token that is no group. The second colon of `::` and the name of a lifetime join the token before.
fn push(tokens: &mut Vec<Token>, tree: &TokenTree) {
    let line = tree.span().start().line;
    let kind = match tree {
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
            if let Some(Token { kind, .. }) = tokens.last_mut()
                && *kind == Kind::Punct('\'')
            {
                *kind = Kind::Lifetime(name);
                return;
            }
            Kind::Ident(name)
        }
        TokenTree::Punct(punct) if punct.as_char() == ':' => {
            if let Some(Token { kind, .. }) = tokens.last_mut()
                && *kind == Kind::Punct(':')
            {
                *kind = Kind::PathSep;
                return;
            }
            Kind::Punct(':')
        }
        TokenTree::Punct(punct) => Kind::Punct(punct.as_char()),
        TokenTree::Literal(literal) => {
            let literal = literal.to_string();
            text(&literal).map_or(Kind::Literal, |text| Kind::Text(text.to_owned()))
        }
        TokenTree::Group(_) => unreachable!("the caller opens groups"),
    };
    tokens.push(Token { kind, line });
}

/// What stands between the quotes of a string literal, plain or raw.
fn text(literal: &str) -> Option<&str> {
    let raw = literal.strip_prefix('r');
    let hashes = raw.map_or(0, |raw| {
        raw.bytes().take_while(|byte| *byte == b'#').count()
    });
    let inner = raw.unwrap_or(literal).get(hashes..)?;
    let inner = inner.get(..inner.len().checked_sub(hashes)?)?;
    inner.strip_prefix('"')?.strip_suffix('"')
}
