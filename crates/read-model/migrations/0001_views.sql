-- What all views share: Hebrew search, roles, who keeps which view, where each build of it stands.
-- The tables of a view are not here: each build of a view has a schema of its own, made from `views/<view>.sql`.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Under the locale C the trigrams of Hebrew are silently empty, and a search would find nothing.
DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' OR show_trgm('אב') = '{}' THEN
        RAISE EXCEPTION 'the database needs the encoding UTF8 and a locale such as C.UTF-8, so that Hebrew can be searched';
    END IF;
END
$$;

-- Roles belong to the whole server, so another database may be making them at this moment.
DO $$
BEGIN
    IF to_regrole('cornerstone_projector') IS NULL THEN CREATE ROLE cornerstone_projector NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    IF to_regrole('cornerstone_reader') IS NULL THEN CREATE ROLE cornerstone_reader NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cornerstone_projector', current_database()); END $$;
GRANT USAGE ON SCHEMA public TO cornerstone_projector, cornerstone_reader;

-- Hebrew search ---------------------------------------------------------------------------------------------------

-- One form for all spellings of a word: compatibility forms, case, niqqud, bidi controls, geresh and gershayim
-- inside a word (צה״ל), maqaf and hyphen between Hebrew words, final letters.
CREATE FUNCTION he_norm(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(translate(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    lower(normalize(t, NFKC)),
                    '[\u0591-\u05BD\u05BF-\u05C7\u061C\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]', '', 'g'),
                '(?<=[א-ת])[''"׳״‘’“”](?=[א-ת])', '', 'g'),
            '(?<=[א-ת])-(?=[א-ת])|־', ' ', 'g'),
        'ךםןףץ', 'כמנפצ'), '\s+', ' ', 'g'))
$$;

-- The same without the one or two letters that Hebrew writes in front of a word (ה ו ב ל כ מ ש). It takes too much
-- from some words (מידע), on both sides of a comparison alike.
CREATE FUNCTION he_strip(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(t, '\m[והבלכמש]{1,2}(?=[א-ת]{3,})', '', 'g')
$$;

-- Words as written weigh more (A in the title, B elsewhere) than words without their prefixes (C, D).
CREATE FUNCTION he_vector(title text, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('pg_catalog.simple', public.he_norm(title)), 'A')
        || setweight(to_tsvector('pg_catalog.simple', public.he_norm(body)), 'B')
        || setweight(to_tsvector('pg_catalog.simple', public.he_strip(public.he_norm(title))), 'C')
        || setweight(to_tsvector('pg_catalog.simple', public.he_strip(public.he_norm(body))), 'D')
$$;

-- All words of a question. What matches as written also matches stripped; it is in here for its rank.
CREATE FUNCTION he_query(words text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT plainto_tsquery('pg_catalog.simple', public.he_norm(words))
        || plainto_tsquery('pg_catalog.simple', public.he_strip(public.he_norm(words)))
$$;

-- Who reads -------------------------------------------------------------------------------------------------------
-- Readers say for whom they read in settings of their transaction; row-level security compares. Without a setting
-- nothing is theirs.

-- `app.government`: on for those who read everything.
CREATE FUNCTION reader_government() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT current_setting('app.government', true) = 'on'
$$;

-- `app.ministries`: ids, comma-separated.
CREATE FUNCTION reader_ministries() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT string_to_array(current_setting('app.ministries', true), ',')::uuid[]
$$;

-- `app.units`: ids, comma-separated.
CREATE FUNCTION reader_units() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT string_to_array(current_setting('app.units', true), ',')::uuid[]
$$;

-- `app.person`: an id.
CREATE FUNCTION reader_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.person', true), '')::uuid
$$;

-- Views and their builds ------------------------------------------------------------------------------------------

-- A view is a name and the version of its shape: two versions live beside each other while a deployment goes over.
CREATE TABLE view (
    name                 text NOT NULL,
    version              integer NOT NULL,
    live                 text,          -- the schema that readers use; none before the first build is complete
    lease_owner          uuid,          -- who keeps it
    lease_epoch          bigint NOT NULL DEFAULT 0, -- raised by every change of keeper: fences the one before
    lease_until          timestamptz,
    rebuild_requested_at timestamptz,
    PRIMARY KEY (name, version)
);

-- One filling of a view's tables, in a schema of its own.
CREATE TABLE build (
    schema_name  text PRIMARY KEY,
    view_name    text NOT NULL,
    view_version integer NOT NULL,
    log_id       uuid NOT NULL,
    -- RETIRED: was live, kept to swap back. QUARANTINED and LAGGING follow from other columns.
    state        text NOT NULL DEFAULT 'BUILDING'
                 CHECK (state IN ('BUILDING', 'VERIFYING', 'LIVE', 'STOPPED', 'RETIRED')),
    reason       text,                  -- why it stopped, or in what it differs from the build before
    position     bigint NOT NULL DEFAULT 0,
    body_sha256  text,                  -- of the commit at `position`: a log that reads otherwise is another log
    stored_at    timestamptz,           -- the log's clock at `position`
    commits      bigint NOT NULL DEFAULT 0,
    digest       text NOT NULL DEFAULT repeat('0', 64), -- SHA-256 of the digest before and the body's hash, in hex
    quarantined  bigint NOT NULL DEFAULT 0, -- keys that wait for a repair
    head         bigint NOT NULL DEFAULT 0, -- the log's last position as last seen
    throughput   double precision NOT NULL DEFAULT 0, -- commits per second over the last seconds
    caught_up_at timestamptz,           -- when nothing was left to apply
    created_at   timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (view_name, view_version) REFERENCES view (name, version)
);
ALTER TABLE view ADD FOREIGN KEY (live) REFERENCES build (schema_name);

GRANT SELECT, INSERT, UPDATE, DELETE ON view, build TO cornerstone_projector;
GRANT SELECT ON view, build TO cornerstone_reader;
-- Both roles look whether the migrations they need were made.
GRANT SELECT ON _sqlx_migrations TO cornerstone_projector, cornerstone_reader;
GRANT UPDATE (rebuild_requested_at) ON view TO cornerstone_reader;

CREATE SEQUENCE build_number;
GRANT USAGE ON SEQUENCE build_number TO cornerstone_projector;

-- Makes an empty schema for a build and enters it. The caller creates the tables in it.
CREATE FUNCTION create_build(of_view text, of_version integer, of_log uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    schema_name text := format('%s_%s_%s', of_view, of_version, nextval('public.build_number'));
BEGIN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO cornerstone_reader', schema_name);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO cornerstone_reader', schema_name);
    INSERT INTO public.build (schema_name, view_name, view_version, log_id)
        VALUES (schema_name, of_view, of_version, of_log);
    RETURN schema_name;
END
$$;

-- Removes a build that is not live.
CREATE FUNCTION drop_build(of_schema text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.build WHERE schema_name = of_schema;
    IF FOUND THEN
        EXECUTE format('DROP SCHEMA %I CASCADE', of_schema);
    END IF;
END
$$;

-- Number and SHA-256 of the rows of each table of a build, whatever order they were written in.
CREATE FUNCTION build_digest(of_schema text) RETURNS TABLE (table_name text, row_count bigint, sha256 text)
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
BEGIN
    FOR table_name IN
        SELECT t.tablename FROM pg_catalog.pg_tables t WHERE t.schemaname = of_schema ORDER BY t.tablename COLLATE "C"
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, count(*), encode(sha256(coalesce(string_agg(hash, NULL ORDER BY hash), '''')), ''hex'')
               FROM (SELECT sha256(convert_to(to_jsonb(r)::text, ''UTF8'')) AS hash FROM %I.%I r) hashes',
            table_name, of_schema, table_name);
    END LOOP;
END
$$;
