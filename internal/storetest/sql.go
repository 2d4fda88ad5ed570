package storetest

// shape says what tables there are, with their columns, constraints and indexes: what a test changes of these is not
// undone.
const shape = `
SELECT md5(string_agg(thing, ',' ORDER BY thing)) FROM (
	SELECT 'relation ' || oid || relname AS thing FROM pg_class WHERE relnamespace = 'public'::regnamespace
	UNION ALL SELECT 'column ' || attrelid || attname || atttypid || attnotnull FROM pg_attribute WHERE attnum > 0
		AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
	UNION ALL SELECT 'constraint ' || oid FROM pg_constraint WHERE connamespace = 'public'::regnamespace
	UNION ALL SELECT 'trigger ' || oid || tgenabled::text FROM pg_trigger
) things`

// keep writes down what a new database has in its tables.
const keep = `
DO $$ DECLARE name regclass; filled bool; BEGIN
	CREATE SCHEMA kept;
	FOR name IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
		IF filled THEN EXECUTE format('CREATE TABLE kept.%s AS TABLE %s', name, name); END IF;
	END LOOP;
END $$`

// renew gives a database that a test has used what a new one has in its tables. To delete is quicker than to truncate,
// which makes files, where there is little.
const renew = `
DO $$ DECLARE name regclass; BEGIN
	PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
	SET LOCAL session_replication_role = replica; -- the order of what refers to one another does not matter
	FOR name IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
		IF pg_relation_size(name) > 256 * 1024 THEN EXECUTE format('TRUNCATE %s CASCADE', name);
		ELSE EXECUTE format('DELETE FROM %s', name); END IF;
	END LOOP;
	FOR name IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' LOOP
		EXECUTE format('INSERT INTO public.%I SELECT * FROM %s', (SELECT relname FROM pg_class WHERE oid = name), name);
	END LOOP;
END $$`
