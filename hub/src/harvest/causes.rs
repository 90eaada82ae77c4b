//! Why a harvest brought nothing, in Vietnamese: what is wrong, what to change, and what was seen.
//!
//! What is wrong and what to change are the source doctor's words; here are the details beside them. These texts are
//! stored and shown to people of the agency; the log has the same in English.

use std::time::Duration;

use feeds::{NotAFeed, ProblemCode};

use super::breaker::Reason;
use super::doctor::Code;
use super::fetch::{Awaited, BadRedirect, FetchError, RobotsRefusal};
use super::guard::Refusal;

/// Why nothing was taken from a feed, or from an older page of it.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("the address is not one ({0}); remove the feed and add it again")]
    Address(url::ParseError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    NotAFeed(#[from] NotAFeed),
    #[error(
        "the document breaks off before its first entry ends; check the server's time limits and how the feed is made"
    )]
    BrokeOff,
    #[error(
        "the document took more than {} seconds to read; expected simpler markup or fewer entries",
        .limit.as_secs()
    )]
    TooSlow { limit: Duration },
    #[error("the hub broke off while reading the document; this is a fault of the hub")]
    HubFault,
    #[error("the document holds what cannot be stored: {0}")]
    NotStorable(String),
    /// An old page cannot change what is usual for the feed, but it can be the work of somebody else.
    #[error("the page looks like the work of somebody else: {0}")]
    Suspicious(Reason),
}

impl Cause {
    /// For people of the agency.
    pub fn in_vietnamese(&self) -> String {
        let (advice, details) = match self {
            Self::Address(error) => (
                "Địa chỉ không đúng dạng. Hãy xóa nguồn tin rồi đăng ký lại với địa chỉ đúng.",
                Some(error.to_string()),
            ),
            Self::Fetch(error) => (Code::of_error(error).advice().vi, details_of_error(error)),
            Self::NotAFeed(refusal) => (
                Code::of_refusal(refusal).advice().vi,
                details_of_refusal(refusal),
            ),
            Self::BrokeOff => (
                Code::Repair(ProblemCode::Truncated).advice().vi,
                Some("chưa có bài nào trọn vẹn".to_owned()),
            ),
            Self::TooSlow { limit } => (
                "Cổng tổng hợp đọc mãi không xong tài liệu này. Hãy viết mã HTML đơn giản hơn hoặc đưa ít bài hơn.",
                Some(format!("quá {} giây", limit.as_secs())),
            ),
            Self::HubFault => (Code::Unreadable.advice().vi, None),
            Self::NotStorable(reason) => (
                "Tài liệu chứa nội dung không lưu được nên không bài nào được nhận. Hãy sửa nội dung ấy; nếu không rõ là \
                 bài nào, hãy báo cho người vận hành cổng tổng hợp.",
                Some(reason.clone()),
            ),
            Self::Suspicious(reason) => (
                "Trang cũ này giống trang bị chiếm quyền nên không được nhận. Hãy kiểm tra trang có bị xâm nhập không.",
                Some(reason.to_string()),
            ),
        };
        match details {
            Some(details) => format!("{advice} Chi tiết: {details}"),
            None => advice.to_owned(),
        }
    }
}

/// What was seen of a failed fetch, beside what the doctor's words for it say. Words of the system, of TLS and of
/// decoders stay as they are: whoever mends it searches for them.
pub fn details_of_error(error: &FetchError) -> Option<String> {
    match error {
        FetchError::Refused(refusal) => Some(details_of_address(refusal)),
        FetchError::Robots(RobotsRefusal::Page)
        | FetchError::NoRoom
        | FetchError::HostBusy
        | FetchError::Gone => None,
        FetchError::Robots(RobotsRefusal::Delay { delay }) => Some(format!(
            "robots.txt đòi {} giây giữa hai lần đọc; hãy thử lại sau",
            delay.as_secs()
        )),
        FetchError::Robots(RobotsRefusal::OutOfOrder(error)) => {
            let advice = Code::of_error(error).advice().vi;
            Some(format!("robots.txt không đọc được. {advice}"))
        }
        FetchError::Dns { cause }
        | FetchError::Connect { cause }
        | FetchError::Tls { cause }
        | FetchError::Encoding { cause }
        | FetchError::Protocol { cause } => Some(cause.clone()),
        FetchError::Timeout { awaited, limit } => {
            let awaited = match awaited {
                Awaited::Connection => "không cho kết nối",
                Awaited::Anything => "không gửi gì",
                Awaited::End => "không gửi xong câu trả lời",
            };
            Some(format!(
                "máy chủ {awaited} trong {} giây",
                limit.as_secs_f32()
            ))
        }
        FetchError::TooLarge { limit } => Some(format!("lớn hơn {limit} byte sau khi giải nén")),
        FetchError::Redirects(redirect) => Some(details_of_redirect(redirect)),
        FetchError::Status { code, .. } => Some(format!("HTTP {code}, cần 200")),
        FetchError::AfterRedirect { url, error } => Some(match details_of_error(error) {
            Some(details) => format!("sau khi chuyển hướng tới {url}: {details}"),
            None => format!("sau khi chuyển hướng tới {url}"),
        }),
    }
}

/// What the answer was, when the doctor's words for it do not say it already.
pub fn details_of_refusal(refusal: &NotAFeed) -> Option<String> {
    let details = match refusal {
        NotAFeed::Empty | NotAFeed::LoginPage | NotAFeed::EntityDeclarations => return None,
        NotAFeed::Html { title: Some(title) } => format!("đây là trang web (HTML) “{title}”"),
        NotAFeed::Html { title: None } => "đây là một trang web (HTML)".to_owned(),
        NotAFeed::Sitemap => "đây là sơ đồ trang (sitemap)".to_owned(),
        NotAFeed::OtherXml { root } => {
            format!("đây là XML với thẻ gốc <{root}>, cần <rss>, <rdf:RDF> hoặc <feed>")
        }
        NotAFeed::NoRoot => {
            "đây là XML không có thẻ gốc, cần <rss>, <rdf:RDF> hoặc <feed>".to_owned()
        }
        NotAFeed::OtherJson => {
            "đây là JSON nhưng thiếu \"version\": \"https://jsonfeed.org/version/…\" hoặc danh sách items".to_owned()
        }
        NotAFeed::BrokenJson { cause } => format!("đây là JSON không đọc được ({cause})"),
        NotAFeed::Binary { .. } => {
            "đây là tệp không phải văn bản (như ảnh, PDF, tệp nén)".to_owned()
        }
        NotAFeed::PlainText => "đây là văn bản thường, không có thẻ nào".to_owned(),
    };
    Some(details)
}

fn details_of_address(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Scheme { scheme } => format!("địa chỉ bắt đầu bằng {scheme}:"),
        Refusal::TooLong => "địa chỉ quá dài".to_owned(),
        Refusal::Credentials => "địa chỉ kèm tên hoặc mật khẩu".to_owned(),
        Refusal::Port { host, port } => format!("{host}:{port}"),
        Refusal::Address { host, address, .. }
            if host.trim_matches(['[', ']']).parse() == Ok(*address) =>
        {
            address.to_string()
        }
        Refusal::Address { host, address, .. } => format!("{host} dẫn tới {address}"),
    }
}

fn details_of_redirect(redirect: &BadRedirect) -> String {
    match redirect {
        BadRedirect::TooMany { most } => format!("có hơn {most} chuyển hướng"),
        BadRedirect::Circle => "các chuyển hướng chạy vòng tròn".to_owned(),
        BadRedirect::Nowhere => "chuyển hướng không nêu địa chỉ mới (Location)".to_owned(),
        BadRedirect::Several => "chuyển hướng nêu nhiều địa chỉ mới (Location)".to_owned(),
        BadRedirect::TooLong { longest } => format!("địa chỉ mới dài hơn {longest} byte"),
        BadRedirect::NotText => "địa chỉ mới (Location) không phải UTF-8".to_owned(),
        BadRedirect::NotAnAddress(error) => {
            format!("địa chỉ mới (Location) không đúng dạng ({error})")
        }
    }
}

#[cfg(test)]
mod tests;
