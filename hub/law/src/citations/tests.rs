//! What the reader of citations promises, on the vocabulary that a new hub starts with.

mod news;
mod places;

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::evaluate::{Judged, evaluate};
use super::*;
use crate::vocabulary;

static GAZETTEER: LazyLock<Gazetteer> =
    LazyLock::new(|| Gazetteer::new(&vocabulary::starting().unwrap()).unwrap());

fn shared(name: &str) -> String {
    let path = format!(
        "{}/../../../shared/domain/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("the domain's data must stand at {path}: {error}"))
}

fn judged() -> Vec<Judged> {
    shared("citations.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_judged_set_is_found_exactly() {
    let judged = judged();
    assert!(judged.len() > 80);
    let scores = evaluate(&GAZETTEER, &judged);
    let misses = serde_json::to_string_pretty(&scores.misses).unwrap();
    assert!(scores.f1() >= 0.98, "F1 is {:.4}: {misses}", scores.f1());
}

/// A citation in one line: `luat Luật Đất đai 2024 QH, Điều 5 khoản 1`.
fn line(cited: &Cited) -> String {
    let mut line = String::new();
    let year = cited.year.map(|year| year.to_string());
    let parts = [
        ("", &cited.document_type),
        ("", &cited.number),
        ("", &cited.title),
        ("", &year),
        ("", &cited.issuer),
        ("ngày ", &cited.date),
        ("Điều ", &cited.article),
        ("khoản ", &cited.clause),
        ("điểm ", &cited.point),
    ];
    for (word, part) in parts {
        if let Some(part) = part {
            line.push_str(word);
            line.push_str(part);
            line.push(' ');
        }
    }
    line.push_str(if cited.inferred { "(suy ra)" } else { "" });
    line.trim_end().to_owned()
}

fn lines(text: &str) -> Vec<String> {
    let citations = GAZETTEER.citations(text);
    citations.iter().map(|found| line(&found.cited)).collect()
}

fn check(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(lines(text), *expected, "{text}");
    }
}

#[test]
fn numbers_name_type_year_and_issuer() {
    check(&[
        (
            "Quyết định số 58/2025/QĐ-UBND và Nghị quyết số 18/2025/NQ-HĐND",
            &[
                "quyet-dinh 58/2025/QĐ-UBND 2025 UBND",
                "nghi-quyet 18/2025/NQ-HĐND 2025 HĐND",
            ],
        ),
        (
            "Nghị quyết số 198/2025/QH15, Nghị quyết 954/2020/UBTVQH14",
            &[
                "nghi-quyet 198/2025/QH15 2025 QH",
                "nghi-quyet 954/2020/UBTVQH14 2020 UBTVQH",
            ],
        ),
        (
            "Pháp lệnh số 02/2020/UBTVQH14; 91/2015/QH13; 999/2025/QH15",
            &[
                "phap-lenh 02/2020/UBTVQH14 2020 UBTVQH",
                "bo-luat 91/2015/QH13 2015 QH",
                "luat 999/2025/QH15 2025 QH",
            ],
        ),
        (
            "Chỉ thị số 28-CT/TU, Quyết định 244-QĐ/TW, quy định số 114-QĐ/TW, 115-QĐ/TW",
            &[
                "chi-thi 28-CT/TU TU",
                "quyet-dinh 244-QĐ/TW TW",
                "quy-dinh 114-QĐ/TW TW",
                "quy-dinh 115-QĐ/TW TW",
            ],
        ),
        (
            "Công văn của Sở Tư pháp số 1301/STP-NV1 và số 1302/STP-NV2",
            &["cong-van 1301/STP-NV1 STP", "cong-van 1302/STP-NV2 STP"],
        ),
        (
            "CV số 5436/BTP-PB&TG; văn bản 612/STTTT-CNTT",
            &["cong-van 5436/BTP-PB&TG BTP"],
        ),
        (
            "14/2014/TTLT-BTP-UBTWMTTQVN, 05/2005/TTLT/BTP-BCA",
            &[
                "thong-tu-lien-tich 14/2014/TTLT-BTP-UBTWMTTQVN 2014 BTP-UBTWMTTQVN",
                "thong-tu-lien-tich 05/2005/TTLT/BTP-BCA 2005 BTP-BCA",
            ],
        ),
        (
            "thông tư 08/2021/tt-bgdđt, Quyet dinh 12/2020/QD-BLDTBXH, ctr 90/ctr-ubnd",
            &[
                "thong-tu 08/2021/TT-BGDĐT 2021 BGDĐT",
                "quyet-dinh 12/2020/QĐ-BLĐTBXH 2020 BLĐTBXH",
                "chuong-trinh 90/CTr-UBND UBND",
            ],
        ),
        (
            "Thông báo số 145/TB-UBND, Đề án 352/ĐA-CP, Phương án số 41/PA-UBND",
            &[
                "thong-bao 145/TB-UBND UBND",
                "de-an 352/ĐA-CP CP",
                "to-trinh-khac 41/PA-UBND UBND",
            ],
        ),
    ]);
}

#[test]
fn spellings_of_a_number_are_one() {
    for text in [
        "Nghị định số 168/2024/NĐ-CP",
        "NGHỊ ĐỊNH SỐ 168/2024/NĐ-CP",
        "nghị định 168/2024/nđ-cp",
        "nghi dinh so 168/2024/nd-cp",
        "nghị định 168/2024/NÐ-CP",
        "168 /2024/ NĐ - CP",
        "168/2024/NĐ—CP",
        "168/2024/NĐ\u{2011}CP",
        "168/2024/\nNĐ-CP",
        "168/2024/N\u{200b}Đ-CP",
        "168/2024-NĐ-CP",
        "số: 168/2024/NĐ-CP",
        "số168/2024/NĐ-CP",
        "NĐ168/2024/NĐ-CP",
        "168/2024/NĐCP",
        "“168/2024/NĐ-CP”",
        "-168/2024/NĐ-CP",
        "168/2024/NĐ-CP.pdf",
        "168/2024/NĐ-CP - Chính phủ",
    ] {
        assert_eq!(lines(text), ["nghi-dinh 168/2024/NĐ-CP 2024 CP"], "{text}");
    }
}

#[test]
fn numbers_are_completed_only_from_what_leaves_no_choice() {
    check(&[
        (
            "Nghị định 168/2024, nđ 100/2019; nghị định số 123 năm 2024, Nghị định 5 (2020)",
            &[
                "nghi-dinh 168/2024/NĐ-CP 2024 CP (suy ra)",
                "nghi-dinh 100/2019/NĐ-CP 2019 CP (suy ra)",
                "nghi-dinh 123/2024/NĐ-CP 2024 CP (suy ra)",
                "nghi-dinh 5/2020/NĐ-CP 2020 CP (suy ra)",
            ],
        ),
        (
            "các Nghị định 168/2024 và 123/2021",
            &[
                "nghi-dinh 168/2024/NĐ-CP 2024 CP (suy ra)",
                "nghi-dinh 123/2021/NĐ-CP 2021 CP (suy ra)",
            ],
        ),
        (
            "Thông tư 17/2025 của Bộ Tư pháp, Thông tư 18/2025",
            &["thong-tu 17/2025/TT-BTP 2025 BTP (suy ra)"],
        ),
        (
            "Luật số 31/2024; Luật 999/2024",
            &["luat 31/2024/QH15 2024 QH (suy ra)"],
        ),
    ]);
}

#[test]
fn laws_go_by_title_or_alias_with_year_and_number() {
    check(&[
        (
            "Luật Việc làm năm 2025 (số 74/2025/QH15)",
            &["luat 74/2025/QH15 Luật Việc làm 2025 QH"],
        ),
        (
            "Luật số 35/2013/QH13 (Luật Hòa giải ở cơ sở)",
            &["luat 35/2013/QH13 Luật Hòa giải ở cơ sở 2013 QH"],
        ),
        (
            "Bộ luật Hình sự năm 2015 (sửa đổi, bổ sung năm 2017)",
            &["bo-luat Bộ luật Hình sự 2015 QH"],
        ),
        (
            "Luật Bảo hiểm xã hội (sửa đổi) năm 2024",
            &["luat Luật Bảo hiểm xã hội 2024 QH"],
        ),
        (
            "BLDS 2015, blhs; Luật HN&GĐ năm 2014; HP 2013; LĐĐ, lđđ",
            &[
                "bo-luat Bộ luật Dân sự 2015 QH",
                "bo-luat Bộ luật Hình sự QH",
                "luat Luật Hôn nhân và gia đình 2014 QH",
                "hien-phap Hiến pháp 2013 QH",
                "luat Luật Đất đai QH",
            ],
        ),
        (
            "LUẬT ĐẤT ĐAI NĂM 2024; luat hoa giai o co so; Luật Xử lí vi phạm hành chính",
            &[
                "luat Luật Đất đai 2024 QH",
                "luat Luật Hòa giải ở cơ sở QH",
                "luat Luật Xử lý vi phạm hành chính QH",
            ],
        ),
        (
            "Luật Phòng chống tham nhũng 2018; Luật Phòng,chống ma túy; Luật Hôn nhân gia đình",
            &[
                "luat Luật Phòng, chống tham nhũng 2018 QH",
                "luat Luật Phòng, chống ma túy QH",
                "luat Luật Hôn nhân và gia đình QH",
            ],
        ),
        (
            "Pháp lệnh Ưu đãi người có công năm 2020; công bố Luật Đất đai",
            &[
                "phap-lenh Pháp lệnh Ưu đãi người có công với cách mạng 2020 UBTVQH",
                "luat Luật Đất đai QH",
            ],
        ),
        (
            "Luật sửa đổi, bổ sung một số điều của Luật Đất đai số 11/2022/QH15",
            &["luat Luật Đất đai QH", "luat 11/2022/QH15 2022 QH"],
        ),
        (
            "Luật Khiếu nại, Luật Tố cáo và Luật Luật sư",
            &[
                "luat Luật Khiếu nại QH",
                "luat Luật Tố cáo QH",
                "luat Luật Luật sư QH",
            ],
        ),
    ]);
}

#[test]
fn days_beside_a_document_are_its_days_of_issue() {
    check(&[
        (
            "Quyết định số 766/QĐ-TTg của Thủ tướng Chính phủ ngày 15/4/2025",
            &["quyet-dinh 766/QĐ-TTg 2025 TTg ngày 2025-04-15"],
        ),
        (
            "Kế hoạch số 37/KH-UBND của UBND tỉnh Thanh Hóa ngày 10/2/2026",
            &["ke-hoach 37/KH-UBND 2026 UBND ngày 2026-02-10"],
        ),
        (
            "Kế hoạch số 37/KH-UBND của UBND tỉnh tổ chức hội nghị ngày 10/2/2026",
            &["ke-hoach 37/KH-UBND UBND"],
        ),
        (
            "Quyết định 12/QĐ-UBND (15/4/2025); 13/QĐ-UBND ban hành ngày 1.2.2025",
            &[
                "quyet-dinh 12/QĐ-UBND 2025 UBND ngày 2025-04-15",
                "quyet-dinh 13/QĐ-UBND 2025 UBND ngày 2025-02-01",
            ],
        ),
        (
            "Nghị định số 28/2013/NĐ-CP có hiệu lực từ ngày 01/6/2013",
            &["nghi-dinh 28/2013/NĐ-CP 2013 CP"],
        ),
        (
            "Luật Hộ tịch ngày 20 tháng 11 năm 2014; Quyết định 4216/QĐ-UBND (2020)",
            &[
                "luat Luật Hộ tịch 2014 QH ngày 2014-11-20",
                "quyet-dinh 4216/QĐ-UBND 2020 UBND",
            ],
        ),
        (
            "Quyết định 12/QĐ-UBND ngày 31/2/2025",
            &["quyet-dinh 12/QĐ-UBND UBND"],
        ),
    ]);
}

#[test]
fn provisions_belong_to_the_document_beside_them() {
    check(&[
        (
            "Khoản 3 của Điều 5 của Luật Trẻ em",
            &["luat Luật Trẻ em QH Điều 5 khoản 3"],
        ),
        (
            "Điều 5 Quy chế phối hợp ban hành kèm theo Quyết định số 58/2025/QĐ-UBND",
            &["quyet-dinh 58/2025/QĐ-UBND 2025 UBND Điều 5"],
        ),
        (
            "Nghị định số 123/2015/NĐ-CP của Chính phủ, tại khoản 1 Điều 16 và Điều 20, nêu",
            &[
                "nghi-dinh 123/2015/NĐ-CP 2015 CP Điều 16 khoản 1",
                "nghi-dinh 123/2015/NĐ-CP 2015 CP Điều 20",
            ],
        ),
        (
            "Luật Trẻ em (Điều 5) và Điều 9 Luật Cư trú",
            &["luat Luật Trẻ em QH Điều 5", "luat Luật Cư trú QH Điều 9"],
        ),
        (
            "Luật Trẻ em. Điều 5 nêu; Khoản 2 Điều này",
            &["luat Luật Trẻ em QH", "Điều 5", "Điều 5 khoản 2"],
        ),
        (
            "Khoản 2 Điều 8 Luật Trẻ em. Khoản 3 Điều này",
            &[
                "luat Luật Trẻ em QH Điều 8 khoản 2",
                "luat Luật Trẻ em QH Điều 8 khoản 3",
            ],
        ),
        (
            "Bộ luật Dân sự; theo khoản 1 Điều 468 Bộ luật này",
            &[
                "bo-luat Bộ luật Dân sự QH",
                "bo-luat Bộ luật Dân sự QH Điều 468 khoản 1",
            ],
        ),
        (
            "Luật Trẻ em và Nghị định số 55/2019/NĐ-CP; Điều 9 của Luật này, Điều 3 Nghị định này, Điều 4 Thông tư này",
            &[
                "luat Luật Trẻ em QH",
                "nghi-dinh 55/2019/NĐ-CP 2019 CP",
                "luat Luật Trẻ em QH Điều 9",
                "nghi-dinh 55/2019/NĐ-CP 2019 CP Điều 3",
                "Điều 4",
            ],
        ),
        ("Mục 2 Chương III Luật Trẻ em", &["luat Luật Trẻ em QH"]),
        (
            "Điều 623 BLDS 2015",
            &["bo-luat Bộ luật Dân sự 2015 QH Điều 623"],
        ),
    ]);
}

#[test]
fn lists_and_ranges_of_provisions_are_told_apart() {
    check(&[
        (
            "điểm a, b khoản 1 và điểm c khoản 2 Điều 6 Luật Trẻ em",
            &[
                "luat Luật Trẻ em QH Điều 6 khoản 1 điểm a",
                "luat Luật Trẻ em QH Điều 6 khoản 1 điểm b",
                "luat Luật Trẻ em QH Điều 6 khoản 2 điểm c",
            ],
        ),
        (
            "Điểm a, khoản 2, Điều 8, Luật Trẻ em",
            &["luat Luật Trẻ em QH Điều 8 khoản 2 điểm a"],
        ),
        (
            "Điều 12, khoản 1, điểm b Luật Trẻ em",
            &["luat Luật Trẻ em QH Điều 12 khoản 1 điểm b"],
        ),
        (
            "khoản 1 điểm a Điều 5 Luật Trẻ em",
            &["luat Luật Trẻ em QH Điều 5 khoản 1 điểm a"],
        ),
        (
            "Điều 5, khoản 1 Điều 6 Luật Trẻ em",
            &[
                "luat Luật Trẻ em QH Điều 5",
                "luat Luật Trẻ em QH Điều 6 khoản 1",
            ],
        ),
        (
            "Điều 5 khoản 1 và Điều 6 khoản 2 Luật Trẻ em",
            &[
                "luat Luật Trẻ em QH Điều 5 khoản 1",
                "luat Luật Trẻ em QH Điều 6 khoản 2",
            ],
        ),
        (
            "khoản 1 Điều 5, Điều 12 khoản 3 Luật Trẻ em",
            &[
                "luat Luật Trẻ em QH Điều 5 khoản 1",
                "luat Luật Trẻ em QH Điều 12 khoản 3",
            ],
        ),
        (
            "khoản 1,2 Điều 9 và Điều 10, 11 Luật Trẻ em",
            &[
                "luat Luật Trẻ em QH Điều 9 khoản 1",
                "luat Luật Trẻ em QH Điều 9 khoản 2",
                "luat Luật Trẻ em QH Điều 10",
                "luat Luật Trẻ em QH Điều 11",
            ],
        ),
        ("Điều 5, 6 người bị phạt", &["Điều 5"]),
        (
            "Từ Điều 5 đến Điều 10 Luật Trẻ em; điều 3 - 6 Luật Trẻ em",
            &[
                "luat Luật Trẻ em QH Điều 5-10",
                "luat Luật Trẻ em QH Điều 3-6",
            ],
        ),
        (
            "các điểm từ a đến d khoản 1 đến khoản 3 Điều 35 Luật Trẻ em",
            &["luat Luật Trẻ em QH Điều 35 khoản 1-3 điểm a-d"],
        ),
        (
            "điểm đ khoản 1a Điều 217b, điểm Ð khoản 2 Điều 3",
            &["Điều 217b khoản 1a điểm đ", "Điều 3 khoản 2 điểm đ"],
        ),
    ]);
}

#[test]
fn what_only_looks_like_a_citation_is_none() {
    for text in [
        "Bản án số 12/2025/QĐST-HNGĐ và bản án 05/2024/HS-PT",
        "Mẫu số 01/QĐ-XPHC, mẫu số 02/2021/NĐ-CP, biểu mẫu số 03/BC-UBND",
        "Hợp đồng số 12/HĐ-UBND, biển số 36A-123.45, 36-B1/234.56",
        "TCVN 5687:2024, QCVN 01-1:2018/BYT, ISO 9001:2015, TCVN 7980-1/2024",
        "Huy động, điều 5 xe cứu hỏa; khoản 2 triệu đồng; đạt điểm 10",
        "Ông A có 12 điều, 30 khoản; điểm a là trung tâm",
        "pháp luật trẻ em, kỷ luật lao động, quy luật giáo dục, khoa Luật Thương mại",
        "theo hiến pháp và pháp luật; luật sư, Đoàn Luật sư; Viện Khoa học pháp lý",
        "công bố kết quả; Luật Giáo dục nghề nghiệp năm 2014",
        "Số 45/12 đường Lê Lợi, nhà 12/5/7 ngõ 3, tỷ số 2/1, 24/7, 80 km/h, 1/2025",
        "https://vanban.example/?so=28/2013/NĐ-CP và www.example.vn/28/2013/nd-cp",
        "kế hoạch tháng 7/2025, quyết định 15/2025, nghị quyết 66, nghị định số 5",
        "Mã số 1.000.000/2025, 12.345/QĐ-UBND, A12/QĐ-UBND, 123456/QĐ-UBND",
    ] {
        assert_eq!(lines(text), [""; 0], "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    for (text, places) in [
        (
            "Theo điểm a khoản 2 Điều 8 Nghị định số 28/2013/NĐ-CP, …",
            &["điểm a khoản 2 Điều 8 Nghị định số 28/2013/NĐ-CP"][..],
        ),
        (
            "Các khoản 1, 2 và 3 Điều 138 Luật Đất đai năm 2024 (mới)",
            &["khoản 1", "2", "3 Điều 138 Luật Đất đai năm 2024"],
        ),
        (
            "Nghị định 123/2015/NĐ-CP, tại khoản 1, 2 Điều 16, …",
            &["Nghị định 123/2015/NĐ-CP, tại khoản 1", "2 Điều 16"],
        ),
        (
            "“Luật Đất đai” (số 31/2024/QH15\u{feff}); Luật Hộ tịch (2014).",
            &["Luật Đất đai", "số 31/2024/QH15", "Luật Hộ tịch (2014)"],
        ),
    ] {
        for text in [text.to_owned(), text.nfd().collect::<String>()] {
            let citations = GAZETTEER.citations(&text);
            let found: Vec<String> = citations
                .iter()
                .map(|citation| text[citation.range()].nfc().collect())
                .collect();
            assert_eq!(found, places, "{text}");
        }
    }
}

#[test]
fn other_encodings_of_the_judged_set_read_the_same() {
    for judged in judged() {
        let expected = lines(&judged.text);
        for text in [
            judged.text.nfd().collect::<String>(),
            judged.text.replace('Đ', "Ð"),
            judged.text.replace(' ', "\u{a0}"),
            judged.text.replace(' ', "  "),
            judged.text.replace(' ', " \u{200b}"),
            judged.text.replace('-', "\u{2013}"),
        ] {
            assert_eq!(lines(&text), expected, "{}: {text}", judged.id);
        }
    }
}

#[test]
fn instruments_are_one_however_they_are_cited() {
    for (text, key) in [
        ("Nghị định số 07/2015/NĐ – CP", "7-2015-nd-cp"),
        ("Điều 5 nghị định 7/2015/nđ-cp", "7-2015-nd-cp"),
        ("Luật Đất đai năm 2013", "45-2013-qh13"),
        ("Luật Đất đai", "31-2024-qh15"),
        ("Luật Đất đai năm 2024 (số 31/2024/QH15)", "31-2024-qh15"),
        ("Hiến pháp", "hien-phap-2013"),
        (
            "Kế hoạch số 37/KH-UBND ngày 10/2/2026",
            "37-kh-ubnd-2026-02-10",
        ),
        ("Quyết định 4216/QĐ-UBND năm 2020", "4216-qd-ubnd-2020"),
        ("Chỉ thị số 32-CT/TW", "32-ct-tw"),
    ] {
        let cited = &GAZETTEER.citations(text)[0].cited;
        let found = GAZETTEER.instrument(cited);
        assert_eq!(
            found.as_ref().map(InstrumentKey::as_str),
            Some(key),
            "{text}"
        );
    }
    let unknown = &GAZETTEER.citations("Luật Đất đai năm 1993")[0].cited;
    assert_eq!(GAZETTEER.instrument(unknown), None);
    assert_eq!(
        GAZETTEER.instrument(&GAZETTEER.citations("Điều 5")[0].cited),
        None
    );
}

#[test]
fn an_empty_vocabulary_finds_no_document() {
    let empty = Gazetteer::new(&vocabulary::Vocabulary::default()).unwrap();
    for judged in judged() {
        let citations = empty.citations(&judged.text);
        assert!(
            citations
                .iter()
                .all(|citation| citation.cited.document_type.is_none())
        );
    }
}

#[test]
fn citations_are_written_and_read_as_they_are() {
    for judged in judged() {
        for citation in GAZETTEER.citations(&judged.text) {
            let written = serde_json::to_string(&citation).unwrap();
            assert_eq!(
                serde_json::from_str::<Citation>(&written).unwrap(),
                citation
            );
        }
    }
}
