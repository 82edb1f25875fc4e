use super::*;

#[test]
fn numbers_are_written_as_people_read_them() {
    assert_eq!(count(0.0), "0");
    assert_eq!(count(0.44), "0.4");
    assert_eq!(count(1234.4), "1,234");
    assert_eq!(seconds(0.000_375), "375 µs");
    assert_eq!(seconds(0.0021), "2.1 ms");
    assert_eq!(seconds(0.25), "250 ms");
    assert_eq!(seconds(2.5), "2.5 s");
    assert_eq!(percent(12.34), "12 %");
}
