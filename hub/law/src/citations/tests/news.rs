//! News has none of what it only seems to cite.

use super::{GAZETTEER, shared};

/// A megabyte of what news is full of, without a citation.
#[test]
fn news_without_citations_has_none() {
    let mut news = String::new();
    let mut number = 1_u64;
    let mut next = |below: u64| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (number >> 33) % below
    };
    let entries: Vec<serde_json::Value> = shared("corpus.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sentences: Vec<String> = entries
        .iter()
        .flat_map(|entry| [&entry["title"], &entry["summary"], &entry["body_html"]])
        .flat_map(|text| text.as_str().unwrap().split(['<', '>', '.']))
        .filter(|text| {
            let cites = [
                "Luật ",
                "luật ",
                "LUẬT ",
                "Điều ",
                "NĐ",
                "QĐ",
                "Hiến pháp",
                "KH-",
                "TT-",
            ];
            !cites.iter().any(|word| text.contains(word)) && text.contains(' ')
        })
        .map(ToOwned::to_owned)
        .collect();
    assert!(sentences.len() > 1000);
    while news.len() < 1 << 20 {
        let (a, b, c) = (next(28) + 1, next(12) + 1, next(9000) + 1000);
        news.push_str(&sentences[usize::try_from(next(sentences.len() as u64)).unwrap()]);
        news.push_str(". ");
        let made = match next(16) {
            0 => {
                format!("Hội nghị diễn ra ngày {a}/{b}/2025 lúc {b}:30 tại tầng {b}, nhà {a}/{c}.")
            }
            1 => format!(
                "Tổng kinh phí {c}.000.000 đồng, bằng {a}/{b} kế hoạch năm {}/{}.",
                2024, 2025
            ),
            2 => format!("Điện thoại 0237.{c}.{a}, di động 0912-{c}-{a}, fax 0237/{c}/{a}."),
            3 => {
                format!("Bản án số {a}/2025/HNGĐ-ST và quyết định số {b}/2025/QĐST-DS của Tòa án.")
            }
            4 => format!("Áp dụng TCVN {c}-{b}:2024, QCVN {a}:2022/BXD, ISO {c}/2015."),
            5 => format!("Tờ khai theo Mẫu số {a}/ĐKKS, mẫu số {b}/TT-HT, biểu {a}/BC."),
            6 => format!("Xe biển số 36A-{c}, 36B{b}-{c}.{a}, tải trọng {a}/{b} tấn, {a} km/h."),
            7 => {
                format!("Đội nhà thắng {b}/{a}, tỷ số {b}-{a}, hiệp {b}/2, điểm {a}, điểm {b},{a}.")
            }
            8 => format!("Địa chỉ: số {a}/{b}/{c} đường Lê Lợi, thôn {b}, lô {a}-CT{b}/A."),
            9 => format!(
                "Công an điều {a} xe, {b} tổ; các khoản {a} triệu, khoản {c} đồng; {a} điều cần biết."
            ),
            10 => format!(
                "Mã hồ sơ H56.{a}.{b}-25{c}-00{a}/HSHC; hóa đơn {c}/HD; số thẻ {a}-{b}/{c}."
            ),
            11 => format!(
                "Luật sư A nói pháp luật về trẻ em; Khoa Luật, lớp Luật K{a}/2025 có {c} người."
            ),
            12 => format!(
                "Thông báo tuyển {a} người; kế hoạch {b}/2025; quyết định nghỉ {a} ngày/năm {c}."
            ),
            13 => {
                format!("Từ {a}/{b} đến {b}/{a}, giảm {a},{b}% và {a}.{c}/2025 tấn; tổ {a}/KP-{b}.")
            }
            14 => format!(
                "Xem https://example.vn/vb/{a}/2025/QĐ-UBND?id={c}/KH-UBND và tệp {a}_{b}/2025.pdf."
            ),
            _ => format!(
                "Quy định mới: hướng dẫn số {a}, báo cáo quý {b}/2025, công văn trả lời {a}/{b}."
            ),
        };
        news.push_str(&made);
        news.push(if next(9) == 0 { '\n' } else { ' ' });
    }
    let found: Vec<&str> = GAZETTEER
        .citations(&news)
        .into_iter()
        .map(|citation| &news[citation.range()])
        .collect();
    assert_eq!(found, [""; 0]);
}
