//! Places are right in any text.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::GAZETTEER;

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let mut end = 0;
    for citation in GAZETTEER.citations(text) {
        prop_assert!(citation.start >= end, "{text:?}");
        prop_assert!(
            text.get(citation.range())
                .is_some_and(|part| !part.is_empty())
        );
        end = citation.end;
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_has_places_in_order(text in "\\PC{0,64}") {
        check_places(&text)?;
    }

    #[test]
    fn pieces_of_citations_have_places_in_order(
        parts in prop::collection::vec(
            prop::sample::select(PARTS.to_vec()),
            0..24,
        ),
    ) {
        check_places(&parts.concat())?;
    }
}

const PARTS: [&str; 44] = [
    "Nghị định ",
    "nghi dinh",
    " số ",
    "28",
    "/",
    "2013",
    "/NĐ-CP",
    "NĐ",
    "-",
    "–",
    "CP",
    "66-NQ/TW",
    "QH15",
    "Luật Đất đai",
    "luật",
    " này",
    "BLDS",
    " năm ",
    "2024",
    " (",
    ")",
    ", ",
    "; ",
    " và ",
    "Điều ",
    "khoản ",
    "điểm ",
    "1",
    "a",
    "đ",
    " đến ",
    " từ ",
    "của ",
    "Bộ Tư pháp",
    " ngày ",
    "15/4/2025",
    "Công văn",
    "\u{301}",
    "\u{200b}",
    "\n\n",
    " ",
    "é",
    "ban hành kèm theo ",
    "Điều này",
];
