CREATE TABLE epoch (
  number BIGINT NOT NULL,
  origin TEXT NOT NULL,
  verifier_key TEXT NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_epoch PRIMARY KEY (number),
  CONSTRAINT uq_epoch_origin UNIQUE (origin)
);

CREATE TABLE ledger_pending (
  leaf_id BIGINT NOT NULL,
  CONSTRAINT pk_ledger_pending PRIMARY KEY (leaf_id)
);

CREATE TABLE sealed_leaf (
  epoch BIGINT NOT NULL,
  index BIGINT NOT NULL,
  leaf_id BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  CONSTRAINT pk_sealed_leaf PRIMARY KEY (epoch, index),
  CONSTRAINT uq_sealed_leaf_leaf_id UNIQUE (leaf_id)
);

CREATE TABLE tile (
  epoch BIGINT NOT NULL,
  level BIGINT NOT NULL,
  number BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  root BYTEA NOT NULL,
  CONSTRAINT pk_tile PRIMARY KEY (epoch, level, number)
);

CREATE TABLE tree_head (
  epoch BIGINT NOT NULL,
  size BIGINT NOT NULL,
  root BYTEA NOT NULL,
  note TEXT NOT NULL,
  sealed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_tree_head PRIMARY KEY (epoch, size)
);

CREATE TABLE cosignature (
  epoch BIGINT NOT NULL,
  size BIGINT NOT NULL,
  witness TEXT NOT NULL,
  line TEXT NOT NULL,
  CONSTRAINT pk_cosignature PRIMARY KEY (epoch, size, witness)
);

-- Every new leaf waits for the sealer, and the sealer is asked for in the same transaction. The owner's rights
-- do it, so that the application can neither add to what waits nor take anything from it.
CREATE FUNCTION await_sealing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.ledger_pending (leaf_id) SELECT id FROM inserted;
  IF FOUND THEN
    INSERT INTO public.outbox (topic, subject_id) VALUES ('seal', 0);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER await_sealing AFTER INSERT ON leaf
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION await_sealing();

-- Leaves of a database that was filled before it could be sealed.
INSERT INTO ledger_pending (leaf_id) SELECT id FROM leaf;
INSERT INTO outbox (topic, subject_id) SELECT 'seal', 0 WHERE EXISTS (SELECT FROM leaf);

-- What the sealer may do to the outbox: strike off its own requests, and ask for more of its own work.
CREATE FUNCTION strike_seal_requests() RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ DELETE FROM public.outbox WHERE topic = 'seal' AND subject_id = 0 $$;

CREATE FUNCTION ask_to_seal() RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ INSERT INTO public.outbox (topic, subject_id) VALUES ('seal', 0) $$;

REVOKE ALL ON FUNCTION strike_seal_requests(), ask_to_seal() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION strike_seal_requests(), ask_to_seal() TO pingyi_sealer;

REVOKE ALL ON epoch, ledger_pending, sealed_leaf, tile, tree_head, cosignature FROM pingyi_app, pingyi_sealer;
GRANT SELECT ON epoch, ledger_pending, sealed_leaf, tile, tree_head, cosignature TO pingyi_app, pingyi_sealer;
GRANT INSERT ON epoch, sealed_leaf, tile, tree_head, cosignature, leaf TO pingyi_sealer;
GRANT DELETE ON ledger_pending TO pingyi_sealer;

-- The record is added to and never edited, whoever asks. CALL insert_only('t') refuses UPDATE, DELETE and
-- TRUNCATE of a table; columns named after it may be updated. A later call replaces an earlier one.
CREATE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the record is only added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'PY004';
END $$;

CREATE PROCEDURE insert_only(guarded text, VARIADIC changeable text[] DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
  fixed text;
BEGIN
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO fixed FROM pg_attribute
  WHERE attrelid = guarded::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (changeable);
  EXECUTE format('DROP TRIGGER IF EXISTS insert_only ON %I', guarded);
  EXECUTE format(
    'CREATE TRIGGER insert_only BEFORE UPDATE OF %s OR DELETE OR TRUNCATE ON %I'
    ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record()', fixed, guarded);
END $$;

CALL insert_only('leaf');
CALL insert_only('sealed_leaf');
CALL insert_only('tile');
CALL insert_only('tree_head');
CALL insert_only('cosignature');
CALL insert_only('epoch');
CALL insert_only('entry', 'counts', 'shared');
CALL insert_only('delivery');
CALL insert_only('receipt');
CALL insert_only('snapshot');
CALL insert_only('assessment');
CALL insert_only('unit_result');
CALL insert_only('channel_score');
CALL insert_only('publication');
CALL insert_only('decision');
CALL insert_only('adjustment', 'withdrawn_reason');

-- The tree's entries name the period by its key.
CREATE FUNCTION refuse_new_period_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the key of a period never changes' USING ERRCODE = 'PY004';
END $$;

CREATE TRIGGER refuse_new_period_key BEFORE UPDATE OF key ON period
  FOR EACH ROW WHEN (OLD.key IS DISTINCT FROM NEW.key) EXECUTE FUNCTION refuse_new_period_key();
