//! The stand-in where programs are ELF files with addresses of 64 bits, and the system lists memory maps: on Linux.
//!
//! The `backtrace` crate, which dhat looks names up with, reads the files that the program and its libraries were loaded
//! from. It asks the loader for their paths; that of the program it finds in the list of the process's memory maps, at the
//! program's first page. In the child, which is alone and ends soon, both lead to files of ours. The program's first page is
//! replaced by an equal one: a copy of the page in memory, with another table of sections, which nothing reads while
//! a program runs. The loader's names of libraries are written over. Where a step of this is not possible the child does
//! without, and dhat writes those names itself.
//!
//! Afterwards links lead from the stand-ins' paths to the real files, because the symbolizer keeps the paths that it has
//! once read. A sandbox may refuse links. Then the stand-in is put into a process of its own, which ends with it.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_int};
use std::fs::{self, File};
use std::io::{self, Write};
use std::mem::size_of;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use libc::{Elf64_Ehdr, Elf64_Phdr, Elf64_Shdr, Elf64_Sym};

use super::{FOLDER, NAME, OF_LIBRARY};

/// Of the ELF format: a table of symbols, one of strings, and a symbol that is a function.
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const STT_FUNC: u8 = 2;

/// The program that runs.
const RUNNING: &str = "/proc/self/exe";

/// The files, in place until taken away.
pub(crate) struct StandIn {
    program: PathBuf,
    /// Of libraries: the stand-in and the real one.
    libraries: Vec<(PathBuf, PathBuf)>,
}

impl StandIn {
    /// Whether [`StandIn::take_away`] will work in this folder. It needs links, which a sandbox may refuse. Copies of the
    /// program instead would take long, and may be larger than a file may be.
    pub(crate) fn can_be_taken_away() -> bool {
        const TRIAL: &str = "link";
        symlink(RUNNING, TRIAL).is_ok() && fs::remove_file(TRIAL).is_ok()
    }

    /// Puts it in place. For the child alone, in its private folder, before anything was looked up.
    pub(crate) fn put() -> Option<Self> {
        let objects = Objects::of_this_process();
        let program = objects.program()?;
        let name = std::env::current_exe().ok()?;
        fs::create_dir(FOLDER).ok()?;
        let path = Path::new(FOLDER).join(name.file_name()?);
        let text = program.with_one_symbol()?;
        let file = create(&path, &text).ok()?;
        can_be_found(&file).ok().filter(|can| *can)?;
        program.replace_first_page(&file)?;
        let libraries = objects.libraries.iter().enumerate();
        let libraries = libraries.filter_map(|(number, library)| library.rename(number, &text));
        Some(Self {
            program: path,
            libraries: libraries.collect(),
        })
    }

    /// Puts the program itself in its place, for lookups from now on: the file that runs, even if another has its name by
    /// now. The libraries likewise.
    pub(crate) fn take_away(&self) -> io::Result<()> {
        replace_by_link(&self.program, Path::new(RUNNING))?;
        // Split debug information is looked for beside the program.
        let split = with_dwp(&std::env::current_exe()?);
        if split.exists() {
            symlink(split, with_dwp(&self.program))?;
        }
        for (stand_in, real) in &self.libraries {
            replace_by_link(stand_in, real)?;
        }
        backtrace::clear_symbol_cache();
        Ok(())
    }

    /// Whether an address may have been another library's once.
    pub(crate) fn was_anything_unloaded() -> bool {
        Objects::of_this_process().unloaded > 0
    }
}

fn create(path: &Path, text: &[u8]) -> io::Result<File> {
    let mut options = File::options();
    let mut file = options.read(true).write(true).create_new(true).open(path)?;
    file.write_all(text)?;
    Ok(file)
}

fn replace_by_link(path: &Path, to: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    symlink(to, path)
}

/// As the system lists it, the path leads to the file: there may be other namespaces, roots and characters.
fn can_be_found(file: &File) -> io::Result<bool> {
    let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    if path.as_os_str().as_bytes().contains(&b'\n') {
        return Ok(false);
    }
    let (found, own) = (fs::metadata(path)?, file.metadata()?);
    Ok((found.dev(), found.ino()) == (own.dev(), own.ino()))
}

fn with_dwp(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".dwp");
    name.into()
}

/// What the loader has loaded.
#[derive(Default)]
struct Objects {
    program: Option<Program>,
    libraries: Vec<Library>,
    /// How many were unloaded meanwhile.
    unloaded: u64,
}

impl Objects {
    fn of_this_process() -> Self {
        let mut objects = Self::default();
        // SAFETY: `add` has the signature that is asked for, and gets `Objects` that outlive the call.
        unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut objects).cast()) };
        objects
    }

    fn program(&self) -> Option<&Program> {
        self.program.as_ref()
    }
}

/// A library, by the loader's own name of it.
struct Library {
    /// Ends with a 0.
    name: *mut u8,
    path: PathBuf,
}

impl Library {
    /// Writes another name over the loader's, of a stand-in with `text`; returns its path and the real one.
    fn rename(&self, number: usize, text: &[u8]) -> Option<(PathBuf, PathBuf)> {
        // Relative: the child stays in its folder.
        let name = format!("{number}{OF_LIBRARY}");
        if name.len() > self.path.as_os_str().len() || !self.path.is_absolute() {
            return None;
        }
        create(Path::new(&name), text).ok()?;
        let mut bytes = name.clone().into_bytes();
        bytes.push(0);
        let (reader, mut writer) = io::pipe().ok()?;
        writer.write_all(&bytes).ok()?;
        // SAFETY: the name's bytes are the loader's, as many and one more, and what is read of them in the rest of this
        // process's life is the symbolizer's to read. Where they cannot be written to, the system says so.
        let read = unsafe { libc::read(reader.as_raw_fd(), self.name.cast(), bytes.len()) };
        (read == isize::try_from(bytes.len()).ok()?).then(|| (name.into(), self.path.clone()))
    }
}

/// The program's first page in memory: the head of its file.
struct Program {
    page: *mut u8,
    length: usize,
    protection: c_int,
}

impl Program {
    /// The program that is loaded at `page`, with these headers.
    fn at(page: usize, headers: &[Elf64_Phdr]) -> Option<Self> {
        // SAFETY: asks for a number.
        let length = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
        let head = headers.iter().find(|part| {
            part.p_type == libc::PT_LOAD
                && (part.p_vaddr, part.p_offset) == (0, 0)
                && part.p_flags & libc::PF_R != 0
        })?;
        // A program that is not relocated, at 0, has its path from elsewhere.
        if page == 0 || !page.is_multiple_of(length) {
            return None;
        }
        let page: *mut u8 = std::ptr::with_exposed_provenance_mut(page);
        // SAFETY: a part of the program begins there, which can be read.
        let magic = unsafe { std::slice::from_raw_parts(page, libc::SELFMAG) };
        let protection = [
            (libc::PF_R, libc::PROT_READ),
            (libc::PF_X, libc::PROT_EXEC),
            (libc::PF_W, libc::PROT_WRITE),
        ]
        .iter()
        .filter(|(flag, _)| head.p_flags & flag != 0)
        .fold(0, |all, (_, protection)| all | protection);
        (magic == b"\x7fELF").then_some(Self {
            page,
            length,
            protection,
        })
    }

    /// The page, followed by sections that hold one symbol.
    fn with_one_symbol(&self) -> Option<Vec<u8>> {
        // SAFETY: the page is mapped and can be read, and nobody writes to it.
        let mut file = unsafe { std::slice::from_raw_parts(self.page, self.length) }.to_vec();
        let strings = format!("\0{NAME}\0");
        let symbols_at = self.length + 3 * size_of::<Elf64_Shdr>();
        let strings_at = symbols_at + 2 * size_of::<Elf64_Sym>();

        // SAFETY: numbers, for all of which 0 is valid.
        let (none, nothing): (Elf64_Shdr, Elf64_Sym) = unsafe { std::mem::zeroed() };
        let symbols = Elf64_Shdr {
            sh_type: SHT_SYMTAB,
            sh_offset: symbols_at as u64,
            sh_size: 2 * size_of::<Elf64_Sym>() as u64,
            sh_link: 2,
            sh_info: 1,
            sh_entsize: size_of::<Elf64_Sym>() as u64,
            ..none
        };
        let names = Elf64_Shdr {
            sh_type: SHT_STRTAB,
            sh_offset: strings_at as u64,
            sh_size: strings.len() as u64,
            ..none
        };
        let all = Elf64_Sym {
            st_name: 1,
            st_info: STT_FUNC,
            st_shndx: 1, // of any section: defined here
            st_size: u64::MAX,
            ..nothing
        };

        // SAFETY: a page is longer than the header, which may lie anywhere in a vector of bytes.
        let mut header: Elf64_Ehdr = unsafe { file.as_ptr().cast::<Elf64_Ehdr>().read_unaligned() };
        header.e_shoff = self.length as u64;
        header.e_shentsize = u16::try_from(size_of::<Elf64_Shdr>()).ok()?;
        header.e_shnum = 3;
        header.e_shstrndx = 2;
        file[..size_of::<Elf64_Ehdr>()].copy_from_slice(bytes_of(&header));
        file.extend([none, symbols, names].iter().flat_map(bytes_of));
        file.extend([nothing, all].iter().flat_map(bytes_of));
        file.extend(strings.bytes());
        Some(file)
    }

    fn replace_first_page(&self, file: &File) -> Option<()> {
        // SAFETY: what was there is replaced by the same bytes, but for those that tell where the table of sections is; the
        // one thread of this process is in code of another page, or finds the same code there.
        let mapped = unsafe {
            libc::mmap(
                self.page.cast(),
                self.length,
                self.protection,
                libc::MAP_PRIVATE | libc::MAP_FIXED,
                file.as_raw_fd(),
                0,
            )
        };
        (mapped == self.page.cast()).then_some(())
    }
}

/// A plain structure of the system's, as it lies in memory.
fn bytes_of<T: PlainNumbers>(value: &T) -> &[u8] {
    // SAFETY: numbers without gaps between them.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// Structures of numbers, without gaps.
trait PlainNumbers {}
impl PlainNumbers for Elf64_Ehdr {}
impl PlainNumbers for Elf64_Shdr {}
impl PlainNumbers for Elf64_Sym {}

/// Adds one object to the [`Objects`]; the first is the program.
unsafe extern "C" fn add(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    objects: *mut libc::c_void,
) -> c_int {
    // SAFETY: the loader passes one of its own, and our pointer.
    let (info, objects) = unsafe { (&*info, &mut *objects.cast::<Objects>()) };
    objects.unloaded = info.dlpi_subs;
    if info.dlpi_phdr.is_null() || info.dlpi_name.is_null() {
        return 0;
    }
    // SAFETY: so many lie there, and the name ends with a 0.
    let (headers, name) = unsafe {
        (
            std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()),
            CStr::from_ptr(info.dlpi_name),
        )
    };
    if name.is_empty() {
        let page = usize::try_from(info.dlpi_addr);
        let program = page.ok().and_then(|page| Program::at(page, headers));
        objects.program = objects.program.take().or(program);
    } else {
        objects.libraries.push(Library {
            name: info.dlpi_name.cast_mut().cast(),
            path: OsStr::from_bytes(name.to_bytes()).into(),
        });
    }
    0
}
