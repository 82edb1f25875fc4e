//! What `--help` says.

use crate::launch;

#[test]
fn help_tells_every_option() {
    let output = launch("--help").run();
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    The lab's leaky web service

    Usage: leaky-server [OPTIONS]

    Options:
          --listen <ADDRESS>  Address and port to listen on; port 0 lets the system choose; `stdin` takes the listening socket that a parent passes as standard input [env: LEAKLAB_LISTEN=] [default: 127.0.0.1:3000]
          --snapshots <DIR>   Folder that snapshots are written to; made if missing [env: LEAKLAB_SNAPSHOTS=] [default: snapshots]
          --workers <N>       Worker threads [default: one per processor] [env: LEAKLAB_WORKERS=]
          --sample <BYTES>    Record one sample in so many bytes allocated, `512KiB` say, and not every allocation: cheap enough for a service under load; snapshots then hold estimates; 0 for everything [env: LEAKLAB_SAMPLE=]
          --max-heap <SIZE>   Memory that the heap may take, to keep this machine safe; 0 for none [env: LEAKLAB_MAX_HEAP=] [default: 1GiB]
          --at-limit <END>    What happens there: `exit` says who holds the memory and ends with code 70, `shed` lets the labs' routes answer 503 [env: LEAKLAB_AT_LIMIT=] [default: exit]
          --allow-remote      Listen on an address that other machines can reach; needs --token [env: LEAKLAB_ALLOW_REMOTE=]
          --token <TOKEN>     Secret that /heapdump and /metrics then demand, as `Authorization: Bearer TOKEN`; at least 16 characters. Everyone on this machine can read a command line, so prefer the environment variable [env: LEAKLAB_TOKEN]
          --exit-with-stdin   End when standard input is closed, for a parent that may die without notice
      -h, --help              Print help

    Take a heap snapshot of the running server with: curl 'http://ADDRESS/heapdump?name=before'

    Near --max-heap, at 90 % of it, the server takes the snapshot near-limit by itself. With `shed`, requests that are under
    way may use an eighth more (16 MiB at the least); beyond that it exits, too. An outer belt, 512 MiB beyond the eighth,
    holds memory of any kind: the system then refuses it (RLIMIT_DATA).
    ");
}

#[test]
fn help_does_not_show_the_token() {
    let launch = launch("--help").env("LEAKLAB_TOKEN", "0123456789abcdef");
    let output = String::from_utf8(launch.run().stdout).unwrap();
    assert!(!output.contains("0123456789abcdef"), "{output}");
}
