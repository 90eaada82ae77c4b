//! The tables. Written by hand, as print-schema knows one database; `schemas_agree` checks it.

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    revisions (revision) {
        revision -> BigInt,
        at -> UtcTimestamp,
        reach -> Text,
    }
}

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
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};

    agencies (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        parent_id -> Nullable<BigInt>,
        valid_from -> Nullable<Date>,
        valid_until -> Nullable<Date>,
        homepage -> Nullable<Text>,
        created_at -> UtcTimestamp,
        version -> Integer,
        level -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    former_slugs (slug) {
        slug -> Text,
        agency_id -> BigInt,
        since -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;

    former_publishers (feed_id, agency_id) {
        feed_id -> BigInt,
        agency_id -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    onboardings (id) {
        id -> Text,
        person_id -> Nullable<BigInt>,
        file_name -> Text,
        remark -> Nullable<Text>,
        listed -> Text,
        agencies -> Text,
        uploaded_at -> UtcTimestamp,
        applied_at -> Nullable<UtcTimestamp>,
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
        frozen_at -> Nullable<UtcTimestamp>,
        registered_url -> Nullable<Text>,
        validators_host -> Nullable<Text>,
        target_seconds -> Nullable<Integer>,
        push_trust -> Integer,
        not_before -> Nullable<UtcTimestamp>,
        stopped_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    breakers (feed_id) {
        feed_id -> BigInt,
        usual -> Nullable<Text>,
        offered -> Nullable<Text>,
        frozen_by -> Nullable<Text>,
        cause -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};

    answers (feed_id, hash) {
        feed_id -> BigInt,
        hash -> Text,
        fetched_at -> UtcTimestamp,
        url -> Text,
        content_type -> Nullable<Text>,
        outcome -> Text,
        size -> BigInt,
        packed_size -> BigInt,
        packed -> Binary,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::Text;

    jobs (name) {
        name -> Text,
        due_at -> UtcTimestamp,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text};

    feed_schedules (feed_id) {
        feed_id -> BigInt,
        host -> Text,
        demand -> Double,
        rhythm -> Text,
        window_entries -> Integer,
        fresh_seconds -> Nullable<BigInt>,
        skip_hours -> Integer,
        skip_days -> Integer,
        update_minutes -> Nullable<Integer>,
        whole_at -> UtcTimestamp,
        unconditional_until -> Nullable<UtcTimestamp>,
        moved_to -> Nullable<Text>,
        moved_since -> Nullable<UtcTimestamp>,
        moved_runs -> Integer,
        gap_at -> Nullable<UtcTimestamp>,
        gap_seconds -> Nullable<BigInt>,
        pushed_at -> Nullable<UtcTimestamp>,
        timely_pings -> Integer,
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
        staleness_seconds -> Nullable<Integer>,
        audiences -> Text,
        situations -> Text,
        cluster_id -> Nullable<BigInt>,
        starts_at -> Nullable<UtcTimestamp>,
        ends_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable};

    concealments (entry_id) {
        entry_id -> BigInt,
        since -> UtcTimestamp,
        gone_at -> Nullable<UtcTimestamp>,
        version -> Integer,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Bool, Text};

    decisions (entry_id, kind) {
        entry_id -> BigInt,
        kind -> Text,
        by_province -> Bool,
        reason -> Text,
        words -> Text,
        decided_by -> Text,
        decided_at -> UtcTimestamp,
        basis -> Text,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Text};

    vocabularies (version) {
        version -> BigInt,
        reader -> Integer,
        taxonomy -> Text,
        laws -> Text,
        synonyms -> Text,
        stopwords -> Text,
        note -> Text,
        created_at -> UtcTimestamp,
        author -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};

    readings (entry_id) {
        entry_id -> BigInt,
        read_with -> BigInt,
        field_by -> Nullable<Text>,
        confidence -> Nullable<Double>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Text};

    repairs (entry_id) {
        entry_id -> BigInt,
        encoding -> Text,
        confidence -> Double,
        original -> Text,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    corrections (entry_id) {
        entry_id -> BigInt,
        field -> Nullable<Text>,
        audiences -> Nullable<Text>,
        situations -> Nullable<Text>,
        corrected_by -> Text,
        corrected_at -> UtcTimestamp,
    }
}

diesel::table! {
    category_mappings (agency_id, category) {
        agency_id -> BigInt,
        category -> Text,
        field -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};

    instruments (key) {
        key -> Text,
        number -> Text,
        #[sql_name = "type"]
        document_type -> Nullable<Text>,
        issuer -> Nullable<Text>,
        year -> Nullable<Integer>,
        title -> Nullable<Text>,
        summary -> Nullable<Text>,
        issued_on -> Nullable<Date>,
        effective_on -> Nullable<Date>,
        replaced_by -> Nullable<Text>,
        replaced_on -> Nullable<Date>,
        vocabulary -> Nullable<BigInt>,
        entry_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    entry_citations (entry_id, instrument, article, clause, point) {
        entry_id -> BigInt,
        instrument -> Text,
        article -> Text,
        clause -> Text,
        point -> Text,
    }
}

diesel::table! {
    entry_bands (entry_id, band) {
        entry_id -> BigInt,
        band -> BigInt,
    }
}

diesel::table! {
    entry_sketches (entry_id) {
        entry_id -> BigInt,
        agency_id -> BigInt,
        sketch -> Binary,
    }
}

diesel::table! {
    cluster_exclusions (entry_id, other_id) {
        entry_id -> BigInt,
        other_id -> BigInt,
    }
}

diesel::table! {
    followers (name) {
        name -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    notices (id) {
        id -> BigInt,
        agency_id -> BigInt,
        entry_id -> BigInt,
        kind -> Text,
        detail -> Text,
        created_at -> UtcTimestamp,
        seen_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    notice_letters (notice_id, person_id) {
        notice_id -> BigInt,
        person_id -> BigInt,
        attempts -> Integer,
        next_attempt_at -> Nullable<UtcTimestamp>,
        sent_at -> Nullable<UtcTimestamp>,
        last_cause -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Text};

    asked_queries (day, found, words) {
        day -> Date,
        found -> Bool,
        words -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    entry_feeds (entry_id, feed_id) {
        entry_id -> BigInt,
        feed_id -> BigInt,
        content_hash -> Nullable<Text>,
        source_hash -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    pending_versions (entry_id) {
        entry_id -> BigInt,
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
        categories -> Text,
        attachments -> Text,
        legal -> Text,
        starts_at -> Nullable<UtcTimestamp>,
        ends_at -> Nullable<UtcTimestamp>,
        content_hash -> Text,
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
        feed_id -> Nullable<BigInt>,
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
        waited_ms -> Nullable<Integer>,
        fetch_ms -> Nullable<Integer>,
        read_ms -> Nullable<Integer>,
        store_ms -> Nullable<Integer>,
        gap_since -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    subscriptions (id) {
        id -> BigInt,
        topic -> Text,
        callback -> Text,
        callback_host -> Text,
        secret -> Nullable<Text>,
        intent_id -> BigInt,
        expires_at -> UtcTimestamp,
        wanted -> BigInt,
        delivered -> BigInt,
        attempts -> Integer,
        next_attempt_at -> Nullable<UtcTimestamp>,
        last_cause -> Nullable<Text>,
        lease_until -> Nullable<UtcTimestamp>,
        fence -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    intents (id) {
        id -> BigInt,
        mode -> Text,
        topic -> Text,
        callback -> Text,
        callback_host -> Text,
        secret -> Nullable<Text>,
        lease_seconds -> Integer,
        reason -> Nullable<Text>,
        due_at -> UtcTimestamp,
        lease_until -> Nullable<UtcTimestamp>,
        fence -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Binary, Text};

    contents (topic) {
        topic -> Text,
        version -> BigInt,
        content_type -> Text,
        hash -> Text,
        body -> Binary,
        changed_at -> UtcTimestamp,
    }
}

diesel::table! {
    fan_out (id) {
        id -> BigInt,
        revision -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    pushes (id) {
        id -> BigInt,
        feed_id -> Nullable<BigInt>,
        hub -> Text,
        topic -> Text,
        token -> Text,
        secret -> Text,
        state -> Text,
        asked_at -> Nullable<UtcTimestamp>,
        expires_at -> Nullable<UtcTimestamp>,
        attempts -> Integer,
        next_request_at -> UtcTimestamp,
        cause -> Nullable<Text>,
        last_push_at -> Nullable<UtcTimestamp>,
        received -> Integer,
        ignored -> Integer,
        lease_until -> Nullable<UtcTimestamp>,
        fence -> BigInt,
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
        pages_without_news -> Integer,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    pins (entry_id) {
        entry_id -> BigInt,
        pinned_at -> UtcTimestamp,
        until -> Nullable<Date>,
        since -> Nullable<Date>,
        label -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    legal_services (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        area -> Text,
        address -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        hours -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    widgets (id) {
        id -> Text,
        agency_id -> BigInt,
        title -> Text,
        view -> Text,
        filters -> Text,
        entry_id -> Nullable<BigInt>,
        entries -> Integer,
        language -> Text,
        theme -> Text,
        allowed_origins -> Text,
        created_at -> UtcTimestamp,
    }
}

diesel::table! {
    widget_views (day, widget, form) {
        day -> Date,
        widget -> Text,
        form -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::Text;

    widget_scripts (version) {
        version -> Text,
        content -> Text,
        served_since -> UtcTimestamp,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    people (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        created_at -> UtcTimestamp,
        signed_in_at -> Nullable<UtcTimestamp>,
        disabled_at -> Nullable<UtcTimestamp>,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    memberships (id) {
        id -> BigInt,
        person_id -> BigInt,
        agency_id -> Nullable<BigInt>,
        role -> Text,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    sessions (id) {
        id -> BigInt,
        token_hash -> Text,
        person_id -> BigInt,
        created_at -> UtcTimestamp,
        seen_at -> UtcTimestamp,
        user_agent -> Text,
        address -> Text,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    api_tokens (id) {
        id -> BigInt,
        token_hash -> Text,
        person_id -> BigInt,
        agency_id -> Nullable<BigInt>,
        name -> Text,
        scopes -> Text,
        created_at -> UtcTimestamp,
        expires_at -> UtcTimestamp,
        last_used_at -> Nullable<UtcTimestamp>,
        last_address -> Text,
        revoked_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    one_time_tokens (token_hash) {
        token_hash -> Text,
        person_id -> BigInt,
        purpose -> Text,
        expires_at -> UtcTimestamp,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    outbox (person_id) {
        person_id -> BigInt,
        purpose -> Text,
        asked_at -> UtcTimestamp,
        attempts -> Integer,
        next_attempt_at -> Nullable<UtcTimestamp>,
        sent_at -> Nullable<UtcTimestamp>,
        last_cause -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::BigInt;

    invitations (id) {
        id -> BigInt,
        inviter_id -> BigInt,
        person_id -> BigInt,
        at -> UtcTimestamp,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    second_factors (person_id) {
        person_id -> BigInt,
        secret -> Text,
        since -> UtcTimestamp,
        last_step -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        person_id -> BigInt,
        since -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    recovery_codes (code_hash) {
        code_hash -> Text,
        person_id -> BigInt,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    pending_sign_ins (token_hash) {
        token_hash -> Text,
        person_id -> BigInt,
        expires_at -> UtcTimestamp,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{Integer, Text};

    sign_in_attempts (key) {
        key -> Text,
        first_at -> UtcTimestamp,
        count -> Integer,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    audit (id) {
        id -> BigInt,
        at -> UtcTimestamp,
        person_id -> Nullable<BigInt>,
        name -> Text,
        address -> Text,
        action -> Text,
        agency_id -> Nullable<BigInt>,
        target -> Text,
        before_json -> Nullable<Text>,
        after_json -> Nullable<Text>,
        previous -> Text,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    audit_head (id) {
        id -> BigInt,
        records -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Text};

    proven_sites (agency_id, site) {
        agency_id -> BigInt,
        site -> Text,
        way -> Text,
        proven_at -> UtcTimestamp,
        proven_by -> Text,
    }
}

diesel::table! {
    use crate::types::UtcTimestamp;
    use diesel::sql_types::{BigInt, Nullable, Text};

    policies (id) {
        id -> BigInt,
        agency_id -> BigInt,
        feed_id -> Nullable<BigInt>,
        rule -> Text,
        words -> Text,
        set_by -> Text,
        set_at -> UtcTimestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(answers, feeds);
diesel::allow_tables_to_appear_in_same_query!(breakers, feeds);
diesel::allow_tables_to_appear_in_same_query!(histories, feeds);
diesel::allow_tables_to_appear_in_same_query!(notices, notice_letters);
diesel::allow_tables_to_appear_in_same_query!(widgets, widget_views);
diesel::allow_tables_to_appear_in_same_query!(
    agencies,
    agency_successors,
    feeds,
    feed_schedules,
    former_publishers,
    pushes,
    runs
);
diesel::allow_tables_to_appear_in_same_query!(
    category_mappings,
    cluster_exclusions,
    concealments,
    corrections,
    decisions,
    entries,
    entry_bands,
    entry_citations,
    entry_feeds,
    entry_sketches,
    entry_versions,
    instruments,
    notices,
    pending_versions,
    pins,
    readings,
    repairs,
    revisions
);
diesel::allow_tables_to_appear_in_same_query!(
    api_tokens,
    identities,
    memberships,
    one_time_tokens,
    pending_sign_ins,
    people,
    sessions
);
diesel::joinable!(api_tokens -> people (person_id));
diesel::joinable!(histories -> feeds (feed_id));
diesel::joinable!(identities -> people (person_id));
diesel::joinable!(corrections -> entries (entry_id));
diesel::joinable!(concealments -> entries (entry_id));
diesel::joinable!(decisions -> entries (entry_id));
diesel::joinable!(entry_citations -> entries (entry_id));
diesel::joinable!(entry_citations -> instruments (instrument));
diesel::joinable!(entry_feeds -> entries (entry_id));
diesel::joinable!(notice_letters -> notices (notice_id));
diesel::joinable!(pending_versions -> entries (entry_id));
diesel::joinable!(notices -> entries (entry_id));
diesel::joinable!(memberships -> people (person_id));
diesel::joinable!(one_time_tokens -> people (person_id));
diesel::joinable!(pending_sign_ins -> people (person_id));
diesel::joinable!(pins -> entries (entry_id));
diesel::joinable!(readings -> entries (entry_id));
diesel::joinable!(repairs -> entries (entry_id));
diesel::joinable!(sessions -> people (person_id));
