//! cargo lab: the guided exercises.
#![forbid(unsafe_code)]
