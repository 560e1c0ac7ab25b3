-- Units and people, for everybody who is known here.

-- A unit. `ministry_id` follows parents and mergers to where it belongs today; a ministry's is its own.
CREATE TABLE org_unit (
    org_unit_id     uuid PRIMARY KEY,
    version         bigint NOT NULL,
    position        bigint NOT NULL,
    code            text NOT NULL,
    kind            text NOT NULL,
    name            jsonb NOT NULL,
    parent_id       uuid,
    ministry_id     uuid NOT NULL,
    registered_from date NOT NULL,
    ended           text CHECK (ended IN ('MERGED', 'CLOSED')),
    ended_from      date,
    merged_into_id  uuid
);
CREATE INDEX ON org_unit (ministry_id);
CREATE INDEX ON org_unit (code);

-- A person: the name and the address are in `sealed_text`, of the event named here.
CREATE TABLE person (
    person_id   uuid PRIMARY KEY,
    version     bigint NOT NULL,
    position    bigint NOT NULL,
    org_unit_id uuid NOT NULL,
    event_id    uuid NOT NULL
);
CREATE INDEX ON person (org_unit_id);

-- Texts about people, as sealed: the place that the ciphertext is bound to, and the ciphertext.
CREATE TABLE sealed_text (
    event_id   uuid NOT NULL,
    path       text NOT NULL,                       -- as stored: /display_name, /email
    subject_id uuid NOT NULL,                       -- the person
    subject    text NOT NULL,                       -- cs.reference.person_access.<uuid>
    position   bigint NOT NULL,
    event_type text NOT NULL,
    schema     integer NOT NULL,
    sealed     jsonb NOT NULL,                      -- {"key_id", "nonce", "ciphertext"}
    PRIMARY KEY (event_id, path)
);
CREATE INDEX ON sealed_text (subject_id);
