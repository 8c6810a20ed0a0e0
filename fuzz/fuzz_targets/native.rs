//! Feeds [`trials::native`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trials::native::run(bytes));
