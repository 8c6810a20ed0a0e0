//! Feeds [`trials::frames`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trials::frames::run(bytes));
