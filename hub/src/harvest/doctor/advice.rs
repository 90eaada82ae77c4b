//! What each finding means and how to mend it, in both languages: the one place for these words.

use feeds::ProblemCode;
use serde::Serialize;

/// How much a finding matters; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It prevents that the feed is harvested.
    Serious,
    /// The feed is harvested, but something is lost, late or wrong.
    Warning,
    /// It could be better.
    Hint,
}

/// The words for a finding.
#[derive(Debug, Clone, Copy)]
pub struct Advice {
    pub severity: Severity,
    pub vi: &'static str,
    pub en: &'static str,
}

macro_rules! codes {
    ($($variant:ident = $name:literal, $severity:ident, $vi:literal, $en:literal;)+) => {
        /// What can be found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($variant,)+
            /// Something that the reader repaired.
            Repair(ProblemCode),
        }

        impl Code {
            /// Every code but the repairs.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];

            /// How programs know it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Repair(code) => repair(code).0,
                }
            }

            /// What it means and how to mend it.
            pub fn advice(self) -> Advice {
                match self {
                    $(Self::$variant => Advice { severity: Severity::$severity, vi: $vi, en: $en },)+
                    Self::Repair(code) => Advice {
                        severity: repair_severity(code),
                        vi: repair(code).1,
                        en: code.advice(),
                    },
                }
            }
        }
    };
}

codes! {
    // No answer.
    Refused = "refused", Serious,
        "Địa chỉ này thuộc mạng nội bộ hoặc bị cấm nên cổng tổng hợp không được phép lấy. Hãy dùng địa chỉ công khai; nếu là mạng riêng của tỉnh, người vận hành phải cho phép bằng HUB_OUTBOUND_ALLOW.",
        "The address is private or forbidden, so the hub may not fetch it. Give a public address; if it is the province's own network, the operator allows it with HUB_OUTBOUND_ALLOW.";
    Port = "port", Serious,
        "Nguồn tin chỉ được đọc từ cổng 80 và 443. Hãy đưa nguồn tin ra một trong hai cổng ấy, hoặc đề nghị người vận hành cho phép bằng HUB_OUTBOUND_ALLOW.",
        "Feeds are read from ports 80 and 443 only. Publish the feed on one of them, or ask the operator to allow the other with HUB_OUTBOUND_ALLOW.";
    OddAddress = "odd-address", Serious,
        "Địa chỉ này không dùng được. Hãy cho địa chỉ web bắt đầu bằng https:// (hoặc http://), không quá dài, không kèm tên và mật khẩu.",
        "The address cannot be used. Give a web address that begins with https:// (or http://), is not too long, and holds no user name and password.";
    Name = "name", Serious,
        "Không phân giải được tên miền. Hãy kiểm tra tên viết đúng chưa, tên miền còn hạn không và bản ghi DNS.",
        "The name could not be resolved. Check its spelling, whether the domain has expired, and its DNS entry.";
    Connection = "connection", Serious,
        "Không kết nối được tới máy chủ. Hãy kiểm tra trang có đang chạy không và tường lửa có cho cổng tổng hợp vào không.",
        "The server could not be reached. Check that the site runs and that its firewall lets the hub in.";
    Tls = "tls", Serious,
        "Không lập được kết nối an toàn (TLS). Hãy cài chứng thư còn hạn, đúng tên miền, đủ cả chuỗi chứng thư trung gian, do tổ chức công cộng cấp.",
        "No secure connection could be made (TLS). Install a certificate that is valid, for this name, with its whole chain, from a public authority.";
    Timeout = "timeout", Serious,
        "Máy chủ trả lời quá chậm nên bị bỏ dở. Hãy xem tải của máy chủ, lưu sẵn (cache) nguồn tin thay vì tạo lại mỗi lần.",
        "The server was too slow and the attempt was given up. Look at its load, and keep the feed ready (cache it) instead of making it anew each time.";
    TooLarge = "too-large-answer", Serious,
        "Câu trả lời lớn hơn mức cho phép. Hãy chỉ đưa những bài mới nhất vào nguồn tin.",
        "The answer is larger than the limit. Publish only the newest entries in the feed.";
    NoRoom = "no-room", Serious,
        "Câu trả lời lớn, trong khi cổng tổng hợp đang bận với những câu trả lời lớn khác; cổng sẽ tự thử lại. Hãy chỉ đưa những bài mới nhất vào nguồn tin.",
        "The answer is large and the hub is busy with other large ones; it tries again by itself. Publish only the newest entries in the feed.";
    HostBusy = "host-busy", Serious,
        "Máy chủ còn bận trả lời cho những nguồn tin khác nên chưa tới lượt; cổng sẽ tự thử lại. Hãy xem vì sao máy chủ trả lời chậm.",
        "The server is still busy answering for other feeds; the hub tries again by itself. See why the server answers slowly.";
    Robots = "robots", Serious,
        "Tệp robots.txt của trang không cho chương trình đọc trang này. Hãy cho phép Loa, hoặc đưa địa chỉ của chính nguồn tin.",
        "The site's robots.txt does not let programs read this page. Allow Loa, or give the feed's own address.";
    Redirects = "redirects", Serious,
        "Các chuyển hướng không dẫn tới đâu hoặc chạy vòng tròn. Hãy đăng ký địa chỉ cuối cùng của nguồn tin.",
        "The redirects lead nowhere or in a circle. Register the feed's final address.";
    Gone = "gone", Serious,
        "Máy chủ báo nguồn tin đã đóng hẳn (410). Hãy đăng ký địa chỉ mới.",
        "The server says that the feed is gone for good (410). Register its new address.";
    Forbidden = "forbidden", Serious,
        "Máy chủ không cho đọc nguồn tin. Nguồn tin phải đọc được mà không cần đăng nhập; hãy cho phép User-Agent của cổng tổng hợp đi qua tường lửa ứng dụng.",
        "The server does not let the feed be read. It must be readable without signing in; let the hub's User-Agent through the web application firewall.";
    TooManyRequests = "too-many-requests", Serious,
        "Máy chủ báo bị hỏi quá nhiều lần (429); cổng tổng hợp sẽ chờ lâu hơn. Hãy nới giới hạn số lần truy cập cho User-Agent của cổng tổng hợp.",
        "The server asks for fewer requests (429); the hub waits longer. Raise the rate limit for the hub's User-Agent.";
    LegalReasons = "legal-reasons", Serious,
        "Máy chủ báo không được phép đưa nguồn tin vì lý do pháp lý (451). Hãy hỏi người quản trị trang.",
        "The server says that it may not serve the feed for legal reasons (451). Ask whoever runs the site.";
    NotFound = "not-found", Serious,
        "Không có gì ở địa chỉ này (404). Hãy kiểm tra lại địa chỉ của nguồn tin.",
        "Nothing is at this address (404). Check the feed's address.";
    ServerFault = "server-fault", Serious,
        "Máy chủ gặp lỗi hoặc quá tải. Hãy xem nhật ký lỗi của máy chủ.",
        "The server has a fault or is overloaded. Look into its error log.";
    OddStatus = "odd-status", Serious,
        "Máy chủ trả lời bằng mã trạng thái lạ, cần 200. Hãy kiểm tra địa chỉ có mở cho mọi người không.",
        "The server answered with an odd status, expected 200. Check that the address serves the feed to everyone.";
    Compression = "compression", Serious,
        "Không giải nén được câu trả lời. Content-Encoding phải là gzip, br, zstd hoặc deflate và đúng với nội dung; hãy xem cấu hình máy chủ và proxy.",
        "The answer could not be decompressed. Content-Encoding must be gzip, br, zstd or deflate and true of the content; look at the server's and the proxy's settings.";
    Protocol = "protocol", Serious,
        "Câu trả lời không đúng giao thức HTTP hoặc bị đứt giữa chừng. Hãy kiểm tra máy chủ web và các thiết bị đứng trước nó.",
        "The answer is not valid HTTP or broke off. Check the web server and what stands before it.";
    // No feed.
    Empty = "empty", Serious,
        "Câu trả lời rỗng. Hãy xem vì sao chương trình tạo nguồn tin không viết ra gì.",
        "The answer is empty. See why the program that makes the feed writes nothing.";
    LoginPage = "login-page", Serious,
        "Đây là trang đăng nhập hoặc trang kiểm tra trình duyệt, không phải nguồn tin. Hãy để nguồn tin đọc được mà không cần đăng nhập.",
        "This is a page that asks to sign in or checks the browser, not a feed. The feed must be readable without signing in.";
    Entities = "entities", Serious,
        "Tài liệu tự khai báo thực thể XML, bị từ chối vì có thể dùng để tấn công. Hãy bỏ DOCTYPE.",
        "The document declares XML entities of its own, which is refused because it can be an attack. Leave the DOCTYPE out.";
    NotAFeed = "not-a-feed", Serious,
        "Câu trả lời không phải RSS, Atom hay JSON Feed. Hãy cho địa chỉ của chính nguồn tin.",
        "The answer is no RSS, Atom or JSON Feed. Give the address of the feed itself.";
    Unreadable = "unreadable", Serious,
        "Cổng tổng hợp gặp lỗi khi đọc nguồn tin này; đây là lỗi của cổng tổng hợp, hãy báo cho người vận hành.",
        "The hub broke off while reading this feed; that is a fault of the hub, tell its operator.";
    Page = "page", Hint,
        "Đây là một trang web; các nguồn tin mà trang này giới thiệu được kiểm tra thay.",
        "This is a web page; the feeds that it announces are examined instead.";
    NothingAnnounced = "nothing-announced", Warning,
        "Trang không giới thiệu nguồn tin nào. Hãy thêm vào <head>: <link rel=\"alternate\" type=\"application/rss+xml\" href=\"…\">.",
        "The page announces no feed. Add to its <head>: <link rel=\"alternate\" type=\"application/rss+xml\" href=\"…\">.";
    AnnouncedIsBroken = "announced-is-broken", Warning,
        "Nguồn tin mà trang giới thiệu không lấy được. Hãy sửa địa chỉ trong <link rel=\"alternate\">.",
        "A feed that the page announces cannot be fetched. Correct the address in <link rel=\"alternate\">.";
    NoFeedFound = "no-feed-found", Serious,
        "Không tìm thấy nguồn tin nào từ trang này. Hãy bật RSS trong phần quản trị của trang, hoặc dùng agency-node.",
        "No feed was found from this page. Turn RSS on in the site's administration, or use agency-node.";
    // The way to it.
    Moved = "moved", Warning,
        "Nguồn tin đã chuyển hẳn sang địa chỉ khác. Hãy đăng ký địa chỉ mới.",
        "The feed has moved for good. Register its new address.";
    Redirected = "redirected", Hint,
        "Địa chỉ chuyển hướng sang nơi khác. Nếu đó là chỗ ở lâu dài, hãy dùng mã 301 và đăng ký địa chỉ ấy.",
        "The address redirects elsewhere. If it stays there, answer 301 and register that address.";
    Downgraded = "downgraded", Warning,
        "Chuyển hướng bỏ https để sang http: nội dung có thể bị sửa trên đường đi. Hãy chuyển hướng sang https.",
        "A redirect gives up https for http: the content can be changed on its way. Redirect to https.";
    NotEncrypted = "not-encrypted", Warning,
        "Nguồn tin chỉ có http, nội dung có thể bị sửa trên đường đi. Hãy bật https.",
        "The feed is served over http, so the content can be changed on its way. Turn https on.";
    CertificateEnds = "certificate-ends", Warning,
        "Chứng thư (TLS) của trang sắp hết hạn; hết hạn rồi thì không ai lấy được nguồn tin nữa. Hãy gia hạn ngay, và cho máy chủ tự gia hạn.",
        "The site's certificate (TLS) is about to end; after that nobody can fetch the feed. Renew it now, and let the server renew it by itself.";
    Slow = "slow", Warning,
        "Máy chủ trả lời chậm. Hãy lưu sẵn (cache) nguồn tin thay vì tạo lại mỗi lần.",
        "The server answers slowly. Keep the feed ready (cache it) instead of making it anew each time.";
    Unsteady = "unsteady", Warning,
        "Lần hỏi thứ hai ngay sau đó thì thất bại. Hãy xem giới hạn số lần truy cập và độ ổn định của máy chủ.",
        "The second request right after the first failed. Look at rate limits and at how steady the server is.";
    NoContentType = "no-content-type", Warning,
        "Thiếu Content-Type. Hãy gửi application/rss+xml, application/atom+xml hoặc application/feed+json kèm charset=utf-8.",
        "There is no Content-Type. Send application/rss+xml, application/atom+xml or application/feed+json with charset=utf-8.";
    Uncompressed = "uncompressed", Hint,
        "Câu trả lời không được nén. Hãy bật gzip cho nguồn tin trên máy chủ: nhẹ đi bốn, năm lần.",
        "The answer is not compressed. Turn gzip on for the feed: it becomes four or five times lighter.";
    NoValidators = "no-validators", Warning,
        "Thiếu cả ETag lẫn Last-Modified, nên lần nào cũng phải tải toàn bộ. Hãy để máy chủ gửi ETag hoặc Last-Modified.",
        "There is neither ETag nor Last-Modified, so everything is sent every time. Let the server send one of them.";
    ValidatorsIgnored = "validators-ignored", Warning,
        "Máy chủ gửi ETag hoặc Last-Modified nhưng khi được hỏi lại (If-None-Match, If-Modified-Since) vẫn gửi toàn bộ. Hãy để máy chủ trả lời 304 khi không có gì mới.",
        "The server sends ETag or Last-Modified, but asked with them (If-None-Match, If-Modified-Since) it sends everything again. Let it answer 304 when nothing is new.";
    ChangesAlways = "changes-always", Warning,
        "Hai lần hỏi liền nhau nhận hai nội dung khác nhau dù không có bài mới (thường là giờ tạo, bộ đếm). Hãy chỉ đổi nội dung khi có bài mới.",
        "Two requests in a row got different content although nothing is new (often a time of creation or a counter). Change it only when there is something new.";
    ChangingIds = "changing-ids", Warning,
        "Mã bài (guid, id) đổi sau mỗi lần hỏi, nên bài cũ trông như bài mới. Hãy cho mỗi bài một mã không bao giờ đổi.",
        "An entry's id (guid) changes with every request, so that old entries look new. Give every entry an id that never changes.";
    // What stands in it.
    NoDates = "no-dates", Warning,
        "Có bài thiếu ngày đăng hoặc ngày không đọc được. Hãy ghi pubDate theo RFC 822 (RSS), published theo RFC 3339 (Atom, JSON Feed).",
        "Entries have no date, or none that can be read. Write pubDate by RFC 822 (RSS), published by RFC 3339 (Atom, JSON Feed).";
    FutureDates = "future-dates", Warning,
        "Có bài mang ngày ở tương lai. Hãy kiểm tra đồng hồ máy chủ và múi giờ (+0700).",
        "Entries carry dates in the future. Check the server's clock and its time zone (+0700).";
    SameDates = "same-dates", Warning,
        "Mọi bài mang cùng một ngày giờ, có lẽ là giờ tạo nguồn tin. Hãy ghi ngày đăng của từng bài.",
        "All entries carry the same date, perhaps the time when the feed was made. Write each entry's own date.";
    Stale = "stale", Hint,
        "Bài mới nhất đã quá nửa năm. Hãy xem đây có còn là nguồn tin đang dùng không.",
        "The newest entry is more than half a year old. See whether this is the feed that is in use.";
    ShortWindow = "short-window", Warning,
        "Nguồn tin chỉ giữ bài của chưa tới một ngày: ngày nhiều tin thì bài bị đẩy ra trước khi được lấy. Hãy giữ ít nhất 50 bài.",
        "The feed holds less than a day's entries: on a busy day some leave it before they are fetched. Keep at least 50.";
    LongWindow = "long-window", Hint,
        "Nguồn tin giữ quá nhiều bài, lần nào đổi cũng phải tải lại tất cả. Hãy giữ 50 đến 100 bài, bài cũ chia trang theo RFC 5005.",
        "The feed holds very many entries, and all are sent again at every change. Keep 50 to 100, with older ones paged by RFC 5005.";
    NoLinks = "no-links", Warning,
        "Có bài không có địa chỉ trang. Hãy ghi <link> đầy đủ cho mỗi bài.",
        "Entries have no address. Write a full <link> for each.";
    SharedLinks = "shared-links", Warning,
        "Nhiều bài cùng một địa chỉ. Hãy để mỗi bài dẫn tới trang của nó.",
        "Several entries share one address. Let each lead to its own page.";
    NoTitles = "no-titles", Warning,
        "Có bài không có tiêu đề. Hãy ghi tiêu đề cho mỗi bài.",
        "Entries have no title. Write one for each.";
    SummariesOnly = "summaries-only", Hint,
        "Phần lớn bài chỉ có tóm tắt, nên chỉ tìm được theo tóm tắt. Nếu được, hãy đưa toàn văn (content:encoded).",
        "Most entries hold only a summary, so only that can be searched. If you can, publish the full text (content:encoded).";
    Defaced = "defaced", Serious,
        "Nội dung giống trang bị chiếm quyền (cờ bạc, mã lạ). Hãy kiểm tra trang có bị xâm nhập không; cổng tổng hợp sẽ không nhận nội dung này cho tới khi có người chấp nhận.",
        "The content looks like a site that was broken into (gambling, foreign scripts). Check the site; the hub does not take this over until somebody accepts it.";
}

fn repair_severity(code: ProblemCode) -> Severity {
    use ProblemCode as P;
    match code {
        P::OddDate | P::OddValue | P::DoctypeIgnored | P::MissingNamespace | P::NoEntries => {
            Severity::Hint
        }
        _ => Severity::Warning,
    }
}

/// The name and the Vietnamese words; the English ones are the reader's own.
#[expect(clippy::too_many_lines, reason = "a table with an entry for each code")]
fn repair(code: ProblemCode) -> (&'static str, &'static str) {
    use ProblemCode as P;
    match code {
        P::ContentTypeMismatch => (
            "content-type-mismatch",
            "Content-Type không phải của nguồn tin. Hãy gửi application/rss+xml, application/atom+xml hoặc application/feed+json.",
        ),
        P::EncodingMismatch => (
            "encoding-mismatch",
            "Bảng mã thật khác bảng mã khai báo. Hãy viết UTF-8 và khai báo UTF-8, cả trong HTTP lẫn trong khai báo XML.",
        ),
        P::InvalidBytes => (
            "invalid-bytes",
            "Có byte không hợp lệ trong bảng mã. Hãy viết toàn bộ bằng UTF-8.",
        ),
        P::LegacyTcvn3 => (
            "legacy-tcvn3",
            "Văn bản dùng phông chữ cũ TCVN3 (ABC). Hãy chuyển nội dung sang Unicode.",
        ),
        P::LegacyVni => (
            "legacy-vni",
            "Văn bản dùng phông chữ cũ VNI. Hãy chuyển nội dung sang Unicode.",
        ),
        P::JunkBeforeRoot => (
            "junk-before-root",
            "Có nội dung đứng trước khai báo XML. Hãy bỏ dòng trống và thông báo của chương trình ở đầu.",
        ),
        P::JunkAfterRoot => (
            "junk-after-root",
            "Có nội dung đứng sau phần kết của nguồn tin. Hãy kết thúc ở đó.",
        ),
        P::DoctypeIgnored => ("doctype-ignored", "DOCTYPE bị bỏ qua. Hãy bỏ nó đi."),
        P::ControlCharacters => (
            "control-characters",
            "Có ký tự điều khiển mà XML không cho phép. Hãy xóa chúng.",
        ),
        P::BareAmpersand => ("bare-ampersand", "Hãy viết & thành &amp;."),
        P::BareLessThan => ("bare-less-than", "Hãy viết < thành &lt; khi nó là chữ."),
        P::UnknownEntity => (
            "unknown-entity",
            "XML chỉ biết năm thực thể có tên. Hãy viết thẳng ký tự.",
        ),
        P::MismatchedTags => (
            "mismatched-tags",
            "Có thẻ không đóng hoặc đóng sai. Hãy tạo XML bằng thư viện XML.",
        ),
        P::UndeclaredPrefix => (
            "undeclared-prefix",
            "Tiền tố không gian tên chưa khai báo. Hãy khai báo ở thẻ gốc.",
        ),
        P::Truncated => (
            "truncated",
            "Tài liệu bị cắt ngang. Hãy xem giới hạn thời gian của máy chủ và kích thước nguồn tin.",
        ),
        P::TooManyNamespaces => (
            "too-many-namespaces",
            "Quá nhiều khai báo không gian tên. Hãy khai báo mỗi cái một lần ở thẻ gốc.",
        ),
        P::TooLarge => (
            "too-large",
            "Nguồn tin phình ra quá lớn so với kích thước, phần còn lại bị bỏ. Hãy viết ít bài hơn, đầy đủ hơn, với địa chỉ đầy đủ.",
        ),
        P::LongBase => (
            "long-base",
            "Địa chỉ gốc quá dài. Hãy viết địa chỉ đầy đủ, bắt đầu bằng https://.",
        ),
        P::MissingNamespace => (
            "missing-namespace",
            "Thẻ feed thiếu không gian tên. Hãy thêm xmlns=\"http://www.w3.org/2005/Atom\".",
        ),
        P::DoubleEscaped => (
            "double-escaped",
            "Mã HTML bị chuyển đổi hai lần (&amp;lt;). Hãy chuyển đổi một lần.",
        ),
        P::BadDate => (
            "bad-date",
            "Không đọc được ngày. Hãy ghi ngày theo RFC 822 trong RSS, RFC 3339 ở các dạng khác.",
        ),
        P::OddDate => (
            "odd-date",
            "Ngày không đúng dạng quy định. Hãy ghi theo RFC 822 trong RSS, RFC 3339 ở các dạng khác.",
        ),
        P::RelativeLink => (
            "relative-link",
            "Địa chỉ tương đối. Hãy viết địa chỉ đầy đủ, bắt đầu bằng https://.",
        ),
        P::RepairedLink => (
            "repaired-link",
            "Địa chỉ viết sai dạng. Hãy viết một địa chỉ đầy đủ.",
        ),
        P::UnsafeLink => (
            "unsafe-link",
            "Chỉ giữ địa chỉ http và https; địa chỉ chạy mã bị bỏ.",
        ),
        P::MissingId => (
            "missing-id",
            "Hãy cho mỗi bài một mã (guid hoặc id) không bao giờ đổi.",
        ),
        P::DuplicateId => (
            "duplicate-id",
            "Hai bài trùng mã (guid hoặc id). Hãy cho mỗi bài một mã riêng.",
        ),
        P::MissingTitle => ("missing-title", "Hãy đặt tên cho nguồn tin."),
        P::NoEntries => ("no-entries", "Nguồn tin không có bài nào."),
        P::OddValue => (
            "odd-value",
            "Giá trị không đọc được. Hãy ghi đúng như quy định của định dạng.",
        ),
        P::MalformedJson => (
            "malformed-json",
            "JSON sai cú pháp, hệ thống đã tự sửa. Hãy tạo JSON bằng thư viện JSON.",
        ),
    }
}
