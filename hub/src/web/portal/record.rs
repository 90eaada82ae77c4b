//! The record of a legal document, as Decree 42/2022/NĐ-CP asks for it.

/// What is known of a document that an entry publishes, in the decree's order.
pub(super) fn document_record(document: feeds::Document) -> Vec<(&'static str, String)> {
    let day = |day: chrono::NaiveDate| day.format("%d/%m/%Y").to_string();
    [
        ("Loại văn bản", document.document_type),
        ("Số, ký hiệu", document.number),
        ("Cơ quan ban hành", document.issuer),
        ("Ngày ban hành", document.issued.map(day)),
        ("Ngày có hiệu lực", document.effective.map(day)),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value?)))
    .collect()
}
