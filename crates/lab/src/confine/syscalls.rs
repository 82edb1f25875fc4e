//! The system calls that a program is refused (seccomp). Landlock decides about files; this decides about what Landlock does
//! not know: sockets that are not TCP, other processes, namespaces, and the kernel's own settings.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter, sock_filter,
};

/// Calls that are refused with EPERM whatever their arguments are, each group with the reason.
const REFUSED: [(&str, &[c_long]); 12] = [
    (
        "The server's one socket is passed in. Landlock knows TCP only: not UDP, raw, netlink or Unix sockets by path.",
        &[
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_listen,
        ],
    ),
    (
        "A ring makes system calls that no filter sees.",
        &[
            libc::SYS_io_uring_setup,
            libc::SYS_io_uring_enter,
            libc::SYS_io_uring_register,
        ],
    ),
    (
        "Memory and descriptors of other processes.",
        &[
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_process_madvise,
            libc::SYS_process_mrelease,
            libc::SYS_pidfd_getfd,
            libc::SYS_kcmp,
            libc::SYS_migrate_pages,
            libc::SYS_move_pages,
        ],
    ),
    (
        "Large parts of the kernel that a program has no need of, each with a history of faults.",
        &[
            libc::SYS_bpf,
            libc::SYS_perf_event_open,
            libc::SYS_userfaultfd,
            libc::SYS_add_key,
            libc::SYS_keyctl,
            libc::SYS_request_key,
            libc::SYS_fanotify_init,
            libc::SYS_fanotify_mark,
        ],
    ),
    (
        "Mounts and roots.",
        &[
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_fsopen,
            libc::SYS_fsconfig,
            libc::SYS_fsmount,
            libc::SYS_fspick,
            libc::SYS_open_tree,
            libc::SYS_move_mount,
            libc::SYS_mount_setattr,
            OPEN_TREE_ATTR,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
        ],
    ),
    (
        "Namespaces: in one of its own a program has capabilities.",
        &[libc::SYS_unshare, libc::SYS_setns],
    ),
    (
        "Files by handle pass by the rules for paths.",
        &[libc::SYS_name_to_handle_at, libc::SYS_open_by_handle_at],
    ),
    (
        "Shared memory and queues that other programs see, and that stay when the program ends.",
        &[
            libc::SYS_shmget,
            libc::SYS_shmat,
            libc::SYS_shmctl,
            libc::SYS_msgget,
            libc::SYS_msgsnd,
            libc::SYS_msgrcv,
            libc::SYS_msgctl,
            libc::SYS_semget,
            libc::SYS_semop,
            libc::SYS_semtimedop,
            libc::SYS_semctl,
            libc::SYS_mq_open,
            libc::SYS_mq_unlink,
        ],
    ),
    (
        "Files in memory that are in no folder: neither the limit of memory nor that of the disk counts them.",
        &[libc::SYS_memfd_create, libc::SYS_memfd_secret],
    ),
    (
        "The machine's own state.",
        &[
            libc::SYS_kexec_load,
            libc::SYS_reboot,
            libc::SYS_swapon,
            libc::SYS_swapoff,
            libc::SYS_init_module,
            libc::SYS_finit_module,
            libc::SYS_delete_module,
            libc::SYS_settimeofday,
            libc::SYS_clock_settime,
            libc::SYS_clock_adjtime,
            libc::SYS_adjtimex,
            libc::SYS_sethostname,
            libc::SYS_setdomainname,
            libc::SYS_quotactl,
            libc::SYS_quotactl_fd,
            libc::SYS_acct,
            libc::SYS_syslog,
            libc::SYS_vhangup,
        ],
    ),
    (
        "Watching a folder tells the names of others' files, and Landlock is not asked.",
        &[libc::SYS_inotify_init1, libc::SYS_inotify_add_watch],
    ),
    (
        "Another layout of memory, which forgery needs.",
        &[libc::SYS_personality],
    ),
];

/// Calls that Linux has under one number on every processor, and libc not everywhere yet.
const FCHMODAT2: c_long = 452;
const SETXATTRAT: c_long = 463;
const REMOVEXATTRAT: c_long = 466;
const OPEN_TREE_ATTR: c_long = 467;
const FILE_SETATTR: c_long = 469;

/// Calls that a student's program is refused, and a tool is not: they change rights, owners and attributes of files by their
/// paths, for which Landlock is not asked. Run as an ordinary user, a program could take away the rights to all files of
/// its user. What it has opened, it may change.
const REFUSED_TO_PROGRAMS: &[c_long] = &[
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
];

/// The same where only one processor has the call.
#[cfg(target_arch = "x86_64")]
const REFUSED_TO_PROGRAMS_HERE: &[c_long] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_TO_PROGRAMS_HERE: &[c_long] = &[];

/// Of those that are [`REFUSED`], what only one processor has.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_inotify_init,
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

/// Calls that name a process by this argument: a program may name itself, by 0.
const OF_ITSELF_ONLY: [(c_long, u8); 8] = [
    (libc::SYS_prlimit64, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
    (libc::SYS_get_robust_list, 0),
];

/// Of the last but one and two, the first argument says what the second names; this value stands for a process.
const OF_A_PROCESS: [(c_long, u64); 2] = [
    (libc::SYS_setpriority, libc::PRIO_PROCESS as u64),
    (libc::SYS_ioprio_set, 1),
];

/// Flags of `clone` that make a namespace.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWCGROUP,
];

/// Calls that send to an address, and the argument with their flags. TCP's fast open connects without `connect`.
const SENDING: [(c_long, u8); 3] = [
    (libc::SYS_sendto, 3),
    (libc::SYS_sendmsg, 2),
    (libc::SYS_sendmmsg, 3),
];

/// Refuses the calls to this thread and to all that it will start, for good; fewer to a tool than to a student's program.
///
/// # Errors
/// When the kernel has no such filters, or the processor is not known.
pub(super) fn restrict(is_tool: bool) -> Result<()> {
    for filter in [with_eperm(is_tool)?, with_enosys()?, other_numbers()] {
        if !filter.is_empty() {
            apply_filter(&filter).context("this kernel takes no system call filter (seccomp)")?;
        }
    }
    Ok(())
}

fn with_eperm(is_tool: bool) -> Result<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let all = REFUSED.iter().flat_map(|(_, calls)| calls.iter());
    for call in all.chain(REFUSED_HERE) {
        rules.insert(*call, Vec::new()); // no condition: always
    }
    if !is_tool {
        for call in REFUSED_TO_PROGRAMS.iter().chain(REFUSED_TO_PROGRAMS_HERE) {
            rules.insert(*call, Vec::new());
        }
    }
    // Numbers, of which the kernel sees the lower half; pointers are long.
    let mut refuse = |call: c_long, argument, is: SeccompCmpOp, value: u64| -> Result<()> {
        let length = if call == libc::SYS_utimensat {
            SeccompCmpArgLen::Qword
        } else {
            SeccompCmpArgLen::Dword
        };
        let condition = SeccompCondition::new(argument, length, is, value)?;
        let rule = SeccompRule::new(vec![condition])?;
        rules.entry(call).or_default().push(rule);
        Ok(())
    };
    for (call, argument) in OF_ITSELF_ONLY {
        refuse(call, argument, SeccompCmpOp::Ne, 0)?;
    }
    for (call, process) in OF_A_PROCESS {
        refuse(call, 0, SeccompCmpOp::Ne, process)?;
    }
    for flag in NAMESPACES {
        let flag = u64::from(flag.cast_unsigned());
        refuse(libc::SYS_clone, 0, SeccompCmpOp::MaskedEq(flag), flag)?;
    }
    if !is_tool {
        // Without a path it sets the times of an open file.
        refuse(libc::SYS_utimensat, 1, SeccompCmpOp::Ne, 0)?;
    }
    let fast_open = u64::from(libc::MSG_FASTOPEN.cast_unsigned());
    for (call, argument) in SENDING {
        refuse(call, argument, SeccompCmpOp::MaskedEq(fast_open), fast_open)?;
    }
    compile(rules, libc::EPERM)
}

/// `clone3` has its flags in memory, where no filter sees them. The C library takes `clone` where it is missing.
fn with_enosys() -> Result<BpfProgram> {
    compile(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        libc::ENOSYS,
    )
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> Result<BpfProgram> {
    let arch: TargetArch = std::env::consts::ARCH
        .try_into()
        .context("system calls cannot be filtered on this processor")?;
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno.cast_unsigned()),
        arch,
    )?;
    Ok(filter.try_into()?)
}

/// On x86-64 each call has a second number, for programs of the x32 kind. None of ours is one.
#[cfg(target_arch = "x86_64")]
fn other_numbers() -> BpfProgram {
    const X32: u32 = 0x4000_0000;
    let instruction = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let load_the_number = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let is_at_least = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
    let answer = libc::BPF_RET | libc::BPF_K;
    let code = |code: u32| u16::try_from(code).unwrap_or_default();
    vec![
        instruction(code(load_the_number), 0, 0, 0),
        instruction(code(is_at_least), 0, 1, X32),
        instruction(
            code(answer),
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned(),
        ),
        instruction(code(answer), 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn other_numbers() -> BpfProgram {
    Vec::new()
}
