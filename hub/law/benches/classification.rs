//! How many entries of about 2 KB are classified in a second on one core:
//! `cargo bench -p law --bench classification`.
#![expect(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement, run and read by developers"
)]

use std::hint::black_box;
use std::time::Instant;

use law::classify::{Classifier, Learned, Text};
use law::vocabulary;

const ENTRIES: usize = 2_000;
const SENTENCES: [&str; 12] = [
    "Ủy ban nhân dân xã tổ chức hội nghị phổ biến pháp luật về đất đai cho bà con ở các thôn.",
    "Người sử dụng đất nộp hồ sơ tại Trung tâm Phục vụ hành chính công hoặc trên cổng dịch vụ công.",
    "Thời hạn giải quyết là mười lăm ngày làm việc kể từ ngày nhận đủ hồ sơ hợp lệ.",
    "Khi bị thu hồi đất, hộ gia đình được bồi thường theo bảng giá đất và được bố trí tái định cư.",
    "Căn cứ Luật Đất đai năm 2024 (số 31/2024/QH15) và Nghị định số 102/2024/NĐ-CP của Chính phủ.",
    "Anh Sơn hỏi: mua đất bằng giấy viết tay từ năm 2010 thì có được cấp sổ đỏ không?",
    "Báo cáo viên đã giải đáp nhiều câu hỏi gần gũi với đời sống hằng ngày của người dân.",
    "Trường hợp có tranh chấp ranh giới, tổ hòa giải của thôn tiến hành hòa giải trước.",
    "Người vi phạm có thể bị xử phạt vi phạm hành chính từ hai đến năm triệu đồng.",
    "Công an xã hướng dẫn đăng ký tạm trú, làm thẻ căn cước và tài khoản định danh điện tử.",
    "Ban tổ chức phát ba trăm tờ gấp và mã QR để tra cứu trên trang thông tin của tỉnh.",
    "Mọi vướng mắc xin gửi về Sở Tư pháp để được trả lời bằng văn bản.",
];

fn main() {
    let vocabulary = vocabulary::starting().expect("our own vocabulary");
    let began = Instant::now();
    let classifier = Classifier::new(&vocabulary).expect("few expressions");
    println!("vocabulary learnt in {:?}", began.elapsed());
    let bodies: Vec<String> = (0..ENTRIES)
        .map(|entry| {
            (0..20)
                .map(|sentence| SENTENCES[(entry * 7 + sentence * 5) % SENTENCES.len()])
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect();
    let texts: Vec<Text<'_>> = bodies
        .iter()
        .enumerate()
        .map(|(entry, body)| Text {
            title: SENTENCES[entry % SENTENCES.len()],
            summary: SENTENCES[(entry + 3) % SENTENCES.len()],
            body,
            ..Text::default()
        })
        .collect();
    run("rules", &classifier, &texts);
    let fields = &vocabulary.fields;
    let taught = texts
        .iter()
        .enumerate()
        .map(|(entry, text)| (*text, fields[entry % fields.len()].slug.as_str()));
    let classifier = classifier.with_learned(Learned::train(taught));
    run("rules and corrections", &classifier, &texts);

    // The same expression over and over, and pieces of expressions: the cost must stay linear.
    for (name, piece) in [
        ("one expression", "thu hồi đất "),
        ("halves of expressions", "cưỡng chế thi hành quyết định "),
        ("one letter", "a"),
        ("marks", "a\u{301}\u{323}"),
    ] {
        for size in [100_000, 1_000_000] {
            let body = piece.repeat(size / piece.len());
            let text = Text {
                body: &body,
                ..Text::default()
            };
            let began = Instant::now();
            black_box(classifier.classify(&text));
            println!("{size} bytes of {name}: {:?}", began.elapsed());
        }
    }
}

fn run(name: &str, classifier: &Classifier, texts: &[Text<'_>]) {
    let bytes: usize = texts.iter().map(|text| text.body.len()).sum();
    let began = Instant::now();
    for text in texts {
        black_box(classifier.classify(text));
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{name}: {:.0} entries/s of {} bytes",
        texts.len() as f64 / seconds,
        bytes / texts.len()
    );
}
