//! The tables. Written by hand, as print-schema knows one database; `schemas_agree` checks it.

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    repository_state (id) {
        id -> BigInt,
        name -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    agencies (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        parent_id -> Nullable<BigInt>,
        valid_from -> Nullable<Date>,
        valid_until -> Nullable<Date>,
        homepage -> Nullable<Text>,
        created_at -> UtcTimestamp,
    }
}

diesel::table! {
    agency_successors (predecessor_id, successor_id) {
        predecessor_id -> BigInt,
        successor_id -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    feeds (id) {
        id -> BigInt,
        agency_id -> BigInt,
        url -> Text,
        title -> Nullable<Text>,
        created_at -> UtcTimestamp,
        closed_at -> Nullable<UtcTimestamp>,
        etag -> Nullable<Text>,
        last_modified -> Nullable<Text>,
        body_hash -> Nullable<Text>,
        ttl_minutes -> Nullable<Integer>,
        last_run_at -> Nullable<UtcTimestamp>,
        last_success_at -> Nullable<UtcTimestamp>,
        last_outcome -> Nullable<Text>,
        last_cause -> Nullable<Text>,
        failures -> Integer,
        next_fetch_at -> UtcTimestamp,
        next_fetch_reason -> Text,
        requested_at -> Nullable<UtcTimestamp>,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<UtcTimestamp>,
        fence -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    entries (id) {
        id -> BigInt,
        agency_id -> BigInt,
        feed_id -> Nullable<BigInt>,
        identity -> Text,
        kind -> Text,
        title -> Text,
        summary -> Text,
        body_html -> Text,
        url -> Nullable<Text>,
        published_at -> Nullable<UtcTimestamp>,
        updated_at -> Nullable<UtcTimestamp>,
        author -> Nullable<Text>,
        language -> Nullable<Text>,
        image_url -> Nullable<Text>,
        field -> Nullable<Text>,
        categories -> Text,
        attachments -> Text,
        legal -> Text,
        content_hash -> Text,
        version -> Integer,
        revision -> BigInt,
        first_seen_at -> UtcTimestamp,
        changed_at -> UtcTimestamp,
        listed_at -> UtcTimestamp,
        withdrawn_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    entry_feeds (entry_id, feed_id) {
        entry_id -> BigInt,
        feed_id -> BigInt,
        content_hash -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    entry_versions (entry_id, version) {
        entry_id -> BigInt,
        version -> Integer,
        kind -> Text,
        title -> Text,
        summary -> Text,
        body_html -> Text,
        url -> Nullable<Text>,
        published_at -> Nullable<UtcTimestamp>,
        updated_at -> Nullable<UtcTimestamp>,
        author -> Nullable<Text>,
        language -> Nullable<Text>,
        image_url -> Nullable<Text>,
        field -> Nullable<Text>,
        categories -> Text,
        attachments -> Text,
        legal -> Text,
        content_hash -> Text,
        changed_at -> UtcTimestamp,
        withdrawn_at -> Nullable<UtcTimestamp>,
        replaced_at -> UtcTimestamp,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    runs (id) {
        id -> BigInt,
        feed_id -> BigInt,
        started_at -> UtcTimestamp,
        finished_at -> UtcTimestamp,
        triggered_by -> Text,
        outcome -> Text,
        status -> Nullable<Integer>,
        cause -> Nullable<Text>,
        bytes -> BigInt,
        entries_new -> Integer,
        entries_updated -> Integer,
        entries_unchanged -> Integer,
        entries_withdrawn -> Integer,
        revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    histories (feed_id) {
        feed_id -> BigInt,
        reason -> Text,
        next_url -> Text,
        page_hash -> Nullable<Text>,
        pages -> Integer,
        entries_new -> Integer,
        failures -> Integer,
        started_at -> UtcTimestamp,
        due_at -> Nullable<UtcTimestamp>,
        ended -> Nullable<Text>,
        cause -> Nullable<Text>,
        lease_until -> Nullable<UtcTimestamp>,
        fence -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(histories, feeds);
diesel::allow_tables_to_appear_in_same_query!(agencies, agency_successors, feeds, runs);
diesel::allow_tables_to_appear_in_same_query!(entries, entry_feeds, entry_versions);
diesel::joinable!(histories -> feeds (feed_id));
diesel::joinable!(entry_feeds -> entries (entry_id));
