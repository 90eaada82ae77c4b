//! The parts of the vocabulary, all of which are edited item by item, and their columns.

/// A part of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Fields,
    Audiences,
    Groups,
    Situations,
    Synonyms,
    Stopwords,
    Laws,
    DocumentTypes,
    Issuers,
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
    /// `true` or `false`.
    YesNo,
    /// One of these: value and label.
    OneOf(&'static [(&'static str, &'static str)]),
    /// What names an item of another part.
    Of(Part),
    /// The same, or none.
    OptionalOf(Part),
    /// Several of them, one on a line.
    SeveralOf(Part),
}

impl Shape {
    /// What there is to choose from, whatever else the vocabulary holds: value and label.
    pub fn choices(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::YesNo => &[("true", "Có"), ("false", "Không")],
            Self::OneOf(choices) => choices,
            _ => &[],
        }
    }
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
    pub const ALL: [Self; 9] = [
        Self::Fields,
        Self::Audiences,
        Self::Groups,
        Self::Situations,
        Self::Synonyms,
        Self::Stopwords,
        Self::Laws,
        Self::DocumentTypes,
        Self::Issuers,
    ];

    /// The word that stands for it in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fields => "linh-vuc",
            Self::Audiences => "doi-tuong",
            Self::Groups => "nhom-tinh-huong",
            Self::Situations => "tinh-huong",
            Self::Synonyms => "dong-nghia",
            Self::Stopwords => "tu-bo-qua",
            Self::Laws => "luat",
            Self::DocumentTypes => "loai-van-ban",
            Self::Issuers => "co-quan-ban-hanh",
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
            Self::Groups => "Nhóm tình huống",
            Self::Situations => "Tình huống",
            Self::Synonyms => "Từ đồng nghĩa",
            Self::Stopwords => "Từ bỏ qua",
            Self::Laws => "Luật",
            Self::DocumentTypes => "Loại văn bản",
            Self::Issuers => "Cơ quan ban hành",
        }
    }

    /// What it is for, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Fields => "Lĩnh vực pháp luật mà bài được xếp vào.",
            Self::Audiences => "Những người mà bài viết cho.",
            Self::Groups => "Các tình huống đời sống đi cùng nhau trên cổng.",
            Self::Situations => "Việc cụ thể mà người dân gặp.",
            Self::Synonyms => "Từ của người dân ứng với từ trong luật.",
            Self::Stopwords => "Từ nói lên ít điều: phân loại và tìm kiếm coi nhẹ.",
            Self::Laws => "Luật mà bài dẫn theo tên.",
            Self::DocumentTypes => "Loại văn bản trong số hiệu, như NĐ, TT.",
            Self::Issuers => "Cơ quan trong số hiệu, như CP, UBND.",
        }
    }

    /// What is filled in of an item.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Fields => FIELDS,
            Self::Audiences => AUDIENCES,
            Self::Groups => GROUPS,
            Self::Situations => SITUATIONS,
            Self::Synonyms => SYNONYMS,
            Self::Stopwords => STOPWORDS,
            Self::Laws => LAWS,
            Self::DocumentTypes => DOCUMENT_TYPES,
            Self::Issuers => ISSUERS,
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
const GROUPS: &[Column] = &[
    SLUG,
    LABEL,
    column(
        "fields",
        "Lĩnh vực",
        Shape::SeveralOf(Part::Fields),
        "Những lĩnh vực mà các tình huống của nhóm chạm đến.",
    ),
];
const SITUATIONS: &[Column] = &[
    column("group", "Nhóm", Shape::Of(Part::Groups), "Một nhóm đã có."),
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
        Shape::OneOf(KINDS),
        "Từ thường dùng là cách nói như thế nào.",
    ),
    column("note", "Ghi chú", Shape::Optional, "Có thể để trống."),
];
/// How a citizen's word stands to the legal one.
const KINDS: &[(&str, &str)] = &[
    ("colloquial", "nói thường ngày"),
    ("abbr", "viết tắt"),
    ("spelling", "cách viết khác"),
    ("renamed", "tên cũ"),
    ("formal", "trang trọng"),
];
const STOPWORDS: &[Column] = &[column(
    "word",
    "Từ",
    Shape::Text,
    "Một từ hoặc cụm từ nói lên ít điều, như “là”, “của”; mỗi từ một lần.",
)];
const DOCUMENT_TYPES: &[Column] = &[
    SLUG,
    LABEL,
    column(
        "abbr",
        "Chữ viết tắt",
        Shape::Text,
        "Như trong số hiệu: “NĐ”; để trống nếu số hiệu không ghi.",
    ),
    column(
        "normative",
        "Quy phạm pháp luật",
        Shape::YesNo,
        "Văn bản loại này có đặt quy tắc chung không.",
    ),
    column(
        "example",
        "Ví dụ",
        Shape::Text,
        "Một số hiệu của loại này, như “28/2013/NĐ-CP”.",
    ),
];
const ISSUERS: &[Column] = &[
    column(
        "abbr",
        "Chữ viết tắt",
        Shape::Text,
        "Như trong số hiệu: “UBND”; mỗi cơ quan một lần.",
    ),
    LABEL,
    column(
        "note",
        "Ghi chú",
        Shape::Text,
        "Điều biên tập viên nên biết; có thể để trống.",
    ),
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
        Shape::OptionalOf(Part::Fields),
        "Một lĩnh vực đã có; có thể để trống.",
    ),
    column(
        "replaced_by",
        "Được thay bằng",
        Shape::Optional,
        "Số hiệu của một luật trong danh sách; có thể để trống.",
    ),
];
