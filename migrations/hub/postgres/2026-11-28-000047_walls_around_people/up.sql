-- The walls around people and widgets: a person is there for who works in one of the person's agencies, and with the person what is the person's
-- own. Inviting and signing in happen outside of the walls, as they have to know who somebody is elsewhere.
DO $$
DECLARE
    everything CONSTANT text := '(SELECT coalesce(current_setting(''loa.agencies'', true), '''')) = ''''';
    name text;
    own text;
BEGIN
    FOREACH name IN ARRAY ARRAY['memberships', 'widgets', 'widget_views', 'people', 'api_tokens', 'sessions', 'one_time_tokens', 'outbox',
                                'invitations', 'identities', 'second_factors', 'recovery_codes', 'pending_sign_ins'] LOOP
        own := CASE
            WHEN name IN ('memberships', 'widgets') THEN
                'agency_id = ANY (string_to_array((SELECT current_setting(''loa.agencies'', true)), '','')::bigint[])'
            WHEN name = 'widget_views' THEN 'EXISTS (SELECT 1 FROM widgets WHERE widgets.id = widget_views.widget)'
            WHEN name = 'people' THEN 'EXISTS (SELECT 1 FROM memberships WHERE memberships.person_id = people.id)'
            ELSE format('EXISTS (SELECT 1 FROM people WHERE people.id = %I.person_id)', name)
        END;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY walls ON %I USING (%s OR %s)', name, everything, own);
    END LOOP;
END;
$$;
