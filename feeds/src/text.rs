//! What a [`Text`] looks like to a person and to a browser.

use std::borrow::Cow;

use crate::html;
use crate::model::Text;

impl Text {
    /// The normal form of markup: without a single tag it is plain text.
    ///
    /// ```
    /// use feeds::Text;
    /// assert_eq!(Text::from_html("Luật &amp; đời"), Text::Plain("Luật & đời".into()));
    /// assert_eq!(Text::from_html("a<br>b"), Text::Html("a<br>b".into()));
    /// ```
    pub fn from_html(markup: impl Into<String>) -> Self {
        let markup = markup.into();
        if html::has_tags(&markup) {
            return Self::Html(markup);
        }
        match html::decode_entities(&markup) {
            Cow::Owned(decoded) => Self::Plain(decoded),
            Cow::Borrowed(_) => Self::Plain(markup),
        }
    }

    /// Text of a format that does not say whether it is HTML: it is where a known tag stands in it.
    pub fn sniffed(text: impl Into<String>) -> Self {
        let text = text.into();
        if html::has_known_tags(&text) {
            return Self::Html(text);
        }
        match html::decode_entities(&text) {
            Cow::Owned(decoded) => Self::Plain(decoded),
            Cow::Borrowed(_) => Self::Plain(text),
        }
    }

    /// What a person sees: tags, comments, scripts and styles dropped, entities decoded, white
    /// space collapsed, invisible characters removed.
    pub fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Plain(text) => html::collapse_white_space(text),
            Self::Html(markup) => Cow::Owned(html::visible_text(markup)),
        }
    }

    /// As HTML markup: escaped when plain, not cleaned when HTML.
    pub fn html(&self) -> Cow<'_, str> {
        match self {
            Self::Plain(text) => html::escape(text),
            Self::Html(markup) => Cow::Borrowed(markup),
        }
    }

    /// The characters as they stand, whatever they mean.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Html(text) => text,
        }
    }

    /// Whether nothing but white space stands in it.
    pub fn is_blank(&self) -> bool {
        self.as_str().trim().is_empty()
    }
}

/// As [`str::trim`], and quicker where nothing is to be cut off.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_text_is_what_a_person_sees() {
        let table = [
            ("<p>Một</p><p>hai &amp; ba</p>", "Một hai & ba"),
            (
                "a<script>if (a<b) alert('</p>')</script>b<style>p{}</style>",
                "ab",
            ),
            ("Điều&nbsp;12<!-- ẩn --> khoản&#32;3", "Điều 12 khoản 3"),
            ("x <y", "x <y"),
            ("học\u{200b} <b>đường</b>", "học đường"),
            ("<a title='1 > 0'>liên kết</a>", "liên kết"),
            ("mở <b", "mở <b"),
            ("<!--[if gte mso 9]><xml></xml><![endif]-->thân", "thân"),
        ];
        for (markup, expected) in table {
            assert_eq!(Text::Html(markup.into()).plain(), expected, "{markup}");
        }
    }

    #[test]
    fn text_without_tags_is_plain_however_it_came() {
        assert_eq!(Text::from_html("1 &lt; 2"), Text::Plain("1 < 2".into()));
        assert_eq!(
            Text::sniffed("List<String> x"),
            Text::Plain("List<String> x".into())
        );
        assert_eq!(Text::sniffed("<b>x</b>"), Text::Html("<b>x</b>".into()));
        assert_eq!(Text::Plain("1 < 2".into()).html(), "1 &lt; 2");
    }
}
