-- Initiatives: the lines of the list, the card behind a line, and its story. A text in up to three languages is
-- {"he", "en", "ar", "source_lang"}, an amount of money {"currency", "minor_units"}.

-- A line of the list: narrow, since lists of it are filtered, sorted and counted.
CREATE TABLE initiative (
    initiative_id            uuid PRIMARY KEY,
    number                   text NOT NULL UNIQUE,  -- INI-2026-00123
    number_order             bigint NOT NULL,       -- year and ordinal: the order of numbers
    version                  bigint NOT NULL,
    position                 bigint NOT NULL,       -- of the commit that last changed it
    updated_at               timestamptz NOT NULL,  -- when that was recorded
    title                    jsonb NOT NULL,
    title_he                 text COLLATE "he-x-icu" NOT NULL, -- to sort by: Hebrew, else English
    title_en                 text COLLATE "en-x-icu" NOT NULL, -- to sort by: English, else Hebrew
    status                   text NOT NULL,
    stage                    text,                  -- none before it is accepted
    stage_order              smallint NOT NULL,     -- 1 to 6; 0 without a stage
    stage_since              date,
    origin                   text NOT NULL,
    lead_org_unit_id         uuid NOT NULL,
    ministry_id              uuid NOT NULL,         -- of the lead unit on the day of creation
    ministry                 text,                  -- its code
    partner_org_unit_ids     uuid[] NOT NULL,
    proposer_id              uuid,
    proposer_hidden          boolean NOT NULL,      -- from the own line management, until accepted
    co_proposer_ids          uuid[] NOT NULL,
    reviewer_id              uuid,
    owner_manager_id         uuid,
    owner_unit_id            uuid,
    classified               boolean NOT NULL,
    framework_version        integer,
    primary_facet            text,
    facet_weights            jsonb,                 -- basis points by lower-case facet
    innovation_types         text[] NOT NULL,
    primary_type             text,
    novelty                  text,
    horizon                  text,
    confidence_self          text,
    confidence_self_on       date,
    confidence_independent   text,
    confidence_source_rating text,
    confidence_on            date,                  -- of the independent rating
    approved_budget          bigint,                -- minor units
    approved_budget_currency text,
    effort_only              boolean NOT NULL,
    whole_life_cost          jsonb,
    whole_life_cost_on       date,
    reported_years           integer[] NOT NULL,    -- with a cost or a confidence, ascending
    tags                     text[] NOT NULL,
    mission_id               uuid,
    challenge_id             uuid,
    proposed_on              date NOT NULL,
    accepted_on              date,
    revisit_on               date,                  -- while shelved
    reason_code              text,                  -- why declined, shelved or stopped
    source_system            text,
    source_key               text
);
CREATE INDEX ON initiative (updated_at DESC, initiative_id);
CREATE INDEX ON initiative (proposed_on, initiative_id);
CREATE INDEX ON initiative (number_order);
CREATE INDEX ON initiative (title_he, initiative_id);
CREATE INDEX ON initiative (title_en, initiative_id);
CREATE INDEX ON initiative (stage_order, initiative_id);
CREATE INDEX ON initiative (approved_budget, initiative_id);
CREATE INDEX ON initiative (approved_budget DESC NULLS LAST, initiative_id);
CREATE INDEX ON initiative (position);
CREATE INDEX ON initiative (ministry_id, updated_at DESC);
CREATE INDEX ON initiative (lead_org_unit_id);
CREATE INDEX ON initiative (owner_manager_id);
CREATE INDEX ON initiative (proposer_id);
CREATE INDEX ON initiative (source_system, source_key);
CREATE INDEX ON initiative USING gin (tags);

-- What a list does not filter by. `gates` are those of the next stage: [{"gate", "met"}].
CREATE TABLE initiative_card (
    initiative_id         uuid PRIMARY KEY,
    summary               jsonb NOT NULL,
    problem_statement     jsonb,
    solution_hypothesis   jsonb,
    beneficiaries         jsonb NOT NULL,           -- [{"group", "estimated_count"}]
    requested_changes     jsonb NOT NULL,           -- texts, of the last request
    review_rounds         smallint NOT NULL,
    interest_declared     boolean NOT NULL,
    privacy_screen        text,
    no_material_risk      boolean NOT NULL,
    implementation_since  date,                     -- of the current or last round of stage 4
    implementation_mode   text,
    implementation_from   date,
    implementation_to     date,
    implementation_ended  boolean NOT NULL,
    verdict               text,                     -- of that round's evaluation
    result                text,
    evidence_level        text,
    gates                 jsonb NOT NULL
);

-- Words of titles, summaries and tags, and everything that is found by a part of it.
CREATE TABLE initiative_search (
    initiative_id uuid PRIMARY KEY,
    words         tsvector NOT NULL,                -- he_vector
    parts         text NOT NULL                     -- he_norm of titles, tags, number and source key
);
CREATE INDEX ON initiative_search USING gin (words);
CREATE INDEX ON initiative_search USING gin (parts gin_trgm_ops);

-- Initiatives in which all words of a question occur, in any of their spellings, or a part of a number or of a source's
-- key. Words as written count more than words without their prefixes, titles more than what is below them. Row-level
-- security would look at every row before an index may be asked, so this asks without it: whoever calls it joins
-- `initiative`, which has it.
CREATE FUNCTION find_initiatives(question text) RETURNS TABLE (initiative_id uuid, relevance bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH asked AS MATERIALIZED (
        SELECT he_query(question) AS words, question ~ '[0-9]' AS in_part,
               '%' || regexp_replace(he_norm(question), '([%_\\])', '\\\1', 'g') || '%' AS part
    )
    SELECT s.initiative_id, (ts_rank('{0.05,0.1,0.5,1}', s.words, asked.words) * 1000000)::bigint
      FROM asked, initiative_search s
     WHERE s.words @@ asked.words OR (asked.in_part AND s.parts LIKE asked.part)
$$;

-- Statements of confidence in delivery. Findings and notes are in `sealed_text`.
CREATE TABLE confidence (
    event_id      uuid PRIMARY KEY,
    initiative_id uuid NOT NULL,
    position      bigint NOT NULL,
    effective_on  date NOT NULL,
    independent   boolean NOT NULL,
    rating        text,
    source_rating text
);
CREATE INDEX ON confidence (initiative_id, effective_on, position);

-- What a year cost, as told at some time.
CREATE TABLE cost (
    event_id      uuid PRIMARY KEY,
    initiative_id uuid NOT NULL,
    position      bigint NOT NULL,
    effective_on  date NOT NULL,
    year          integer NOT NULL,
    planned       jsonb,
    forecast      jsonb,
    whole_life    jsonb
);
CREATE INDEX ON cost (initiative_id, effective_on, position);

-- Indicators; their ids are unique within an initiative only. Values are in millionths of the unit.
CREATE TABLE kpi (
    initiative_id     uuid NOT NULL,
    kpi_id            uuid NOT NULL,
    ordinal           integer NOT NULL,             -- order of definition, from 1
    name              jsonb NOT NULL,
    outcome_dimension text NOT NULL,
    unit              text NOT NULL,
    direction         text NOT NULL,
    baseline          bigint NOT NULL,
    baseline_on       date NOT NULL,
    baseline_source   text NOT NULL,
    target            bigint NOT NULL,
    target_on         date NOT NULL,
    tolerance         bigint,
    weight            smallint NOT NULL,
    frequency_days    integer NOT NULL,
    trajectory        jsonb NOT NULL,               -- [{"on", "value"}]
    retired           boolean NOT NULL,
    rebaselined       boolean NOT NULL,             -- its target moved after measuring began
    PRIMARY KEY (initiative_id, kpi_id)
);

CREATE TABLE measurement (
    initiative_id  uuid NOT NULL,
    kpi_id         uuid NOT NULL,
    measured_on    date NOT NULL,
    value          bigint NOT NULL,
    source         text NOT NULL,
    evidence_level text NOT NULL,
    document       jsonb,                           -- {"sha256", "media_type", "bytes", "title"}
    verified       boolean NOT NULL,                -- the value as it now stands
    corrected      boolean NOT NULL,
    PRIMARY KEY (initiative_id, kpi_id, measured_on)
);

-- The story, event by event. `data` is the payload without its sealed texts.
CREATE TABLE timeline (
    event_id        uuid PRIMARY KEY,
    initiative_id   uuid NOT NULL,
    position        bigint NOT NULL,
    version         bigint NOT NULL,
    type            text NOT NULL,
    schema          integer NOT NULL,
    recorded_at     timestamptz NOT NULL,
    effective_on    date NOT NULL,
    actor_role      text NOT NULL,
    actor_person_id uuid,
    actor_system    text,
    actor_unit_id   uuid,
    on_behalf_of_id uuid,
    data            jsonb NOT NULL
);
CREATE UNIQUE INDEX ON timeline (initiative_id, version);

-- Texts about people, as sealed: the place that the ciphertext is bound to, and the ciphertext.
CREATE TABLE sealed_text (
    event_id   uuid NOT NULL,
    path       text NOT NULL,                       -- as stored: a JSON pointer into the payload
    subject_id uuid NOT NULL,                       -- the initiative
    subject    text NOT NULL,                       -- cs.portfolio.initiative.<uuid>
    position   bigint NOT NULL,
    event_type text NOT NULL,
    schema     integer NOT NULL,
    sealed     jsonb NOT NULL,                      -- {"key_id", "nonce", "ciphertext"}
    PRIMARY KEY (event_id, path)
);
CREATE INDEX ON sealed_text (subject_id, position);

-- Codes of units, for the lines above; `reference` tells more.
CREATE TABLE unit_code (
    org_unit_id uuid PRIMARY KEY,
    code        text NOT NULL
);

-- How many initiatives a civil year in Jerusalem has seen created, the quarantined ones too.
CREATE TABLE initiative_count (
    year  integer PRIMARY KEY,
    total bigint NOT NULL
);

-- A reader sees what is theirs: everything, their ministries, their units, or their own.
ALTER TABLE initiative ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON initiative TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON initiative FOR SELECT TO cornerstone_reader USING (
    (SELECT public.reader_government())
    OR ministry_id = ANY ((SELECT public.reader_ministries())::uuid[])
    OR lead_org_unit_id = ANY ((SELECT public.reader_units())::uuid[])
    OR proposer_id = (SELECT public.reader_person())
    OR owner_manager_id = (SELECT public.reader_person())
);

-- What hangs on an initiative is visible with it: the policy of `initiative` holds inside these too.
ALTER TABLE initiative_card ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON initiative_card TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON initiative_card FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = initiative_card.initiative_id));

ALTER TABLE initiative_search ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON initiative_search TO cornerstone_projector USING (true) WITH CHECK (true);

ALTER TABLE confidence ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON confidence TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON confidence FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = confidence.initiative_id));

ALTER TABLE cost ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON cost TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON cost FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = cost.initiative_id));

ALTER TABLE kpi ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON kpi TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON kpi FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = kpi.initiative_id));

ALTER TABLE measurement ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON measurement TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON measurement FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = measurement.initiative_id));

ALTER TABLE timeline ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON timeline TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON timeline FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = timeline.initiative_id));

ALTER TABLE sealed_text ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON sealed_text TO cornerstone_projector USING (true) WITH CHECK (true);
CREATE POLICY reader ON sealed_text FOR SELECT TO cornerstone_reader
    USING (EXISTS (SELECT FROM initiative i WHERE i.initiative_id = sealed_text.subject_id));
