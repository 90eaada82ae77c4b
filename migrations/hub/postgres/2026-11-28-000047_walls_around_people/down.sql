DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['memberships', 'widgets', 'widget_views', 'people', 'api_tokens', 'sessions', 'one_time_tokens', 'outbox',
                                'invitations', 'identities', 'second_factors', 'recovery_codes', 'pending_sign_ins'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS walls ON %I', name);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
    END LOOP;
END;
$$;
