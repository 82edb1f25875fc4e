//! The lab's web service with each leak fixed: the crate that students edit.
#![forbid(unsafe_code)]
