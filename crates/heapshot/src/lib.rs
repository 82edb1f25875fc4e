//! Live DHAT heap snapshots of a running process.
