//! A program whose global allocator is another one.

#[test]
fn without_the_allocator_recording_is_refused_with_the_line_that_is_missing() {
    let error = heapshot::Recorder::start().unwrap_err();
    assert!(matches!(error, heapshot::Error::AllocatorNotInstalled));
    assert!(error.to_string().contains("#[global_allocator]"));
}
