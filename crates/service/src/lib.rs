//! The shell that the lab's servers run in: configuration, /heapdump, /healthz, the heap ceiling.
#![forbid(unsafe_code)]
