//! `/bai/{id}/ma-qr.svg`: an entry's address for the camera of a telephone.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fast_qr::convert::{Builder as _, Shape, svg::SvgBuilder};
use fast_qr::qr::QRBuilder;
use hub_repository::{EntryId, Scope, entries};

use super::super::error::{Error, PageError};
use super::super::extract::Segment;
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{Document, Shows, absolute};

/// `GET /bai/{id}/ma-qr.svg`.
pub(crate) async fn show_code(
    State(app): State<App>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = EntryId(id.parse().map_err(|_| Error::NotFound("entry"))?);
    let address = format!("/bai/{id}/ma-qr.svg");
    let document = kept(&app, &app.snapshot(), &address, move |app, _, conn| {
        let entry = entries::find(conn, &Scope::Province, id)?;
        let entry = entry.filter(|entry| entry.withdrawn_at.is_none());
        let id = entry.ok_or(Error::NotFound("entry"))?.id;
        // Without its title the address is short and the code coarse, which cheap cameras read too.
        let address = absolute(&app.config.public_url, &format!("/bai/{id}"));
        let code = QRBuilder::new(address).build();
        let code = code.map_err(|error| Error::Internal(error.into()))?;
        let svg = SvgBuilder::default().shape(Shape::Square).to_str(&code);
        Ok::<_, Error>(Document::new("image/svg+xml", svg).showing(Shows::entry(id)))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
