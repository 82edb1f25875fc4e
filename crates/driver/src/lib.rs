//! Hammers a server with requests and reports its latency.
#![forbid(unsafe_code)]
