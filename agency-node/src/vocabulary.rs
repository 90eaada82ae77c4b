//! The words that entries are described with, and what they are called where people read.

/// A word of a vocabulary: its slug and its Vietnamese label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) slug: &'static str,
    pub(crate) label: &'static str,
}

/// The label of `slug`; a slug that the vocabulary does not know stands for itself.
pub(crate) fn label<'a>(terms: &[Term], slug: &'a str) -> &'a str {
    terms
        .iter()
        .find(|term| term.slug == slug)
        .map_or(slug, |term| term.label)
}

const fn term(slug: &'static str, label: &'static str) -> Term {
    Term { slug, label }
}

/// The legal fields, as the province's hub names them.
pub(crate) const FIELDS: &[Term] = &[
    term("hien-phap-bo-may", "Hiến pháp, bộ máy nhà nước, bầu cử"),
    term("thu-tuc-hanh-chinh", "Thủ tục hành chính, dịch vụ công"),
    term("khieu-nai-to-cao", "Khiếu nại, tố cáo, tiếp công dân"),
    term("can-bo-cong-chuc", "Cán bộ, công chức, viên chức"),
    term("dan-su", "Dân sự: hợp đồng, tài sản, thừa kế"),
    term("hon-nhan-gia-dinh", "Hôn nhân và gia đình"),
    term(
        "binh-dang-gioi-blgd",
        "Bình đẳng giới; phòng, chống bạo lực gia đình",
    ),
    term("tre-em", "Trẻ em"),
    term(
        "ho-tich-chung-thuc",
        "Hộ tịch, quốc tịch, chứng thực, công chứng",
    ),
    term("cu-tru-can-cuoc", "Cư trú, căn cước, xuất nhập cảnh"),
    term("hinh-su", "Hình sự"),
    term("thi-hanh-an", "Thi hành án, tái hòa nhập cộng đồng"),
    term("to-tung", "Tố tụng, tòa án, viện kiểm sát"),
    term("xu-ly-vi-pham-hanh-chinh", "Xử lý vi phạm hành chính"),
    term("an-ninh-trat-tu", "An ninh, trật tự an toàn xã hội"),
    term("ma-tuy", "Phòng, chống ma túy"),
    term("giao-thong", "Trật tự, an toàn giao thông"),
    term("pccc", "Phòng cháy, chữa cháy và cứu nạn, cứu hộ"),
    term(
        "an-ninh-mang-du-lieu",
        "An ninh mạng, dữ liệu cá nhân, thông tin truyền thông",
    ),
    term(
        "quoc-phong-bien-gioi",
        "Quốc phòng, nghĩa vụ quân sự, biên giới",
    ),
    term("dat-dai", "Đất đai"),
    term("xay-dung-nha-o", "Xây dựng, nhà ở, đô thị"),
    term("moi-truong", "Tài nguyên, môi trường"),
    term("nong-lam-ngu", "Nông nghiệp, lâm nghiệp, thủy sản"),
    term("doanh-nghiep-dau-tu", "Doanh nghiệp, đầu tư, hộ kinh doanh"),
    term("thue-tai-chinh", "Thuế, phí, tài chính, ngân hàng"),
    term("thuong-mai-tieu-dung", "Thương mại, bảo vệ người tiêu dùng"),
    term(
        "so-huu-tri-tue-khcn",
        "Sở hữu trí tuệ, khoa học công nghệ, chuyển đổi số",
    ),
    term("lao-dong-viec-lam", "Lao động, việc làm, công đoàn"),
    term("bao-hiem", "Bảo hiểm xã hội, bảo hiểm y tế"),
    term(
        "an-sinh-nguoi-co-cong",
        "An sinh xã hội, người có công, người khuyết tật, người cao tuổi",
    ),
    term("y-te-attp", "Y tế, dân số, an toàn thực phẩm"),
    term("giao-duc", "Giáo dục và đào tạo"),
    term("van-hoa-du-lich", "Văn hóa, thể thao, du lịch, báo chí"),
    term("dan-toc-ton-giao", "Dân tộc, tín ngưỡng, tôn giáo"),
    term(
        "tro-giup-phap-ly",
        "Trợ giúp pháp lý, luật sư, tư vấn pháp luật",
    ),
    term("hoa-giai-co-so", "Hòa giải ở cơ sở"),
    term(
        "pbgdpl",
        "Công tác phổ biến, giáo dục pháp luật; văn bản pháp luật",
    ),
    term(
        "phong-chong-tham-nhung",
        "Phòng, chống tham nhũng, lãng phí",
    ),
];

/// Whom an entry is for.
pub(crate) const AUDIENCES: &[Term] = &[
    term("nguoi-dan", "Người dân (nói chung)"),
    term("doanh-nghiep", "Doanh nghiệp, hợp tác xã, hộ kinh doanh"),
    term(
        "can-bo-cong-chuc",
        "Cán bộ, công chức, viên chức, lực lượng vũ trang",
    ),
    term("hoc-sinh-sinh-vien", "Học sinh, sinh viên"),
    term("thanh-thieu-nien", "Thanh thiếu niên"),
    term("tre-em", "Trẻ em và người chăm sóc trẻ em"),
    term("phu-nu", "Phụ nữ"),
    term("nguoi-cao-tuoi", "Người cao tuổi"),
    term(
        "nguoi-dan-toc-thieu-so",
        "Người dân vùng dân tộc thiểu số, miền núi, biên giới, ven biển, hải đảo, vùng đặc biệt khó khăn",
    ),
    term("ngu-dan", "Ngư dân"),
    term("nong-dan", "Nông dân"),
    term("nguoi-lao-dong", "Người lao động trong doanh nghiệp"),
    term("nan-nhan-blgd", "Nạn nhân bạo lực gia đình"),
    term("nguoi-khuyet-tat", "Người khuyết tật"),
    term(
        "nguoi-chap-hanh-an-tu",
        "Người đang chấp hành hình phạt tù; người ở trường giáo dưỡng, cơ sở giáo dục bắt buộc, cơ sở cai nghiện bắt buộc",
    ),
    term(
        "nguoi-an-treo-giao-duc-tai-xa",
        "Người bị giáo dục tại xã, phường; người được hưởng án treo; người tái hòa nhập",
    ),
    term(
        "nguoi-co-cong-nguoi-ngheo",
        "Người có công, người nghèo, đối tượng chính sách",
    ),
    term(
        "hoa-giai-vien-tuyen-truyen-vien",
        "Hòa giải viên, báo cáo viên, tuyên truyền viên pháp luật",
    ),
];
