//! Whether this machine can grade. A laptop's kernel may be older than Linux 6.12.

use crate::common::cannot_run;

/// Whether the kernel has what `cargo lab grade` does not grade without. Says so if it has not; in CI that is a failure.
pub(crate) fn can_grade() -> bool {
    let can = has_landlock();
    if !can {
        cannot_run("cargo lab grade needs Linux 6.12 with Landlock");
    }
    can
}

#[cfg(target_os = "linux")]
fn has_landlock() -> bool {
    use landlock::{
        ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, Scope,
    };
    // A set of rules that is only made restricts nothing.
    let made = || -> Result<_, RulesetError> {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V6))?
            .scope(Scope::from_all(ABI::V6))?
            .create()
    };
    made().is_ok()
}

#[cfg(not(target_os = "linux"))]
fn has_landlock() -> bool {
    false
}
