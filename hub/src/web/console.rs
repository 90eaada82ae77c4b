//! The console: where people of the province and of its agencies work.

mod account;
mod agencies;
mod answers;
pub(super) mod audit;
mod categories;
mod classification;
mod cookie;
mod decisions;
mod device;
mod entries;
mod entry;
mod error;
mod export;
mod feeds;
mod findings;
mod forgotten;
mod form;
mod frame;
mod ground;
mod invitation;
mod list;
mod new_feed;
mod notices;
mod onboarding;
mod people;
mod pins;
mod policies;
mod provider;
mod queue;
mod second_factor;
mod second_step;
mod session;
mod sign_in;
mod sites;
mod start;
mod statistics;
mod system;
mod tokens;
mod visits;
mod vocabulary;
mod widgets;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tower_http::limit::RequestBodyLimitLayer;

use crate::app::App;

pub(crate) use self::visits::Visits;

/// Where the console begins.
pub(super) const PATH: &str = "/console";

/// Bytes of a form with a file; what the file itself may have is less, and is told.
const MAX_UPLOAD: usize = 16 << 20;

/// An address of the console.
pub(super) struct Route {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "whoever walks the routes sends requests by it")
    )]
    pub(super) method: Method,
    pub(super) path: &'static str,
    handler: MethodRouter<App>,
    /// Whether it takes a file, which is larger than a form.
    takes_file: bool,
}

/// The addresses that take forms or nothing.
pub(super) fn router() -> Router<App> {
    routed(false)
}

/// The addresses that take files, with their larger bodies.
pub(super) fn uploads() -> Router<App> {
    routed(true)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(MAX_UPLOAD))
}

fn routed(takes_file: bool) -> Router<App> {
    let routes = routes().into_iter();
    routes
        .filter(|route| route.takes_file == takes_file)
        .fold(Router::new(), |router, route| {
            router.route(route.path, route.handler)
        })
}

/// Every address. A test walks them as every role, and compares with the table of `docs/access.md`.
pub(super) fn routes() -> Vec<Route> {
    let all = [
        of_ways_in(),
        of_people_and_feeds(),
        of_entries(),
        of_the_rest(),
    ];
    all.into_iter().flatten().collect()
}

fn read(path: &'static str, handler: MethodRouter<App>) -> Route {
    Route {
        method: Method::GET,
        path,
        handler,
        takes_file: false,
    }
}

fn change(path: &'static str, handler: MethodRouter<App>) -> Route {
    Route {
        method: Method::POST,
        path,
        handler,
        takes_file: false,
    }
}

fn upload(path: &'static str, handler: MethodRouter<App>) -> Route {
    Route {
        takes_file: true,
        ..change(path, handler)
    }
}

fn of_ways_in() -> Vec<Route> {
    vec![
        read("/console", get(start::show_start)),
        read("/console/dang-nhap", get(sign_in::show_form)),
        change("/console/dang-nhap", post(sign_in::sign_in)),
        read("/console/dang-nhap/ma", get(second_step::show_form)),
        change("/console/dang-nhap/ma", post(second_step::prove)),
        read("/console/dang-nhap/tinh", get(provider::begin)),
        read("/console/dang-nhap/tinh/ve", get(provider::come_back)),
        change("/console/dang-xuat", post(sign_in::sign_out)),
        read("/console/quen-mat-khau", get(forgotten::show_form)),
        change("/console/quen-mat-khau", post(forgotten::ask)),
        read("/console/moi/{token}", get(invitation::show_form)),
        change("/console/moi/{token}", post(invitation::accept)),
        read("/console/tai-khoan", get(account::show_account)),
        change("/console/tai-khoan/mat-khau", post(account::set_password)),
        read("/console/tai-khoan/hai-buoc", get(second_factor::show)),
        change("/console/tai-khoan/hai-buoc", post(second_factor::turn_on)),
        change(
            "/console/tai-khoan/hai-buoc/ma",
            post(second_factor::renew_codes),
        ),
        change(
            "/console/tai-khoan/hai-buoc/tat",
            post(second_factor::turn_off),
        ),
        change("/console/tai-khoan/lien-ket", post(provider::begin_link)),
        change("/console/tai-khoan/lien-ket/bo", post(provider::unlink)),
        change("/console/tai-khoan/phien-khac", post(account::end_others)),
        change(
            "/console/tai-khoan/phien/{session}",
            post(account::end_session),
        ),
    ]
}

fn of_people_and_feeds() -> Vec<Route> {
    vec![
        read("/console/khoa-api", get(tokens::list_tokens)),
        change("/console/khoa-api", post(tokens::issue)),
        change("/console/khoa-api/{token}/thu-hoi", post(tokens::revoke)),
        read("/console/don-vi", get(agencies::list_agencies)),
        read("/console/them-don-vi", get(agencies::show_new)),
        change("/console/them-don-vi", post(agencies::add)),
        read("/console/don-vi/{agency}/sua", get(agencies::show_form)),
        change("/console/don-vi/{agency}/sua", post(agencies::edit)),
        read(
            "/console/don-vi/{agency}/ket-thuc",
            get(agencies::show_ending),
        ),
        change("/console/don-vi/{agency}/ket-thuc", post(agencies::end)),
        change("/console/don-vi/{agency}/mo-lai", post(agencies::reopen)),
        read("/console/tiep-nhan", get(onboarding::list_progress)),
        upload("/console/tiep-nhan", post(onboarding::upload)),
        read("/console/tiep-nhan/mau.csv", get(onboarding::show_template)),
        change("/console/tiep-nhan/moi-lai", post(onboarding::invite)),
        read("/console/tiep-nhan/{upload}", get(onboarding::show_plan)),
        change(
            "/console/tiep-nhan/{upload}/thuc-hien",
            post(onboarding::apply),
        ),
        read("/console/don-vi/{agency}", get(feeds::list_feeds)),
        read(
            "/console/don-vi/{agency}/them-nguon",
            get(new_feed::show_form),
        ),
        change("/console/don-vi/{agency}/them-nguon", post(new_feed::look)),
        change(
            "/console/don-vi/{agency}/nguon-tin",
            post(new_feed::register),
        ),
        read("/console/don-vi/{agency}/trang-web", get(sites::list_sites)),
        change("/console/don-vi/{agency}/trang-web", post(sites::take_back)),
        read("/console/thong-ke", get(statistics::compare)),
        read(
            "/console/don-vi/{agency}/thong-ke",
            get(statistics::show_agency),
        ),
        read(
            "/console/don-vi/{agency}/tien-ich",
            get(widgets::list_widgets),
        ),
        change("/console/don-vi/{agency}/tien-ich", post(widgets::create)),
        read(
            "/console/don-vi/{agency}/tien-ich/moi",
            get(widgets::show_form),
        ),
        read("/console/tien-ich/{widget}", get(widgets::show_widget)),
        change("/console/tien-ich/{widget}", post(widgets::change)),
        change("/console/tien-ich/{widget}/xoa", post(widgets::remove)),
        read("/console/nguon-tin-nghi", get(feeds::list_resting)),
        change("/console/nguon-tin-nghi", post(feeds::wake)),
        read("/console/nguon-tin/{feed}", get(feeds::show_feed)),
        change("/console/nguon-tin/{feed}/thu-thap", post(feeds::harvest)),
        change("/console/nguon-tin/{feed}/ngung", post(feeds::stop)),
        change("/console/nguon-tin/{feed}/mo-lai", post(feeds::resume)),
        change("/console/nguon-tin/{feed}/nhan", post(feeds::accept)),
        change("/console/nguon-tin/{feed}/kham", post(feeds::examine)),
        read(
            "/console/nguon-tin/{feed}/dia-chi-moi",
            get(feeds::show_move),
        ),
        change(
            "/console/nguon-tin/{feed}/dia-chi-moi",
            post(feeds::accept_move),
        ),
        read(
            "/console/nguon-tin/{feed}/lan-thu-thap",
            get(feeds::list_runs),
        ),
        read("/console/nguon-tin/{feed}/byte", get(answers::list_answers)),
        read(
            "/console/nguon-tin/{feed}/byte/{answer}",
            get(answers::download),
        ),
        read(
            "/console/nguon-tin/{feed}/chuyen-muc",
            get(categories::list_categories),
        ),
        change(
            "/console/nguon-tin/{feed}/chuyen-muc",
            post(categories::map_category),
        ),
    ]
}

fn of_entries() -> Vec<Route> {
    vec![
        read("/console/bai", get(entries::list_entries)),
        read("/console/bai/{entry}", get(entry::show_entry)),
        change(
            "/console/bai/{entry}/phan-loai",
            post(classification::classify),
        ),
        change("/console/bai/{entry}/giu", post(decisions::hold)),
        change("/console/bai/{entry}/cong-bo", post(decisions::publish)),
        change("/console/bai/{entry}/rut", post(decisions::withdraw)),
        change("/console/bai/{entry}/go", post(decisions::take_down)),
        change("/console/bai/{entry}/bo-go", post(decisions::restore)),
        change("/console/bai/{entry}/giu-ban-cu", post(decisions::keep)),
        read("/console/duyet", get(queue::list_queue)),
        change("/console/duyet", post(queue::decide_several)),
        read(
            "/console/don-vi/{agency}/kiem-duyet",
            get(policies::show_policies),
        ),
        change(
            "/console/don-vi/{agency}/kiem-duyet",
            post(policies::set_policy),
        ),
    ]
}

fn of_the_rest() -> Vec<Route> {
    vec![
        read("/console/thong-bao", get(notices::list_notices)),
        change("/console/thong-bao/{notice}", post(notices::see_notice)),
        read("/console/nguoi-dung", get(people::list_people)),
        change("/console/nguoi-dung", post(people::invite)),
        read("/console/nguoi-dung/{person}", get(people::show_person)),
        change(
            "/console/nguoi-dung/{person}/vai-tro",
            post(people::set_role),
        ),
        change(
            "/console/nguoi-dung/{person}/moi-lai",
            post(people::invite_again),
        ),
        change(
            "/console/nguoi-dung/{person}/bo-hai-buoc",
            post(people::remove_second_factor),
        ),
        change(
            "/console/nguoi-dung/{person}/khoa",
            post(people::set_disabled),
        ),
        read("/console/ghim", get(pins::list_pins)),
        change("/console/ghim", post(pins::pin)),
        change("/console/ghim/{entry}/bo", post(pins::unpin)),
        read("/console/tu-vung", get(vocabulary::show_vocabulary)),
        read("/console/tu-vung/{part}", get(vocabulary::list_items)),
        read("/console/tu-vung/{part}/muc", get(vocabulary::show_item)),
        change("/console/tu-vung/{part}/muc", post(vocabulary::save_item)),
        read(
            "/console/tu-vung/phien-ban/{version}",
            get(vocabulary::show_version),
        ),
        change(
            "/console/tu-vung/phien-ban/{version}",
            post(vocabulary::go_back),
        ),
        read("/console/nhat-ky", get(audit::list_records)),
        read("/console/he-thong", get(system::show_system)),
    ]
}

/// Nobody keeps what the console says: not a proxy, and not the browser of a shared machine.
pub(super) async fn keep_nowhere(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_ours = path
        .strip_prefix(PATH)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut response = next.run(request).await;
    if is_ours {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // An invitation's address is a secret.
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        );
    }
    response
}
