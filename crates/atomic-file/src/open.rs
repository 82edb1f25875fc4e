//! Opens what exists, and never waits for anybody.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens the regular file at `path` to read it. What is stored in a folder may have been replaced since the folder was
/// listed, and to open a pipe would then wait forever.
///
/// # Errors
/// The system's; [`io::ErrorKind::InvalidInput`] if it is a link, a pipe, a device, a socket or a directory.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    without_waiting(&mut options, rustix::fs::OFlags::NOFOLLOW);
    let file = options.open(path).map_err(|error| {
        // what O_NOFOLLOW and O_NONBLOCK say of a link and of a socket
        #[cfg(unix)]
        if matches!(
            rustix::io::Errno::from_io_error(&error),
            Some(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO)
        ) {
            return not_regular();
        }
        error
    })?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(not_regular())
    }
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// Opens something that exists and is not a regular file (a pipe, a device like `/dev/stdout`) to write to it.
///
/// # Errors
/// The system's; [`io::ErrorKind::NotConnected`] if it is a pipe that no program reads; [`io::ErrorKind::InvalidInput`] if it is a
/// block device, because that is a disk.
pub fn write_through(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if std::fs::metadata(path)?.file_type().is_block_device() {
            let error = "it is a block device";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
    }
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    without_waiting(&mut options, rustix::fs::OFlags::empty());
    let opened = options.open(path);
    #[cfg(unix)]
    {
        use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
        if let Err(error) = &opened
            && rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::NXIO)
        {
            return Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "no program reads from this pipe",
            ));
        }
        let file = opened?;
        // a reader that is slower than the writer is waited for
        fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
        Ok(file)
    }
    #[cfg(not(unix))]
    opened
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions, more: rustix::fs::OFlags) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | more;
    options.custom_flags(flags.bits().cast_signed());
}
