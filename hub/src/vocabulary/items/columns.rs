//! The parts of the vocabulary that are edited item by item, and their columns.

/// A part of the vocabulary that is edited item by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Fields,
    Audiences,
    Situations,
    Synonyms,
    Laws,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A text, or none.
    Optional,
    /// Several, one on a line.
    Lines,
    Number,
}

/// A column of a part.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    pub shape: Shape,
    /// What is right, in words.
    pub rule: &'static str,
}

impl Part {
    pub const ALL: [Self; 5] = [
        Self::Fields,
        Self::Audiences,
        Self::Situations,
        Self::Synonyms,
        Self::Laws,
    ];

    /// The word that stands for it in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fields => "linh-vuc",
            Self::Audiences => "doi-tuong",
            Self::Situations => "tinh-huong",
            Self::Synonyms => "dong-nghia",
            Self::Laws => "luat",
        }
    }

    /// The part that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fields => "Lĩnh vực",
            Self::Audiences => "Đối tượng",
            Self::Situations => "Tình huống",
            Self::Synonyms => "Từ đồng nghĩa",
            Self::Laws => "Luật",
        }
    }

    /// What is filled in of an item.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Fields => FIELDS,
            Self::Audiences => AUDIENCES,
            Self::Situations => SITUATIONS,
            Self::Synonyms => SYNONYMS,
            Self::Laws => LAWS,
        }
    }
}

const fn column(
    name: &'static str,
    label: &'static str,
    shape: Shape,
    rule: &'static str,
) -> Column {
    Column {
        name,
        label,
        shape,
        rule,
    }
}

const SLUG: Column = column(
    "slug",
    "Tên trong địa chỉ",
    Shape::Text,
    "Chữ thường không dấu, số và dấu gạch nối, như “dat-dai”; mỗi tên một lần.",
);
const LABEL: Column = column(
    "label",
    "Tên",
    Shape::Text,
    "Tên đọc được, dài nhất 300 ký tự.",
);
const ENGLISH: Column = column(
    "english",
    "Tên tiếng Anh",
    Shape::Text,
    "Dài nhất 300 ký tự.",
);
const CUES: Column = column(
    "cues",
    "Cụm từ nhận biết",
    Shape::Lines,
    "Mỗi dòng một cụm từ, không lặp lại.",
);

const FIELDS: &[Column] = &[
    SLUG,
    LABEL,
    ENGLISH,
    column(
        "keywords",
        "Từ khóa",
        Shape::Lines,
        "Mỗi dòng một cụm từ mà bài thuộc lĩnh vực này dùng, không lặp lại.",
    ),
    column(
        "hints",
        "Từ gợi ý",
        Shape::Lines,
        "Mỗi dòng một cụm từ mà bài khác cũng dùng; tính chưa đến một nửa.",
    ),
    column(
        "forms",
        "Hình thức",
        Shape::Lines,
        "Mỗi dòng một hình thức tuyên truyền, như “phiên tòa giả định”.",
    ),
];
const AUDIENCES: &[Column] = &[
    SLUG,
    LABEL,
    ENGLISH,
    column(
        "law",
        "Căn cứ",
        Shape::Optional,
        "Điều luật nêu nhóm này; có thể để trống.",
    ),
    CUES,
];
const SITUATIONS: &[Column] = &[
    column(
        "group",
        "Nhóm",
        Shape::Text,
        "Tên trong địa chỉ của một nhóm đã có.",
    ),
    SLUG,
    LABEL,
    CUES,
];
const SYNONYMS: &[Column] = &[
    column(
        "term",
        "Từ thường dùng",
        Shape::Text,
        "Như “sổ đỏ”; mỗi cặp từ một lần.",
    ),
    column(
        "legal",
        "Từ trong luật",
        Shape::Text,
        "Như “giấy chứng nhận quyền sử dụng đất”.",
    ),
    column(
        "kind",
        "Loại",
        Shape::Text,
        "Một trong: colloquial (nói thường ngày), abbr (viết tắt), spelling (cách viết), renamed (đổi tên), formal (trang trọng).",
    ),
    column("note", "Ghi chú", Shape::Optional, "Có thể để trống."),
];
const LAWS: &[Column] = &[
    column(
        "number",
        "Số hiệu",
        Shape::Optional,
        "Như “31/2024/QH15”; mỗi số một lần.",
    ),
    column("title", "Tên luật", Shape::Text, "Như “Luật Đất đai”."),
    column("year", "Năm", Shape::Number, "Từ 1945 đến 2100."),
    column(
        "effective",
        "Ngày có hiệu lực",
        Shape::Optional,
        "Dạng 2024-08-01; có thể để trống.",
    ),
    column(
        "aliases",
        "Tên khác",
        Shape::Lines,
        "Mỗi dòng một tên, như “BLDS”.",
    ),
    column(
        "field",
        "Lĩnh vực",
        Shape::Optional,
        "Tên trong địa chỉ của một lĩnh vực đã có.",
    ),
    column(
        "replaced_by",
        "Được thay bằng",
        Shape::Optional,
        "Số hiệu của một luật trong danh sách; có thể để trống.",
    ),
];
