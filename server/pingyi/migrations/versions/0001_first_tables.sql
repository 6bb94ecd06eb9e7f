CREATE TABLE channel_score (
  assessment_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  status TEXT NOT NULL,
  points NUMERIC,
  n BIGINT,
  facts JSON NOT NULL,
  CONSTRAINT pk_channel_score PRIMARY KEY (assessment_id, unit_id, channel_id)
);

CREATE TABLE counter (
  channel_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  standing TEXT NOT NULL,
  counts JSON NOT NULL,
  CONSTRAINT pk_counter PRIMARY KEY (channel_id, unit_id, standing)
);

CREATE TABLE entry (
  delivery_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  identity TEXT NOT NULL,
  standing TEXT NOT NULL,
  values JSON NOT NULL,
  counts JSON NOT NULL,
  shared JSON NOT NULL,
  replaces_delivery BIGINT,
  replaces_position BIGINT,
  reason TEXT NOT NULL,
  salt BYTEA,
  hash BYTEA NOT NULL,
  CONSTRAINT pk_entry PRIMARY KEY (delivery_id, position)
);

CREATE TABLE entry_head (
  channel_id BIGINT NOT NULL,
  identity TEXT NOT NULL,
  delivery_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  CONSTRAINT pk_entry_head PRIMARY KEY (channel_id, identity)
);

CREATE TABLE leaf (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  kind TEXT NOT NULL,
  period_id BIGINT,
  delivery_id BIGINT,
  position BIGINT,
  body BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  CONSTRAINT pk_leaf PRIMARY KEY (id)
);

CREATE TABLE one_time_code (
  code_hash BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_one_time_code PRIMARY KEY (code_hash)
);

CREATE TABLE operator (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  name TEXT NOT NULL,
  CONSTRAINT pk_operator PRIMARY KEY (id),
  CONSTRAINT uq_operator_name UNIQUE (name)
);

CREATE TABLE outbox (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  topic TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  attempts BIGINT DEFAULT '0' NOT NULL,
  dispatched_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_outbox PRIMARY KEY (id)
);

CREATE INDEX ix_outbox_topic_subject_id ON outbox (topic, subject_id);

CREATE TABLE progress (
  topic TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  error TEXT DEFAULT '' NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_progress PRIMARY KEY (topic, subject_id)
);

CREATE TABLE scheme (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  document TEXT NOT NULL,
  digest BYTEA NOT NULL,
  issued_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_scheme PRIMARY KEY (id),
  CONSTRAINT uq_scheme_key_version UNIQUE (key, version)
);

CREATE TABLE unfolded (
  delivery_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  CONSTRAINT pk_unfolded PRIMARY KEY (delivery_id)
);

CREATE INDEX ix_unfolded_channel_id ON unfolded (channel_id);

CREATE TABLE unit (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  parent_id BIGINT,
  subordination TEXT DEFAULT '' NOT NULL,
  superior TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_unit PRIMARY KEY (id),
  CONSTRAINT uq_unit_code UNIQUE (code),
  CONSTRAINT fk_unit_parent_id FOREIGN KEY(parent_id) REFERENCES unit (id)
);

CREATE TABLE unit_result (
  assessment_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  category TEXT NOT NULL,
  position BIGINT NOT NULL,
  status TEXT NOT NULL,
  total NUMERIC,
  rank BIGINT,
  "of" BIGINT,
  grade TEXT NOT NULL,
  details JSONB NOT NULL,
  CONSTRAINT pk_unit_result PRIMARY KEY (assessment_id, unit_id)
);

CREATE TABLE account (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  roles TEXT[] NOT NULL,
  operator_id BIGINT,
  unit_id BIGINT,
  disabled_at TIMESTAMP WITH TIME ZONE,
  failures BIGINT DEFAULT '0' NOT NULL,
  locked_until TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_account PRIMARY KEY (id),
  CONSTRAINT uq_account_login UNIQUE (login),
  CONSTRAINT fk_account_operator_id FOREIGN KEY(operator_id) REFERENCES operator (id),
  CONSTRAINT fk_account_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE TABLE api_key (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  key_id TEXT NOT NULL,
  secret_hash BYTEA NOT NULL,
  label TEXT DEFAULT '' NOT NULL,
  operator_id BIGINT,
  roles TEXT[] DEFAULT '{}' NOT NULL,
  channels TEXT[] DEFAULT '{}' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  last_used_on DATE,
  CONSTRAINT pk_api_key PRIMARY KEY (id),
  CONSTRAINT ck_api_key_holder CHECK ((operator_id IS NULL) <> (cardinality(roles) = 0)),
  CONSTRAINT uq_api_key_key_id UNIQUE (key_id),
  CONSTRAINT fk_api_key_operator_id FOREIGN KEY(operator_id) REFERENCES operator (id)
);

CREATE TABLE period (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  key TEXT NOT NULL,
  scheme_id BIGINT NOT NULL,
  starts_on DATE,
  ends_on DATE,
  time_zone TEXT DEFAULT 'Asia/Shanghai' NOT NULL,
  state TEXT DEFAULT 'draft' NOT NULL,
  demonstration BOOLEAN DEFAULT 'false' NOT NULL,
  state_changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_period PRIMARY KEY (id),
  CONSTRAINT ck_period_state CHECK (state IN ('draft', 'open', 'closed', 'assessed', 'published', 'archived')),
  CONSTRAINT uq_period_key UNIQUE (key),
  CONSTRAINT fk_period_scheme_id FOREIGN KEY(scheme_id) REFERENCES scheme (id)
);

CREATE TABLE unit_name (
  folded TEXT NOT NULL,
  unit_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT pk_unit_name PRIMARY KEY (folded, unit_id),
  CONSTRAINT fk_unit_name_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE TABLE adjustment (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  points NUMERIC,
  reason TEXT NOT NULL,
  document TEXT DEFAULT '' NOT NULL,
  target TEXT DEFAULT 'total' NOT NULL,
  withdrawn_reason TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_adjustment PRIMARY KEY (id),
  CONSTRAINT ck_adjustment_kind CHECK (kind IN ('deduction', 'bonus', 'warning', 'veto', 'disqualification')),
  CONSTRAINT ck_adjustment_target CHECK (target IN ('total', 'linked')),
  CONSTRAINT ck_adjustment_points CHECK (points > 0 OR kind IN ('veto', 'disqualification')),
  CONSTRAINT fk_adjustment_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_adjustment_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE INDEX ix_adjustment_period_id ON adjustment (period_id);

CREATE TABLE channel (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  plugin TEXT NOT NULL,
  plugin_version TEXT DEFAULT '' NOT NULL,
  operator_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  CONSTRAINT pk_channel PRIMARY KEY (id),
  CONSTRAINT uq_channel_period_id_key UNIQUE (period_id, key),
  CONSTRAINT fk_channel_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_channel_operator_id FOREIGN KEY(operator_id) REFERENCES operator (id)
);

CREATE TABLE decision (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  unit_id BIGINT,
  channel TEXT DEFAULT '' NOT NULL,
  category TEXT DEFAULT '' NOT NULL,
  choice TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_decision PRIMARY KEY (id),
  CONSTRAINT ck_decision_choice CHECK ((kind = 'tie' AND choice IN ('in', 'out')) OR (kind = 'switch_off' AND choice IN ('yes', 'no'))),
  CONSTRAINT fk_decision_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_decision_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE INDEX ix_decision_period_id ON decision (period_id);

CREATE TABLE period_unit (
  period_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  category TEXT NOT NULL,
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT pk_period_unit PRIMARY KEY (period_id, unit_id),
  CONSTRAINT fk_period_unit_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_period_unit_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE TABLE previous_result (
  period_id BIGINT NOT NULL,
  earlier TEXT NOT NULL,
  unit_id BIGINT NOT NULL,
  category TEXT NOT NULL,
  total NUMERIC,
  rank BIGINT,
  "of" BIGINT,
  CONSTRAINT pk_previous_result PRIMARY KEY (period_id, earlier, unit_id),
  CONSTRAINT fk_previous_result_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_previous_result_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE TABLE session (
  id_hash BYTEA NOT NULL,
  account_id BIGINT,
  data BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_session PRIMARY KEY (id_hash),
  CONSTRAINT fk_session_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE TABLE snapshot (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  engine_version TEXT NOT NULL,
  body BYTEA NOT NULL,
  frozen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_snapshot PRIMARY KEY (id),
  CONSTRAINT fk_snapshot_period_id FOREIGN KEY(period_id) REFERENCES period (id)
);

CREATE INDEX ix_snapshot_period_id ON snapshot (period_id);

CREATE TABLE assessment (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  snapshot_id BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  summary JSONB NOT NULL,
  assessed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_assessment PRIMARY KEY (id),
  CONSTRAINT uq_assessment_period_id_revision UNIQUE (period_id, revision),
  CONSTRAINT fk_assessment_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_assessment_snapshot_id FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);

CREATE TABLE delivery (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  api_key_id BIGINT,
  idempotency_key TEXT,
  fingerprint BYTEA,
  received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_delivery PRIMARY KEY (id),
  CONSTRAINT uq_delivery_api_key_id_idempotency_key UNIQUE (api_key_id, idempotency_key),
  CONSTRAINT ck_delivery_kind CHECK (kind IN ('api', 'import', 'upload', 'opening', 'disposition')),
  CONSTRAINT fk_delivery_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT fk_delivery_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id),
  CONSTRAINT fk_delivery_api_key_id FOREIGN KEY(api_key_id) REFERENCES api_key (id)
);

CREATE INDEX ix_delivery_channel_id_id ON delivery (channel_id, id);

CREATE TABLE roll (
  channel_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  stratum TEXT DEFAULT '' NOT NULL,
  count BIGINT NOT NULL,
  CONSTRAINT pk_roll PRIMARY KEY (channel_id, name, stratum),
  CONSTRAINT fk_roll_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id)
);

CREATE TABLE publication (
  assessment_id BIGINT NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_publication PRIMARY KEY (assessment_id),
  CONSTRAINT fk_publication_assessment_id FOREIGN KEY(assessment_id) REFERENCES assessment (id)
);

CREATE TABLE receipt (
  delivery_id BIGINT NOT NULL,
  body BYTEA NOT NULL,
  CONSTRAINT pk_receipt PRIMARY KEY (delivery_id),
  CONSTRAINT fk_receipt_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id)
);

-- Late entries are impossible: whoever inserts entries holds the period's lock shared and then looks at its
-- state; whoever closes the period holds it exclusively.
CREATE FUNCTION refuse_late_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  FOR found IN
    SELECT DISTINCT delivery.period_id, delivery.kind
    FROM (SELECT DISTINCT delivery_id FROM inserted) AS entries LEFT JOIN delivery ON delivery.id = entries.delivery_id
  LOOP
    PERFORM pg_advisory_xact_lock_shared(1, found.period_id::int);
    IF NOT EXISTS (
      SELECT FROM period WHERE id = found.period_id
      AND (state = 'open' OR state = 'closed' AND found.kind IN ('opening', 'disposition'))
    ) THEN
      RAISE EXCEPTION 'the period takes no entries' USING ERRCODE = 'PY001';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

CREATE TRIGGER refuse_late_entry AFTER INSERT ON entry
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_entry();

CREATE FUNCTION guard_period_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  states text[] := ARRAY['draft', 'open', 'closed', 'assessed', 'published', 'archived'];
BEGIN
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  PERFORM pg_advisory_xact_lock(1, OLD.id::int);
  IF array_position(states, NEW.state) <> array_position(states, OLD.state) + 1 THEN
    RAISE EXCEPTION 'a period goes from % only to the next state', OLD.state USING ERRCODE = 'PY002';
  END IF;
  NEW.state_changed_at := now();
  RETURN NEW;
END $$;

CREATE TRIGGER guard_period_state BEFORE UPDATE OF state ON period
  FOR EACH ROW EXECUTE FUNCTION guard_period_state();

CREATE FUNCTION refuse_issued_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an issued scheme never changes' USING ERRCODE = 'PY003';
END $$;

CREATE TRIGGER refuse_issued_change BEFORE UPDATE OR DELETE ON scheme
  FOR EACH ROW WHEN (OLD.issued_at IS NOT NULL) EXECUTE FUNCTION refuse_issued_change();

-- The application adds to the record and never edits it; only what is derived or administrative may change.
GRANT USAGE ON SCHEMA public TO pingyi_app, pingyi_sealer;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO pingyi_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pingyi_sealer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app;
GRANT UPDATE ON unit, scheme, period, channel, roll, entry_head, counter, outbox, progress, account, session,
  one_time_code, api_key TO pingyi_app;
GRANT UPDATE (withdrawn_reason) ON adjustment TO pingyi_app;
GRANT UPDATE (counts, shared) ON entry TO pingyi_app;
GRANT DELETE ON unit_name, scheme, outbox, period_unit, roll, previous_result, unfolded, counter, progress, session
  TO pingyi_app;
