//! A small deterministic generator of random numbers (SplitMix64).
//!
//! The same seed gives the same numbers on every machine and in every release: a failing seed in
//! a report replays. Reference: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
//! Generators", 2014.

/// A stream of pseudo-random numbers that its seed determines.
///
/// # Examples
/// ```
/// use crdt_testkit::Rng;
///
/// let (mut a, mut b) = (Rng::new(7), Rng::new(7));
/// assert_eq!(a.next_u64(), b.next_u64());
/// assert!(a.below(10) < 10);
/// ```
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    /// What is drawn first, the last byte before the others.
    choices: Vec<u8>,
}

impl Rng {
    /// Starts the stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed,
            choices: Vec::new(),
        }
    }

    /// Starts a stream that `choices` decide for as long as they last: a byte a draw.
    ///
    /// So that whatever is made from a seed can be made by a fuzzer too, which changes one choice and
    /// leaves the others.
    ///
    /// # Examples
    /// ```
    /// use crdt_testkit::Rng;
    ///
    /// let mut rng = Rng::from_choices(&[0, 255]);
    /// assert_eq!((rng.below(10), rng.below(10)), (0, 9));
    /// ```
    pub fn from_choices(choices: &[u8]) -> Self {
        Self {
            state: choices.len() as u64,
            choices: choices.iter().rev().copied().collect(),
        }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        match self.choices.pop() {
            // The high bits are the choice, so that it decides; the low ones come of it.
            Some(choice) => u64::from(choice) << 56 | u64::from(choice).wrapping_mul(0x9e37_79b9),
            None => self.mix(),
        }
    }

    fn mix(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is at least 1.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "no number is below 0");
        let wide = u128::from(self.next_u64()) * bound as u128;
        (wide >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    ///
    /// # Panics
    /// If `low > high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// `true` in about `percent` of 100 calls.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`.
    ///
    /// # Panics
    /// If `items` is empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
