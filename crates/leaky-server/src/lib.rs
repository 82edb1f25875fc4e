//! The lab's leaky web service, one file a lab.
#![forbid(unsafe_code)]
