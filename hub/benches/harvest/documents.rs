//! Feeds of Vietnamese text, the same at every run: what the bench's sites serve.

use std::fmt::Write as _;

/// Characters of an entry's body, so that an entry has about 2 KB of text and a feed of 50 about 118 KB.
const BODY_BYTES: usize = 2_020;

const PHRASES: [&str; 40] = [
    "quyền sử dụng đất",
    "hòa giải ở cơ sở",
    "phổ biến, giáo dục pháp luật",
    "Ủy ban nhân dân cấp xã",
    "người sử dụng lao động",
    "giấy chứng nhận",
    "đăng ký kết hôn",
    "bồi thường thiệt hại",
    "xử phạt vi phạm hành chính",
    "thủ tục hành chính",
    "trợ giúp pháp lý",
    "bảo hiểm xã hội",
    "theo quy định của pháp luật",
    "trong thời hạn mười lăm ngày",
    "kể từ ngày nhận đủ hồ sơ",
    "hộ gia đình, cá nhân",
    "tài sản gắn liền với đất",
    "Tòa án nhân dân",
    "quyền và nghĩa vụ",
    "an toàn giao thông",
    "phòng, chống ma túy",
    "bạo lực gia đình",
    "người chưa thành niên",
    "hợp đồng vay tài sản",
    "thừa kế theo di chúc",
    "Nghị định số 28/2013/NĐ-CP",
    "Luật Đất đai năm 2024",
    "cơ quan có thẩm quyền",
    "công dân trên địa bàn tỉnh",
    "hội nghị tuyên truyền",
    "được hướng dẫn cụ thể",
    "chịu trách nhiệm thi hành",
    "căn cước công dân",
    "khiếu nại, tố cáo",
    "tiếp nhận và trả kết quả",
    "dịch vụ công trực tuyến",
    "chính quyền địa phương hai cấp",
    "báo cáo kết quả thực hiện",
    "tổ chức, doanh nghiệp",
    "có hiệu lực thi hành",
];

const ONSETS: [&str; 22] = [
    "b", "c", "ch", "d", "đ", "g", "gi", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "qu", "r",
    "s", "t", "th", "tr", "v",
];

const RIMES: [&str; 40] = [
    "a", "à", "ạ", "ai", "ài", "an", "án", "ang", "áng", "anh", "ảnh", "ao", "ây", "ấp", "ên",
    "ết", "ệnh", "i", "ính", "iên", "iệt", "iều", "o", "òa", "oản", "oạt", "ô", "ông", "ộc", "ội",
    "ơ", "ơi", "ưa", "ức", "ương", "ước", "ường", "ượng", "uân", "uyền",
];

/// A small generator of numbers: the documents must not depend on chance.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        // Xorshift64, after Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or(0)
    }

    /// Small numbers come much more often, as words of a language do.
    fn seldom_below(&mut self, end: usize) -> usize {
        let most = self.below(end) + 1;
        self.below(most)
    }
}

/// The RSS 2.0 document of a feed whose newest entry is the `newest`th, with `count` entries.
pub(crate) fn rss(feed: usize, newest: usize, count: usize) -> String {
    let mut document = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\
         <title>Trang tin số {feed}</title><link>https://nguon-{feed}.example.vn/</link>\
         <description>Phổ biến pháp luật</description>\n"
    );
    for number in (newest.saturating_sub(count)..newest).rev() {
        item(&mut document, feed, number);
    }
    document.push_str("</channel></rss>\n");
    document
}

/// A word that only this entry has.
pub(crate) fn mark(feed: usize, number: usize) -> String {
    format!("dấu{feed}x{number}")
}

fn item(document: &mut String, feed: usize, number: usize) {
    let mut numbers =
        Numbers(((feed as u64 + 1) << 32) ^ (number as u64 + 1) ^ 0x9e37_79b9_7f4a_7c15);
    let body = body(&mut numbers);
    let title = sentence(&mut numbers);
    let (hour, minute) = (number / 60 % 24, number % 60);
    let written = writeln!(
        document,
        "<item><title>{title}</title>\
         <link>https://nguon-{feed}.example.vn/tin/{number}</link>\
         <guid isPermaLink=\"true\">https://nguon-{feed}.example.vn/tin/{number}</guid>\
         <pubDate>Mon, 16 Nov 2026 {hour:02}:{minute:02}:00 +0700</pubDate>\
         <category>Đất đai</category>\
         <content:encoded><![CDATA[{body}<p>{}</p>]]></content:encoded></item>",
        mark(feed, number)
    );
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

fn body(numbers: &mut Numbers) -> String {
    let mut body = String::with_capacity(BODY_BYTES + 200);
    while body.len() < BODY_BYTES {
        body.push_str("<p>");
        for _ in 0..3 {
            body.push_str(&sentence(numbers));
            body.push_str(". ");
        }
        body.push_str("<a href=\"/van-ban\">Xem <strong>văn bản</strong></a></p>\n");
    }
    body
}

fn sentence(numbers: &mut Numbers) -> String {
    let mut sentence = String::new();
    for part in 0..4 {
        if part > 0 {
            sentence.push(' ');
        }
        // Mostly the phrases of which legal texts are full, and some names and rare words.
        if numbers.below(4) > 0 {
            sentence.push_str(PHRASES[numbers.below(PHRASES.len())]);
        } else {
            for syllable in 0..3 {
                if syllable > 0 {
                    sentence.push(' ');
                }
                sentence.push_str(ONSETS[numbers.seldom_below(ONSETS.len())]);
                sentence.push_str(RIMES[numbers.seldom_below(RIMES.len())]);
            }
        }
    }
    sentence
}
