//! Where in a document a problem is, as editors count.

use std::borrow::Cow;

use crate::encoding;
use crate::parse::{Hints, without_controls};
use crate::problem::{Problem, Problems};
use crate::survey::survey;

/// A place in a document; both numbers begin at 1, columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// Characters, counted from 1.
    pub column: usize,
}

/// The place of each problem, `None` where its position is not known. The bytes and the hints are
/// those that [`crate::parse`] was given; where it dropped control characters before a problem, the
/// column is that much too small.
///
/// ```
/// let document = b"<rss>\n <channel><title>A & B</title>";
/// let parsed = feeds::parse(document, &feeds::Hints::default())?;
/// let places = feeds::places(document, &feeds::Hints::default(), &parsed.problems);
/// assert!(places.contains(&Some(feeds::Place { line: 2, column: 20 })));
/// # Ok::<(), feeds::NotAFeed>(())
/// ```
pub fn places(bytes: &[u8], hints: &Hints<'_>, problems: &[Problem]) -> Vec<Option<Place>> {
    let mut known_already = Problems::default();
    let (mut text, _) = encoding::decode(bytes, hints.content_type, &mut known_already);
    if survey(&text).has_controls {
        text = Cow::Owned(without_controls(&text, &mut known_already));
    }
    let known = problems.iter().enumerate();
    let mut known: Vec<(usize, usize)> = known
        .filter_map(|(index, problem)| Some((problem.position?, index)))
        .collect();
    known.sort_unstable();
    let mut places = vec![None; problems.len()];
    let mut place = Place { line: 1, column: 1 };
    let mut passed = 0;
    for (position, index) in known {
        let position = text.floor_char_boundary(position);
        let between = &text[passed..position];
        place.line += memchr::memchr_iter(b'\n', between.as_bytes()).count();
        place.column = match between.rfind('\n') {
            Some(end) => between[end + 1..].chars().count() + 1,
            None => place.column + between.chars().count(),
        };
        passed = position;
        places[index] = Some(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemCode;

    #[test]
    fn places_are_right_behind_what_was_dropped() {
        let text = format!("<rss><!--{}-->\n<channel>\n\n A & B", "\u{1}".repeat(170));
        let parsed = crate::parse(text.as_bytes(), &Hints::default()).unwrap();
        let of = |document: &str, parsed: &crate::Parsed, code| {
            let problem = parsed.problems.iter().find(|problem| problem.code == code);
            let problem = problem.unwrap().clone();
            places(document.as_bytes(), &Hints::default(), &[problem])[0]
        };
        let place = of(&text, &parsed, ProblemCode::BareAmpersand);
        assert_eq!(place, Some(Place { line: 4, column: 4 }));
        let text = "\n\n{\"version\":\"https://jsonfeed.org/version/1.1\",\n\"items\":[";
        let parsed = crate::parse(text.as_bytes(), &Hints::default()).unwrap();
        let place = of(text, &parsed, ProblemCode::Truncated);
        assert_eq!(
            place,
            Some(Place {
                line: 4,
                column: 10
            })
        );
    }

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "đầu\n<a>\r\nsở & x";
        let table = [
            (Some(text.len() + 9), Some((3, 7))),
            (Some(0), Some((1, 1))),
            (None, None),
            (text.find('<'), Some((2, 1))),
            (text.find('&'), Some((3, 4))),
            (text.find('&'), Some((3, 4))),
        ];
        let problems = table.map(|(position, _)| Problem {
            code: ProblemCode::BareAmpersand,
            position,
            found: None,
        });
        let places = places(text.as_bytes(), &Hints::default(), &problems);
        let found: Vec<_> = places
            .iter()
            .map(|place| place.map(|place| (place.line, place.column)))
            .collect();
        assert_eq!(found, table.map(|(_, place)| place));
    }
}
