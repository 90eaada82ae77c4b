//! Texts of a publisher's, no longer than a page can show.

/// Characters of what is no more than a name.
pub(super) const MAX_SHORT: usize = 200;

/// At most so many characters, cut between words, with an ellipsis where something is missing.
/// Control characters, which JSON can carry and no page can show, are dropped; the Icelandic eth
/// becomes the letter that was meant.
pub(super) fn shorten(text: &str, characters: usize) -> String {
    let mut text = law::text::clean(text.trim());
    // In UTF-8 every control character is, or begins with, one of these.
    if text
        .bytes()
        .any(|byte| matches!(byte, 0..=0x1f | 0x7f | 0xc2))
    {
        text.retain(|c| !c.is_control() || c.is_whitespace());
    }
    let Some((end, _)) = text.char_indices().nth(characters) else {
        return text;
    };
    let kept = &text[..end];
    let kept = kept.rsplit_once(' ').map_or(kept, |(before, _)| before);
    format!("{}…", kept.trim_end_matches([',', ';', '.', ' ']))
}

/// At most so many bytes, cut between characters.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// A name, or nothing.
pub(super) fn short(value: Option<&str>) -> Option<String> {
    value
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| shorten(value, MAX_SHORT))
}
