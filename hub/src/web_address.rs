//! Addresses that people give: what the portal may link to, and the hub may fetch.

use url::Url;

/// Why an address is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebAddressError {
    #[error("is not an address; expected an address such as https://stp.example.gov.vn/rss")]
    NotAnAddress,
    #[error("is not on the web; expected an address such as https://stp.example.gov.vn/rss")]
    NotOnTheWeb,
    #[error(
        "holds a user name or password; expected an address such as https://stp.example.gov.vn/rss"
    )]
    HoldsPassword,
}

/// The one normal spelling of an address on the web, without its fragment.
pub fn web_address(text: &str) -> Result<String, WebAddressError> {
    let mut url = Url::parse(text.trim()).map_err(|_| WebAddressError::NotAnAddress)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(WebAddressError::NotOnTheWeb);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WebAddressError::HoldsPassword);
    }
    url.set_fragment(None);
    Ok(url.into())
}
