-- What every build keeps besides its rows: what it needs to check and to park what follows.

-- The last commit of each aggregate.
CREATE TABLE aggregate_head (
    subject  text PRIMARY KEY,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    sha256   text NOT NULL
);

-- The writer keys in force.
CREATE TABLE writer_key (
    key_id     text PRIMARY KEY,
    public_key text NOT NULL
);

-- Keys with a commit that could not be applied. Their rows show what was before it.
CREATE TABLE quarantine (
    subject  text PRIMARY KEY,
    position bigint NOT NULL,
    reason   text NOT NULL
);

-- The commits of those keys, from that one on.
CREATE TABLE parked (
    position bigint PRIMARY KEY,
    subject  text NOT NULL REFERENCES quarantine,
    sha256   text NOT NULL
);
