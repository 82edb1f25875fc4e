//! The rule where the arguments are known: each one is a value as a whole.

use std::ffi::OsString;

use crate::MASK;
use crate::name::{self, Name};
use crate::scan::{Ends, scan};

/// The arguments of a process, its program first, joined by spaces and with their secrets masked. What is not UTF-8 is shown as
/// `�`.
pub fn arguments(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut option: Option<Name> = None; // whose value comes next
    for argument in arguments {
        let argument = argument.into();
        let argument = argument.to_string_lossy();
        if let Some(name) = option.take().filter(|_| !name::is_option(&argument)) {
            out.push(value(&name, &argument));
            option = name::is_scheme(&argument).then_some(name);
            continue;
        }
        out.push(scan(&argument, Ends::Known).into_owned());
        if name::is_option(&argument) {
            let name = Name::of(&argument);
            let has_value = argument.contains(['=', ':']);
            option =
                Some(name).filter(|name| !has_value && (name.is_secret() || name.is_of_user()));
        }
    }
    out.join(" ")
}

fn value(name: &Name, value: &str) -> String {
    if !name.is_secret() {
        return match value.split_once(':') {
            Some((user, _)) if !value.contains("://") => format!("{user}:{MASK}"),
            _ => scan(value, Ends::Known).into_owned(),
        };
    }
    if name.counts(value) {
        value.to_owned()
    } else {
        MASK.to_owned()
    }
}
