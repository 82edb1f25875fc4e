//! The command line that snapshots state: without the values of its secrets, by the rule of the crate `redact`.

#[cfg(target_os = "linux")]
use std::fs::{self, File};
#[cfg(target_os = "linux")]
use std::io;
#[cfg(target_os = "linux")]
use std::os::unix::fs::FileExt;

/// That of this process.
pub(crate) fn of_this_process() -> String {
    redact::arguments(std::env::args_os())
}

/// Blanks the arguments of this process, which is the child that writes the snapshot. dhat asks for them, writes them as they
/// are, and panics if one is not UTF-8. So even the file that the child has not completed yet holds no secret.
///
/// Best effort: where it fails, the secrets are in the private folder until the child completes the file.
#[cfg(target_os = "linux")]
pub(crate) fn blank() -> io::Result<()> {
    let fields = fs::read_to_string("/proc/self/stat")?;
    let (start, end) = bounds(&fields).ok_or(io::ErrorKind::InvalidData)?;
    // Through the system, which fails where a write to a wrong address would not.
    let memory = File::options().write(true).open("/proc/self/mem")?;
    let zeros = [0; 4096];
    let mut at = start;
    while at < end {
        let length = (end - at).min(zeros.len() as u64);
        let length = usize::try_from(length).expect("at most the length of an array");
        memory.write_all_at(&zeros[..length], at)?;
        at += length as u64;
    }
    Ok(())
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn blank() -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Where the arguments begin and end, of `/proc/PID/stat`: its fields 48 and 49, `proc_pid_stat(5)`.
#[cfg(target_os = "linux")]
fn bounds(text: &str) -> Option<(u64, u64)> {
    const LONGEST: u64 = 64 << 20;
    let (_, from_third) = text.rsplit_once(") ")?; // the second is a name in parentheses
    let mut fields = from_third.split_ascii_whitespace().skip(48 - 3);
    let mut next = || fields.next()?.parse().ok();
    let (start, end) = (next()?, next()?);
    let is_plausible = start > 0 && start < end && end - start <= LONGEST;
    is_plausible.then_some((start, end))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::bounds;

    #[test]
    fn the_arguments_are_found_behind_any_name_of_a_program() {
        let rest: Vec<String> = (4..=52).map(|number| (number * 10).to_string()).collect();
        let stat = format!("7 (a ) (b) S {}\n", rest.join(" "));
        assert_eq!(bounds(&stat), Some((480, 490)));
        assert_eq!(bounds("7 (a) S 1 2 3"), None);
        assert_eq!(bounds(&stat.replace(" 490", " 0")), None, "not to be seen");
    }
}
