//! Feeds [`trials::json`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trials::json::run(bytes));
