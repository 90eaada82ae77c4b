DO $$
DECLARE
    walled record;
BEGIN
    FOR walled IN SELECT schemaname, tablename FROM pg_policies
        WHERE policyname = 'walls' AND schemaname = current_schema() LOOP
        EXECUTE format('DROP POLICY walls ON %I', walled.tablename);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', walled.tablename);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', walled.tablename);
    END LOOP;
END;
$$;
