//! Feeds [`laws::histories`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::histories::run(bytes));
