//! What stands around every page of the console.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use hub_repository::agencies::Agency;
use hub_repository::{AgencyId, Scope};

use super::super::assets;
use super::super::error::{Error, OwnPage};
use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::session::{MOST_COUNTED, Signed};
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::Snapshot;

/// The frame around a page's content.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) site: String,
    pub(super) title: String,
    pub(super) styles: [&'static str; 2],
    pub(super) icon: &'static str,
    pub(super) display: &'static str,
    pub(super) person: Option<Who>,
    pub(super) sections: Vec<(&'static str, &'static str)>,
    /// How many entries wait for somebody to publish them, and the section that lists them.
    pub(super) waiting: (&'static str, String),
    /// The section that the page stands in.
    pub(super) section: &'static str,
    /// The agency that the page is about.
    pub(super) agency: Option<AgencyParts>,
    /// What was just done.
    pub(super) done: Option<&'static str>,
}

/// What there is of one agency.
#[derive(Debug)]
pub(super) struct AgencyParts {
    pub(super) name: String,
    /// Address, label, whether the page stands there.
    pub(super) parts: Vec<(String, &'static str, bool)>,
}

/// Who is signed in.
#[derive(Debug)]
pub(super) struct Who {
    pub(super) name: String,
    /// Stands in every form.
    pub(super) token: String,
}

/// What a page may say was done, by the word in its address.
const DONE: &[(&str, &str)] = &[
    (
        "mat-khau",
        "Đã đổi mật khẩu. Các phiên khác đã bị đăng xuất.",
    ),
    (
        "quen-mat-khau",
        "Nếu có tài khoản với địa chỉ đó, thư có liên kết sẽ tới trong ít phút. Hãy xem cả hộp thư rác; sau 15 phút chưa thấy thì có thể yêu cầu lại.",
    ),
    ("phien", "Đã đăng xuất phiên đó."),
    ("thu-hoi-khoa", "Đã thu hồi khóa API."),
    ("phien-khac", "Đã đăng xuất mọi phiên khác."),
    (
        "thu-thap",
        "Đã yêu cầu thu thập. Kết quả hiện ở lịch sử bên dưới sau ít giây; hãy tải lại trang.",
    ),
    (
        "dang-ky",
        "Đã đăng ký nguồn tin và yêu cầu thu thập ngay. Các bài hiện ra sau ít giây; hãy tải lại trang.",
    ),
    (
        "ngung",
        "Đã ngừng thu thập. Bài đã có vẫn ở trên cổng; có thể mở lại bất cứ lúc nào.",
    ),
    (
        "thuc-day",
        "Đã yêu cầu thu thập các nguồn tin đó. Kết quả hiện ra sau ít giây; hãy tải lại trang.",
    ),
    (
        "nhan",
        "Đã nhận nội dung mới của nguồn tin và yêu cầu thu thập ngay.",
    ),
    (
        "bo-xac-minh",
        "Đã bỏ xác minh trang. Có thể xác minh lại khi thêm nguồn tin.",
    ),
    (
        "dia-chi-moi",
        "Đã nhận địa chỉ mới và yêu cầu thu thập ngay.",
    ),
    ("mo-lai", "Đã mở lại và yêu cầu thu thập ngay."),
    ("tien-ich", "Đã lưu tiện ích."),
    ("xoa-tien-ich", "Đã xóa tiện ích."),
    (
        "chuyen-muc",
        "Đã lưu. Các bài được phân loại lại trong ít phút.",
    ),
    ("phan-loai", "Đã lưu phân loại."),
    (
        "bo-phan-loai",
        "Đã bỏ quyết định; hệ thống sẽ phân loại lại.",
    ),
    ("giu", "Đã giữ bài lại; bài không hiện với công chúng."),
    ("cong-bo", "Đã công bố bài."),
    ("duyet", "Đã làm xong với mọi bài được đánh dấu."),
    (
        "tu-vung",
        "Đã lưu phiên bản mới; các bài được phân loại lại ở chế độ nền.",
    ),
    (
        "quy-tac",
        "Đã lưu quy tắc; áp dụng cho bài được lưu từ bây giờ.",
    ),
    ("rut", "Đã rút bài. Có thể công bố lại ở trang của bài."),
    ("go", "Đã gỡ bài. Có thể bỏ lệnh gỡ ở trang của bài."),
    ("bo-go", "Đã bỏ lệnh gỡ."),
    ("giu-ban-cu", "Đã giữ bản đang hiện."),
    ("da-xem", "Đã đánh dấu là đã xem."),
    ("vai-tro", "Đã đổi vai trò."),
    (
        "thu",
        "Thư đang được gửi đi. Kết quả hiện ở trang này sau ít giây; hãy tải lại trang.",
    ),
    ("lien-ket", "Đã liên kết tài khoản."),
    ("bo-lien-ket", "Đã bỏ liên kết."),
    ("hai-buoc", "Xác thực hai bước đang bật."),
    ("bo-hai-buoc", "Đã tắt xác thực hai bước."),
    ("khoa", "Đã khóa tài khoản; người này đã bị đăng xuất."),
    ("mo-khoa", "Đã mở khóa tài khoản."),
    ("ghim", "Đã ghim bài lên đầu trang chủ."),
    ("bo-ghim", "Đã bỏ ghim."),
    ("dang-xuat", "Bạn đã đăng xuất."),
    (
        "da-doi",
        "Tài khoản vừa được thay đổi ở nơi khác. Hãy đăng nhập lại.",
    ),
    ("don-vi-them", "Đã thêm đơn vị."),
    (
        "don-vi-sua",
        "Đã lưu đơn vị. Địa chỉ cũ, nếu đổi, tự dẫn đến địa chỉ mới.",
    ),
    (
        "tiep-nhan",
        "Đã thực hiện danh sách. Nguồn tin được thu thập ngay; hãy tải lại trang để xem tiến độ.",
    ),
    ("moi-lai", "Đã gửi lời mời đến những người chưa đăng nhập."),
    (
        "don-vi-ket-thuc",
        "Đã ghi việc kết thúc hoạt động. Cần sửa ngày, đơn vị kế thừa hoặc hoàn tác: mở lại mục này.",
    ),
    (
        "don-vi-mo-lai",
        "Đã hoàn tác: đơn vị hoạt động trở lại. Nguồn tin đã ngừng thì mở lại ở trang của từng nguồn tin.",
    ),
];

/// A number of entries that wait, as the navigation has it.
fn told(waiting: usize) -> String {
    match waiting {
        0 => String::new(),
        MOST_COUNTED.. => format!("{}+", MOST_COUNTED - 1),
        few => few.to_string(),
    }
}

impl Frame {
    /// For who is not signed in.
    pub(super) fn public(app: &App, title: &str, query: &Parameters) -> Self {
        let done = query.value("xong");
        Self {
            site: app.config.title.clone(),
            title: title.to_owned(),
            styles: [assets::style_path(), assets::console_style_path()],
            icon: assets::icon_path(),
            display: assets::display_path(),
            person: None,
            sections: Vec::new(),
            waiting: ("", String::new()),
            section: "",
            agency: None,
            done: DONE
                .iter()
                .find(|(word, _)| Some(*word) == done)
                .map(|(_, said)| *said),
        }
    }

    /// For a person, in one of the sections that the person sees.
    pub(super) fn of(
        app: &App,
        signed: &Signed,
        title: &str,
        section: &'static str,
        query: &Parameters,
    ) -> Self {
        let has = |action| !access::scopes(&signed.parts, action).is_empty();
        let all = [
            ("/console", "Tổng quan", true),
            ("/console/don-vi", "Đơn vị", has(Action::SeeAgencies)),
            ("/console/tiep-nhan", "Tiếp nhận", has(Action::SeeAgencies)),
            ("/console/bai", "Bài viết", has(Action::SeeEntries)),
            ("/console/duyet", "Duyệt bài", has(Action::SeeEntries)),
            ("/console/thong-bao", "Thông báo", has(Action::SeeNotices)),
            ("/console/nguoi-dung", "Người dùng", has(Action::SeePeople)),
            (
                "/console/thong-ke",
                "Thống kê",
                signed.may(Action::SeeStatistics, None),
            ),
            ("/console/ghim", "Bài ghim", has(Action::SeePins)),
            ("/console/tu-vung", "Từ vựng", has(Action::SeeVocabulary)),
            ("/console/nhat-ky", "Nhật ký", has(Action::SeeAudit)),
            ("/console/he-thong", "Hệ thống", has(Action::SeeSystem)),
        ];
        Self {
            person: Some(Who {
                name: signed.person.name.clone(),
                token: signed.form_token.clone(),
            }),
            sections: all
                .into_iter()
                .filter(|(_, _, shown)| *shown)
                .map(|(path, label, _)| (path, label))
                .collect(),
            section,
            waiting: ("/console/duyet", told(signed.waiting)),
            ..Self::public(app, title, query)
        }
    }

    /// The same page among those of one agency; `part` is the last of the address of the part that it stands in.
    pub(super) fn within(mut self, signed: &Signed, agency: &Agency, part: &str) -> Self {
        let Agency { id, slug, name, .. } = agency;
        let may = |action| signed.may(action, Some(*id));
        let all = [
            (
                "nguon-tin",
                format!("/console/don-vi/{slug}"),
                "Nguồn tin",
                Action::SeeFeeds,
            ),
            (
                "bai",
                format!("/console/bai?don-vi={slug}"),
                "Bài viết",
                Action::SeeEntries,
            ),
            (
                "tien-ich",
                format!("/console/don-vi/{slug}/tien-ich"),
                "Tiện ích",
                Action::SeeWidgets,
            ),
            (
                "thong-ke",
                format!("/console/don-vi/{slug}/thong-ke"),
                "Thống kê",
                Action::SeeStatistics,
            ),
            (
                "duyet",
                format!("/console/duyet?don-vi={slug}"),
                "Duyệt bài",
                Action::SeeEntries,
            ),
            (
                "kiem-duyet",
                format!("/console/don-vi/{slug}/kiem-duyet"),
                "Kiểm duyệt",
                Action::SeeEntries,
            ),
            (
                "nguoi-dung",
                format!("/console/nguoi-dung?don-vi={slug}"),
                "Người dùng",
                Action::SeePeople,
            ),
        ];
        let seen = all.into_iter().filter(|(.., action)| may(*action));
        self.agency = Some(AgencyParts {
            name: name.clone(),
            parts: seen
                .map(|(own, path, label, _)| (path, label, own == part))
                .collect(),
        });
        self
    }

    /// The same for a list of the agency that was chosen.
    pub(super) fn within_place(self, signed: &Signed, place: &Place, part: &str) -> Self {
        let mut choices = place.choices.iter();
        match choices.find(|agency| place.agency == Some(agency.id)) {
            Some(agency) => self.within(signed, agency, part),
            None => self,
        }
    }

    /// What the folded navigation of a narrow screen is called.
    pub(super) fn here(&self) -> &'static str {
        let mut sections = self.sections.iter();
        let here = sections.find(|(path, _)| *path == self.section);
        here.map_or("Các mục", |(_, label)| label)
    }

    /// What a form holds to prove whose it is.
    pub(super) fn token(&self) -> &str {
        self.person.as_ref().map_or("", |who| &who.token)
    }
}

/// A rendered page.
pub(super) fn page(template: &impl Template) -> Result<Response, ConsoleError> {
    page_with(StatusCode::OK, template)
}

/// The same with another status.
pub(super) fn page_with(
    status: StatusCode,
    template: &impl Template,
) -> Result<Response, ConsoleError> {
    Ok((status, Extension(OwnPage), Html(template.render()?)).into_response())
}

/// Where a list is looked at: one agency, or the province.
pub(super) struct Place {
    pub(super) scope: Scope,
    /// The agency that was chosen.
    pub(super) agency: Option<AgencyId>,
    pub(super) slug: String,
    /// What there is to choose from.
    pub(super) choices: Vec<Agency>,
    /// Whether all of them can be looked at together.
    pub(super) has_all: bool,
}

impl Place {
    /// The place that `don-vi` names, or the first in which the person may do that.
    pub(super) fn of(
        signed: &Signed,
        action: Action,
        query: &Parameters,
        snapshot: &Snapshot,
    ) -> Result<Self, ConsoleError> {
        let scopes = access::scopes(&signed.parts, action);
        let first = *scopes.first().ok_or(ConsoleError::Forbidden)?;
        let agencies = snapshot.agencies().iter();
        let choices: Vec<Agency> = agencies
            .filter(|agency| scopes.iter().any(|scope| scope.covers(agency.id)))
            .cloned()
            .collect();
        let (scope, agency, slug) = match query.value("don-vi") {
            Some(slug) => {
                let mut found = choices.iter();
                let agency = found
                    .find(|agency| agency.slug == slug)
                    .ok_or(Error::NotFound("agency"))?;
                let scope = Scope::Agency(agency.id);
                (scope, Some(agency.id), slug.to_owned())
            }
            None => match first {
                Scope::Province => (first, None, String::new()),
                Scope::Agency(id) => {
                    let slug = snapshot.agency(id).map(|agency| agency.slug.clone());
                    (first, Some(id), slug.unwrap_or_default())
                }
            },
        };
        Ok(Self {
            scope,
            agency,
            slug,
            choices,
            has_all: first == Scope::Province,
        })
    }
}
