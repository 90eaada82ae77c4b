-- A second wall behind the scope that every query takes. Who may see some agencies only works in a transaction that names
-- them in loa.agencies ('1,7'); the database then has no other agency's rows, whatever a query forgets. Where it is not set,
-- as for harvesting and the public pages, all rows are there. It binds the tables' owner too, but no superuser.
DO $$
DECLARE
    everything CONSTANT text := '(SELECT coalesce(current_setting(''loa.agencies'', true), '''')) = ''''';
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['entries', 'feeds', 'notices', 'category_mappings', 'proven_sites'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY walls ON %I USING (%s OR agency_id = ANY (string_to_array((SELECT current_setting(''loa.agencies'', true)), '','')::bigint[]))',
            name, everything);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['entry_versions', 'corrections'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY walls ON %I USING (%s OR EXISTS (SELECT 1 FROM entries WHERE entries.id = %I.entry_id))',
            name, everything, name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['runs', 'answers', 'breakers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY walls ON %I USING (%s OR EXISTS (SELECT 1 FROM feeds WHERE feeds.id = %I.feed_id))',
            name, everything, name);
    END LOOP;
END;
$$;
