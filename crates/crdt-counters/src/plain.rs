//! The traits of a plain lattice, for types that are one [`AgentMap`](crate::agent_map::AgentMap).

/// Implements, for `$counter`, the lattice, delta and codec traits by those of its one field.
macro_rules! plain_lattice {
    ($counter:ident { $cells:ident }, $name:literal) => {
        impl crdt_core::Lattice for $counter {
            /// Takes the higher of each two counts: O(m log n), m and n = counts in `other` and `self`.
            fn join(&mut self, other: &Self) -> bool {
                self.$cells.join(&other.$cells)
            }

            fn leq(&self, other: &Self) -> bool {
                self.$cells.leq(&other.$cells)
            }

            fn is_bottom(&self) -> bool {
                self.$cells.is_empty()
            }
        }

        impl crdt_core::Decompose for $counter {
            /// One part for each count: a count is irreducible, since those of one cell form a chain.
            fn decompose(&self) -> impl Iterator<Item = Self> {
                let parts = self.$cells.decompose();
                parts.map(|$cells| Self { $cells })
            }

            fn diff(&self, base: &Self) -> Self {
                Self {
                    $cells: self.$cells.diff(&base.$cells),
                }
            }
        }

        impl crdt_core::DeltaState for $counter {
            type Delta = Self;
            type Error = core::convert::Infallible;

            fn apply_delta(&mut self, delta: &Self) -> Result<bool, Self::Error> {
                Ok(crdt_core::Lattice::join(self, delta))
            }

            fn check_delta(&self, _delta: &Self) -> Result<(), Self::Error> {
                Ok(())
            }

            fn news_of(&self, delta: &Self) -> Option<Self> {
                Some(crdt_core::Decompose::diff(delta, self))
            }

            fn written_by(delta: &Self, written: &mut crdt_core::WrittenSink<'_>) {
                for (agent, cell) in delta.$cells.iter() {
                    crate::agent_map::Cell::written_by(cell, agent, written);
                }
            }
        }

        impl crdt_core::Summarize for $counter {
            type Summary = Self;

            fn summary(&self) -> Self {
                self.clone()
            }

            fn delta_since(&self, known: &Self) -> Option<Self> {
                Some(crdt_core::Decompose::diff(self, known))
            }
        }

        impl crdt_core::Named for $counter {
            const NAME: &'static str = $name;
        }

        impl crdt_core::codec::Encode for $counter {
            fn encode(&self, w: &mut crdt_core::codec::Writer) {
                self.$cells.encode(w);
            }
        }

        impl crdt_core::codec::Decode for $counter {
            fn decode(
                r: &mut crdt_core::codec::Reader<'_>,
                budget: &mut crdt_core::codec::Budget,
            ) -> Result<Self, crdt_core::codec::DecodeError> {
                crdt_core::codec::Decode::decode(r, budget).map(|$cells| Self { $cells })
            }
        }
    };
}

pub(crate) use plain_lattice;
