//! Taking a fuzzer's bytes apart.

/// Splits off the first byte, which chooses among things; 0 where there is none.
pub(crate) fn choice(bytes: &[u8]) -> (usize, &[u8]) {
    bytes
        .split_first()
        .map_or((0, bytes), |(first, rest)| (usize::from(*first), rest))
}

/// Splits off a piece whose length two bytes tell; what is too long is cut.
pub(crate) fn piece(bytes: &[u8]) -> (&[u8], &[u8]) {
    let [low, high, rest @ ..] = bytes else {
        return (bytes, &[]);
    };
    let len = usize::from(u16::from_le_bytes([*low, *high]));
    rest.split_at(len.min(rest.len()))
}

/// The bytes of which [`piece`] makes `first` and the rest.
pub(crate) fn joined(first: &[u8], rest: &[u8]) -> Vec<u8> {
    let len = u16::try_from(first.len()).expect("seeds are small");
    [&len.to_le_bytes()[..], first, rest].concat()
}
