-- The vault holds keys and nothing personal. Whoever speaks SQL here can still neither destroy a key that is on hold,
-- nor revive or delete what was destroyed, nor change what a key is for: the triggers below see to it.

-- The one key-encryption key this vault was opened with first. A wrong key file is refused before it can do harm.
CREATE TABLE kek (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    kek_id    text NOT NULL
);

-- (issuer, subject) of a token, only as a keyed MAC, and the random id that stands for that person everywhere else.
CREATE TABLE person_ref (
    lookup     bytea PRIMARY KEY CHECK (octet_length(lookup) = 32),
    person     uuid NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE data_key (
    key_id      uuid PRIMARY KEY,
    owner       text NOT NULL,
    class       text NOT NULL,
    state       text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'HELD', 'SHREDDED')),
    kek_id      text NOT NULL,
    wrapped     bytea CHECK (octet_length(wrapped) = 60),
    commitment  bytea NOT NULL CHECK (octet_length(commitment) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    shredded_at timestamptz,
    CONSTRAINT data_key_owner_fits_class CHECK (
        (class IN ('OFFICIAL', 'INCIDENTAL') AND owner ~ '^person:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
        OR (class = 'CASE' AND owner ~ '^case:cs\.[a-z0-9_]+\.[a-z0-9_]+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
    ),
    CONSTRAINT data_key_tombstone_is_empty CHECK ((state = 'SHREDDED') = (wrapped IS NULL)),
    CONSTRAINT data_key_tombstone_is_dated CHECK ((state = 'SHREDDED') = (shredded_at IS NOT NULL))
);

-- One living key for an owner and class; any number of tombstones. Two first uses at once meet here.
CREATE UNIQUE INDEX data_key_living ON data_key (owner, class) WHERE state <> 'SHREDDED';
CREATE INDEX data_key_owner ON data_key (owner, class);

-- A hold is on an owner and class rather than on a key, so that it also covers a key made after it.
CREATE TABLE legal_hold (
    hold_id     uuid PRIMARY KEY,
    owner       text NOT NULL,
    class       text NOT NULL,
    reference   text NOT NULL CHECK (reference <> ''),
    placed_at   timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz
);

CREATE INDEX legal_hold_open ON legal_hold (owner, class) WHERE released_at IS NULL;

CREATE FUNCTION held(of_owner text, of_class text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (
        SELECT FROM legal_hold WHERE owner = of_owner AND class = of_class AND released_at IS NULL
    )
$$;

-- CSHLD: a hold forbids it. CSFIN: it is final, or was never allowed to change.
CREATE FUNCTION guard_data_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'SHREDDED' THEN
            RAISE EXCEPTION 'a data key is not born shredded' USING ERRCODE = 'CSFIN';
        END IF;
        NEW.state := CASE WHEN held(NEW.owner, NEW.class) THEN 'HELD' ELSE 'ACTIVE' END;
        RETURN NEW;
    END IF;

    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'data keys and their tombstones are kept for ever' USING ERRCODE = 'CSFIN';
    END IF;

    IF OLD.state = 'SHREDDED' THEN
        RAISE EXCEPTION 'a shredded data key is final' USING ERRCODE = 'CSFIN';
    END IF;
    IF (NEW.key_id, NEW.owner, NEW.class, NEW.kek_id, NEW.commitment, NEW.created_at)
        IS DISTINCT FROM (OLD.key_id, OLD.owner, OLD.class, OLD.kek_id, OLD.commitment, OLD.created_at) THEN
        RAISE EXCEPTION 'a data key does not change what it is' USING ERRCODE = 'CSFIN';
    END IF;

    IF NEW.state = 'SHREDDED' THEN
        IF held(OLD.owner, OLD.class) THEN
            RAISE EXCEPTION 'a legal hold forbids shredding this data key' USING ERRCODE = 'CSHLD';
        END IF;
    ELSIF NEW.wrapped IS DISTINCT FROM OLD.wrapped THEN
        -- Overwriting the wrapped key is destruction without a tombstone.
        RAISE EXCEPTION 'a living data key keeps its wrapped key' USING ERRCODE = 'CSFIN';
    ELSIF NEW.state = 'ACTIVE' AND held(OLD.owner, OLD.class) THEN
        RAISE EXCEPTION 'an open legal hold keeps this data key held' USING ERRCODE = 'CSHLD';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER data_key_guard BEFORE INSERT OR UPDATE OR DELETE ON data_key
    FOR EACH ROW EXECUTE FUNCTION guard_data_key();

CREATE FUNCTION guard_legal_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'legal holds are released, not deleted' USING ERRCODE = 'CSFIN';
    END IF;
    IF OLD.released_at IS NOT NULL
        OR (NEW.hold_id, NEW.owner, NEW.class, NEW.reference, NEW.placed_at)
        IS DISTINCT FROM (OLD.hold_id, OLD.owner, OLD.class, OLD.reference, OLD.placed_at) THEN
        RAISE EXCEPTION 'a legal hold is only ever released, once' USING ERRCODE = 'CSFIN';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER legal_hold_guard BEFORE UPDATE OR DELETE ON legal_hold
    FOR EACH ROW EXECUTE FUNCTION guard_legal_hold();

-- The row lock makes holds and releases of one owner, and a shredding of their key, follow one another: each statement
-- after it sees what the other committed.
CREATE FUNCTION follow_legal_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM data_key
        WHERE owner = NEW.owner AND class = NEW.class AND state <> 'SHREDDED' FOR UPDATE;
    UPDATE data_key SET state = CASE WHEN held(NEW.owner, NEW.class) THEN 'HELD' ELSE 'ACTIVE' END
        WHERE owner = NEW.owner AND class = NEW.class AND state <> 'SHREDDED';
    RETURN NULL;
END
$$;

CREATE TRIGGER legal_hold_follow AFTER INSERT OR UPDATE ON legal_hold
    FOR EACH ROW EXECUTE FUNCTION follow_legal_hold();

CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'data keys, tombstones and legal holds are kept for ever' USING ERRCODE = 'CSFIN';
END
$$;

CREATE TRIGGER data_key_keep BEFORE TRUNCATE ON data_key EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER legal_hold_keep BEFORE TRUNCATE ON legal_hold EXECUTE FUNCTION refuse_truncate();
