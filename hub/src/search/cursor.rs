//! Where a page of results begins: behind an entry of the page before, whatever has changed since.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The order of results: points, then date, then id. It is total, so pages do not overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rank {
    pub(super) points: f32,
    /// Microseconds since 1970.
    pub(super) listed_at: i64,
    pub(super) id: i64,
}

impl Eq for Rank {}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.points
            .total_cmp(&other.points)
            .then_with(|| self.listed_at.cmp(&other.listed_at))
            .then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A place in the results of a query; as text it is opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The moment to which freshness refers, in microseconds since 1970: all pages have the same.
    pub(super) now: i64,
    /// The entry behind which the page begins.
    pub(super) last: Rank,
}

/// A text is no [`Cursor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the results; take it from the page before, unchanged")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rank {
            points,
            listed_at,
            id,
        } = self.last;
        write!(
            f,
            "{:x}.{:x}.{listed_at:x}.{id:x}",
            self.now,
            points.to_bits()
        )
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        // Negative numbers are written as their two's complement.
        let number = |part: &str| {
            u64::from_str_radix(part, 16)
                .map(u64::cast_signed)
                .map_err(|_| CursorError)
        };
        let [now, points, listed_at, id] = text
            .split('.')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| CursorError)?;
        let points = u32::from_str_radix(points, 16).map_err(|_| CursorError)?;
        Ok(Self {
            now: number(now)?,
            last: Rank {
                points: f32::from_bits(points),
                listed_at: number(listed_at)?,
                id: number(id)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        for (points, listed_at, id) in [(0.0, 0, 1), (12.5, -1, i64::MAX), (f32::MAX, i64::MIN, 7)]
        {
            let cursor = Cursor {
                now: 1_763_860_000_000_000,
                last: Rank {
                    points,
                    listed_at,
                    id,
                },
            };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in [
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "x.1.1.1",
            "1.100000000.1.1",
            "1.-1.1.1",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
