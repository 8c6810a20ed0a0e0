//! Feeds [`trials::merges`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trials::merges::run(bytes));
