CREATE TABLE act (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  kind TEXT NOT NULL,
  period_id BIGINT NOT NULL,
  content JSONB NOT NULL,
  reason TEXT NOT NULL,
  salt BYTEA NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_act PRIMARY KEY (id),
  CONSTRAINT uq_act_id_requested_by UNIQUE (id, requested_by),
  CONSTRAINT ck_act_kind CHECK (kind IN ('publish', 'reopen', 'adjustment', 'withdraw_adjustment')),
  CONSTRAINT ck_act_reason CHECK (reason <> ''),
  CONSTRAINT fk_act_period_id FOREIGN KEY(period_id) REFERENCES period (id)
);

CREATE INDEX ix_act_period_id ON act (period_id);

-- The second person is another one: the key carries who asked, so that the check can see both.
CREATE TABLE act_answer (
  act_id BIGINT NOT NULL,
  requested_by TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  approved BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  salt BYTEA NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_act_answer PRIMARY KEY (act_id),
  CONSTRAINT ck_act_answer_two_people CHECK (answered_by <> requested_by),
  CONSTRAINT fk_act_answer_act_id_requested_by FOREIGN KEY(act_id, requested_by)
    REFERENCES act (id, requested_by)
);

CREATE TABLE reopening (
  act_id BIGINT NOT NULL,
  period_id BIGINT NOT NULL,
  reopened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_reopening PRIMARY KEY (act_id),
  CONSTRAINT fk_reopening_act_id FOREIGN KEY(act_id) REFERENCES act_answer (act_id),
  CONSTRAINT fk_reopening_period_id FOREIGN KEY(period_id) REFERENCES period (id)
);

CREATE INDEX ix_reopening_period_id ON reopening (period_id);

-- What older versions stored names no act; everything from now on does, each act once.
ALTER TABLE period ADD COLUMN open_until TIMESTAMP WITH TIME ZONE;
ALTER TABLE publication ADD COLUMN act_id BIGINT,
  ADD CONSTRAINT uq_publication_act_id UNIQUE (act_id),
  ADD CONSTRAINT fk_publication_act_id FOREIGN KEY(act_id) REFERENCES act_answer (act_id);
ALTER TABLE adjustment ADD COLUMN act_id BIGINT, ADD COLUMN withdrawn_act_id BIGINT,
  ADD CONSTRAINT uq_adjustment_act_id UNIQUE (act_id),
  ADD CONSTRAINT fk_adjustment_act_id FOREIGN KEY(act_id) REFERENCES act_answer (act_id),
  ADD CONSTRAINT uq_adjustment_withdrawn_act_id UNIQUE (withdrawn_act_id),
  ADD CONSTRAINT fk_adjustment_withdrawn_act_id FOREIGN KEY(withdrawn_act_id) REFERENCES act_answer (act_id);

CREATE FUNCTION is_approved(wanted bigint, wanted_kind text, wanted_period bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM act JOIN act_answer ON act_answer.act_id = act.id AND act_answer.approved
    WHERE act.id = wanted AND act.kind = wanted_kind AND act.period_id = wanted_period
  )
$$;

CREATE FUNCTION refuse_unapproved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  allowed boolean;
BEGIN
  IF TG_TABLE_NAME = 'publication' THEN
    allowed := is_approved(NEW.act_id, 'publish',
      (SELECT period_id FROM assessment WHERE id = NEW.assessment_id));
  ELSIF TG_OP = 'INSERT' THEN
    allowed := NEW.withdrawn_act_id IS NULL AND NEW.withdrawn_reason = ''
      AND is_approved(NEW.act_id, 'adjustment', NEW.period_id);
  ELSE
    allowed := OLD.withdrawn_act_id IS NULL
      AND is_approved(NEW.withdrawn_act_id, 'withdraw_adjustment', NEW.period_id);
  END IF;
  IF NOT allowed THEN
    RAISE EXCEPTION 'a second person must approve this first' USING ERRCODE = 'PY005';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER refuse_unapproved BEFORE INSERT ON publication
  FOR EACH ROW EXECUTE FUNCTION refuse_unapproved();
CREATE TRIGGER refuse_unapproved BEFORE INSERT OR UPDATE ON adjustment
  FOR EACH ROW EXECUTE FUNCTION refuse_unapproved();

-- Back to open goes a period only by an approved act that was not used yet, and until that act's deadline.
CREATE OR REPLACE FUNCTION guard_period_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  states text[] := ARRAY['draft', 'open', 'closed', 'assessed', 'published', 'archived'];
  reopening_act record;
BEGIN
  IF NEW.state = OLD.state THEN
    NEW.open_until := OLD.open_until;
    RETURN NEW;
  END IF;
  PERFORM pg_advisory_xact_lock(1, OLD.id::int);
  NEW.state_changed_at := now();
  NEW.open_until := NULL;
  IF array_position(states, NEW.state) = array_position(states, OLD.state) + 1 THEN
    RETURN NEW;
  END IF;
  IF NEW.state = 'open' AND OLD.state IN ('closed', 'assessed', 'published') THEN
    SELECT act.id, (act.content ->> 'deadline')::timestamptz AS until INTO reopening_act
    FROM act JOIN act_answer ON act_answer.act_id = act.id AND act_answer.approved
    WHERE act.kind = 'reopen' AND act.period_id = OLD.id
      AND NOT EXISTS (SELECT FROM reopening WHERE reopening.act_id = act.id)
    ORDER BY act.id LIMIT 1;
    IF FOUND THEN
      INSERT INTO reopening (act_id, period_id) VALUES (reopening_act.id, OLD.id);
      NEW.open_until := reopening_act.until;
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a period goes from % only to the next state, or back to open by an approved act', OLD.state
    USING ERRCODE = 'PY002';
END $$;

DROP TRIGGER guard_period_state ON period;
CREATE TRIGGER guard_period_state BEFORE UPDATE OF state, open_until ON period
  FOR EACH ROW EXECUTE FUNCTION guard_period_state();

CREATE OR REPLACE FUNCTION refuse_late_entry() RETURNS trigger LANGUAGE plpgsql AS $$
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
      AND (state = 'open' AND (open_until IS NULL OR clock_timestamp() < open_until OR found.kind = 'disposition')
        OR state = 'closed' AND found.kind IN ('opening', 'disposition'))
    ) THEN
      RAISE EXCEPTION 'the period takes no entries' USING ERRCODE = 'PY001';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

CALL insert_only('act');
CALL insert_only('act_answer');
CALL insert_only('reopening');
CALL insert_only('publication');
CALL insert_only('adjustment', 'withdrawn_reason', 'withdrawn_act_id');

GRANT SELECT, INSERT ON act, act_answer, reopening TO pingyi_app;
GRANT SELECT ON act, act_answer, reopening TO pingyi_sealer;
GRANT UPDATE (withdrawn_act_id) ON adjustment TO pingyi_app;
