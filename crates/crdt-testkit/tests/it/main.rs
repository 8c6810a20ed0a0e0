//! Integration tests of the testkit.

mod vectors;
