//! The demo's agencies and the content that they start with.

/// An agency that has a node.
pub(crate) struct DemoAgency {
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) tagline: &'static str,
    /// Entries as JSON lines.
    pub(crate) content: &'static str,
}

pub(crate) const AGENCIES: [DemoAgency; 6] = [
    DemoAgency {
        slug: "so-tu-phap",
        name: "Sở Tư pháp",
        tagline: "Phổ biến, giáo dục pháp luật",
        content: include_str!("../content/so-tu-phap.jsonl"),
    },
    DemoAgency {
        slug: "cong-an-tinh",
        name: "Công an tỉnh",
        tagline: "Pháp luật và an ninh trật tự",
        content: include_str!("../content/cong-an-tinh.jsonl"),
    },
    DemoAgency {
        slug: "so-nn-mt",
        name: "Sở Nông nghiệp và Môi trường",
        tagline: "Đất đai, nông nghiệp, môi trường",
        content: include_str!("../content/so-nn-mt.jsonl"),
    },
    DemoAgency {
        slug: "bhxh-tinh",
        name: "Bảo hiểm xã hội tỉnh",
        tagline: "Chính sách bảo hiểm xã hội, bảo hiểm y tế",
        content: include_str!("../content/bhxh-tinh.jsonl"),
    },
    DemoAgency {
        slug: "ubnd-phuong-hac-thanh",
        name: "UBND phường Hạc Thành",
        tagline: "Pháp luật đến từng tổ dân phố",
        content: include_str!("../content/ubnd-phuong-hac-thanh.jsonl"),
    },
    DemoAgency {
        slug: "ubnd-xa-tho-xuan",
        name: "UBND xã Thọ Xuân",
        tagline: "Pháp luật đến từng thôn",
        content: include_str!("../content/ubnd-xa-tho-xuan.jsonl"),
    },
];
