CREATE TABLE questionnaire (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  document TEXT NOT NULL,
  digest BYTEA NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  frozen_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_questionnaire PRIMARY KEY (id),
  CONSTRAINT uq_questionnaire_key UNIQUE (key, version)
);

-- A channel that takes ballots with us, as the office configures it until its period opens.
CREATE TABLE ballot_box (
  channel_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  questionnaire_id BIGINT NOT NULL,
  rules JSON NOT NULL,
  CONSTRAINT pk_ballot_box PRIMARY KEY (channel_id),
  CONSTRAINT fk_ballot_box_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id),
  CONSTRAINT fk_ballot_box_questionnaire_id FOREIGN KEY(questionnaire_id) REFERENCES questionnaire (id),
  CONSTRAINT ck_ballot_box_kind CHECK (kind IN ('open', 'roster'))
);

-- Where the code of an open ballot hangs; kiosk: many people rate on one device of the office.
CREATE TABLE ballot_window (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  channel_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  kiosk BOOLEAN NOT NULL,
  CONSTRAINT pk_ballot_window PRIMARY KEY (id),
  CONSTRAINT uq_ballot_window_channel_id UNIQUE (channel_id, unit_id, name),
  CONSTRAINT fk_ballot_window_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id),
  CONSTRAINT fk_ballot_window_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);

-- SHA-256 of cards (rosters) or visit codes (one unit's), 32 bytes each, sorted; never the cards.
CREATE TABLE card_list (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  channel_id BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  unit_id BIGINT NOT NULL,
  stratum TEXT NOT NULL,
  cards BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  committed_by TEXT NOT NULL,
  committed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_card_list PRIMARY KEY (id),
  CONSTRAINT fk_card_list_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id),
  CONSTRAINT ck_card_list_purpose CHECK (purpose IN ('card', 'visit')),
  CONSTRAINT ck_card_list_cards CHECK (cards * 32 = length(hashes))
);

-- The keys of a period's boxes, each time they were made; the newest count.
CREATE TABLE ballot_keys (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  period_id BIGINT NOT NULL,
  public BYTEA NOT NULL,
  key_file BYTEA NOT NULL,
  kept TEXT NOT NULL,
  prepared_by TEXT NOT NULL,
  prepared_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_ballot_keys PRIMARY KEY (id),
  CONSTRAINT fk_ballot_keys_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT ck_ballot_keys_kept CHECK (kept IN ('file', 'printed'))
);
CREATE INDEX ix_ballot_keys_period_id ON ballot_keys (period_id);

-- What fixes a box's ballots: layout, rules, first and last day, cards; frozen with the keys.
CREATE TABLE prepared_box (
  keys_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  content JSON NOT NULL,
  CONSTRAINT pk_prepared_box PRIMARY KEY (keys_id, channel_id),
  CONSTRAINT fk_prepared_box_keys_id FOREIGN KEY(keys_id) REFERENCES ballot_keys (id),
  CONSTRAINT fk_prepared_box_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id)
);

-- unit_id 0: the ballot rates every unit. receipt: the hash of its leaf. No time: only the record has an order.
CREATE TABLE sealed_ballot (
  channel_id BIGINT NOT NULL,
  nullifier BYTEA NOT NULL,
  period_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  group_key BYTEA NOT NULL,
  position BIGINT NOT NULL,
  ciphertext BYTEA NOT NULL,
  receipt BYTEA NOT NULL,
  CONSTRAINT pk_sealed_ballot PRIMARY KEY (channel_id, nullifier)
);
CREATE INDEX ix_leaf_ballot ON leaf (hash) WHERE kind = 'ballot';

-- An unfinished ballot, found and opened only by whoever holds its card; one length per questionnaire.
CREATE TABLE ballot_draft (
  channel_id BIGINT NOT NULL,
  place BYTEA NOT NULL,
  ciphertext BYTEA NOT NULL,
  CONSTRAINT pk_ballot_draft PRIMARY KEY (channel_id, place)
);

CREATE TABLE key_destruction (
  period_id BIGINT NOT NULL,
  what TEXT NOT NULL,
  destroyed_by TEXT NOT NULL,
  destroyed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_key_destruction PRIMARY KEY (period_id, what),
  CONSTRAINT fk_key_destruction_period_id FOREIGN KEY(period_id) REFERENCES period (id),
  CONSTRAINT ck_key_destruction_what CHECK (what IN ('period_secret', 'box'))
);

CREATE TABLE box_opening (
  channel_id BIGINT NOT NULL,
  delivery_id BIGINT NOT NULL,
  head TEXT NOT NULL,
  sealed BIGINT NOT NULL,
  counted BIGINT NOT NULL,
  held BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  numbers JSON NOT NULL,
  report JSON NOT NULL,
  digest BYTEA NOT NULL,
  opened_by TEXT NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_box_opening PRIMARY KEY (channel_id),
  CONSTRAINT fk_box_opening_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id),
  CONSTRAINT fk_box_opening_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id),
  CONSTRAINT ck_box_opening_adds_up CHECK (sealed = counted + held + rejected)
);

-- What people wrote on ballots, sorted by its bytes.
CREATE TABLE ballot_opinion (
  channel_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  standing TEXT NOT NULL,
  comment TEXT NOT NULL,
  CONSTRAINT pk_ballot_opinion PRIMARY KEY (channel_id, position)
);

-- What one reviewer says of a held cell; two who agree decide it.
CREATE TABLE cell_review (
  channel_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  reason TEXT NOT NULL,
  reviewed_by TEXT NOT NULL,
  release BOOLEAN NOT NULL,
  grounds TEXT NOT NULL,
  salt BYTEA NOT NULL,
  reviewed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_cell_review PRIMARY KEY (channel_id, unit_id, reason, reviewed_by)
);
CREATE TABLE cell_decision (
  channel_id BIGINT NOT NULL,
  unit_id BIGINT NOT NULL,
  reason TEXT NOT NULL,
  release BOOLEAN NOT NULL,
  delivery_id BIGINT NOT NULL,
  CONSTRAINT pk_cell_decision PRIMARY KEY (channel_id, unit_id, reason),
  CONSTRAINT fk_cell_decision_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id)
);

-- A ballot comes only while its period is open and before the secret that took it in is destroyed; the lock is
-- the one that closing takes, so that none comes after the closing has committed.
CREATE FUNCTION refuse_late_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  FOR found IN SELECT DISTINCT period_id FROM inserted LOOP
    PERFORM pg_advisory_xact_lock_shared(1, found.period_id::int);
    IF NOT EXISTS (SELECT FROM period WHERE id = found.period_id AND state = 'open')
      OR EXISTS (SELECT FROM key_destruction WHERE period_id = found.period_id)
      OR EXISTS (SELECT FROM period WHERE id = found.period_id AND open_until IS NOT NULL) THEN
      RAISE EXCEPTION 'the period takes no ballots' USING ERRCODE = 'PY001';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER refuse_late_ballot AFTER INSERT ON sealed_ballot
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_ballot();

CREATE FUNCTION refuse_frozen_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a frozen questionnaire never changes' USING ERRCODE = 'PY003';
END $$;
CREATE TRIGGER refuse_frozen_change BEFORE UPDATE OR DELETE ON questionnaire
  FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL) EXECUTE FUNCTION refuse_frozen_change();

-- Boxes, windows and the lists of a roster's cards stand still once their period has opened.
CREATE FUNCTION refuse_change_of_open_box() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM channel c JOIN period p ON p.id = c.period_id
    WHERE c.id = coalesce(NEW.channel_id, OLD.channel_id) AND p.state <> 'draft'
  ) THEN
    RAISE EXCEPTION 'the ballots of an open period never change' USING ERRCODE = 'PY003';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER refuse_change_of_open_box BEFORE INSERT OR UPDATE OR DELETE ON ballot_box
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_open_box();

-- What a box takes nobody delivers beside it: entries come of its opening, and move by reviews alone. What an
-- operator asks for, a withdrawal too, carries a key by which it can be repeated.
CREATE FUNCTION refuse_beside_box() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM ballot_box WHERE channel_id = NEW.channel_id) THEN
    RAISE EXCEPTION 'the channel takes ballots' USING ERRCODE = 'PY006';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_beside_box BEFORE INSERT ON delivery FOR EACH ROW
  WHEN (NEW.kind NOT IN ('opening', 'disposition') OR NEW.idempotency_key IS NOT NULL)
  EXECUTE FUNCTION refuse_beside_box();

-- Sealed ballots never change, and none leaves before the key of its box is destroyed.
CREATE TRIGGER insert_only BEFORE UPDATE OR TRUNCATE ON sealed_ballot
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
CREATE FUNCTION refuse_loss_of_ballots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT period_id FROM gone) AS g WHERE NOT EXISTS (
      SELECT FROM key_destruction d WHERE d.period_id = g.period_id AND d.what = 'box')
  ) THEN
    RAISE EXCEPTION 'sealed ballots are kept until their key is destroyed' USING ERRCODE = 'PY004';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER refuse_loss_of_ballots AFTER DELETE ON sealed_ballot
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_ballots();

-- The only way out of the box: all sealed ballots of a period whose boxes were opened and whose box key is gone.
CREATE FUNCTION destroy_ballots(gone bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  removed bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM public.key_destruction WHERE period_id = gone AND what = 'box') THEN
    RAISE EXCEPTION 'the box key is not destroyed' USING ERRCODE = 'PY004';
  END IF;
  DELETE FROM public.sealed_ballot WHERE period_id = gone;
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
REVOKE ALL ON FUNCTION destroy_ballots(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION destroy_ballots(bigint) TO pingyi_app;

GRANT SELECT, INSERT ON questionnaire, ballot_box, ballot_window, card_list, ballot_keys, prepared_box, sealed_ballot,
  ballot_draft, key_destruction, box_opening, ballot_opinion, cell_review, cell_decision TO pingyi_app;
GRANT SELECT ON questionnaire, ballot_box, ballot_window, card_list, ballot_keys, prepared_box, sealed_ballot,
  ballot_draft, key_destruction, box_opening, ballot_opinion, cell_review, cell_decision TO pingyi_sealer;
GRANT UPDATE, DELETE ON questionnaire, ballot_box, ballot_window, ballot_draft TO pingyi_app;
CALL insert_only('card_list');
CALL insert_only('ballot_keys');
CALL insert_only('prepared_box');
CALL insert_only('key_destruction');
CALL insert_only('box_opening');
CALL insert_only('ballot_opinion');
CALL insert_only('cell_review');
CALL insert_only('cell_decision');
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app;
