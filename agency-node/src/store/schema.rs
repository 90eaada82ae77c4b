//! The tables as Diesel sees them; the migrations are the truth.

diesel::table! {
    entries (id) {
        id -> Text,
        state -> Text,
        version -> BigInt,
        kind -> Text,
        title -> Text,
        summary -> Text,
        body_format -> Text,
        body_source -> Text,
        body_html -> Text,
        field -> Nullable<Text>,
        audiences -> Text,
        basis -> Text,
        tags -> Text,
        question -> Nullable<Text>,
        document_number -> Nullable<Text>,
        document_type -> Nullable<Text>,
        document_issuer -> Nullable<Text>,
        document_issued -> Nullable<Date>,
        document_effective -> Nullable<Date>,
        created_at -> Text,
        updated_at -> Text,
        changed_at -> Text,
        published_at -> Nullable<Text>,
        withdrawn_at -> Nullable<Text>,
        event_day -> Nullable<Date>,
        event_time -> Nullable<Time>,
        event_place -> Nullable<Text>,
    }
}

diesel::table! {
    editors (id) {
        id -> BigInt,
        name -> Text,
        password_hash -> Text,
        created_at -> Text,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        editor_id -> BigInt,
        created_at -> Text,
        seen_at -> Text,
    }
}

diesel::table! {
    site (id) {
        id -> BigInt,
        slug -> Text,
        opened_at -> Text,
    }
}

diesel::joinable!(sessions -> editors (editor_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, editors);
