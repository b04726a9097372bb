-- Made by scripts/write-schema from the migrations; do not edit it by hand.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE publisher (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, same_as INTEGER, 
	CONSTRAINT pk_publisher PRIMARY KEY (id), 
	CONSTRAINT uq_publisher_name UNIQUE (name)
);
CREATE TABLE reserve_list (
	id INTEGER NOT NULL, 
	publisher_id INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	content TEXT NOT NULL, 
	name TEXT NOT NULL, 
	format TEXT NOT NULL, 
	variant TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	data_rows INTEGER NOT NULL, 
	claims INTEGER NOT NULL, 
	unreadable INTEGER NOT NULL, 
	notes TEXT NOT NULL, 
	imported TEXT NOT NULL, 
	CONSTRAINT pk_reserve_list PRIMARY KEY (id), 
	CONSTRAINT fk_reserve_list_publisher_id_publisher FOREIGN KEY(publisher_id) REFERENCES publisher (id), 
	CONSTRAINT uq_reserve_list_publisher_id_sha256_content UNIQUE (publisher_id, sha256, content)
);
CREATE TABLE claim (
	list_id INTEGER NOT NULL, 
	no INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	coin TEXT NOT NULL, 
	asset TEXT NOT NULL, 
	network TEXT NOT NULL, 
	address TEXT NOT NULL, 
	address_key TEXT NOT NULL, 
	decimals INTEGER NOT NULL, 
	amount TEXT, 
	height BIGINT, 
	message TEXT NOT NULL, 
	signatures TEXT NOT NULL, 
	script TEXT NOT NULL, 
	owners TEXT NOT NULL, 
	row_type TEXT NOT NULL, 
	duplicate BOOLEAN NOT NULL, 
	CONSTRAINT pk_claim PRIMARY KEY (list_id, no), 
	CONSTRAINT fk_claim_list_id_reserve_list FOREIGN KEY(list_id) REFERENCES reserve_list (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_claim_list_id_network_no ON claim (list_id, network, no);
CREATE TABLE unreadable_row (
	list_id INTEGER NOT NULL, 
	no INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	"column" INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_unreadable_row PRIMARY KEY (list_id, no), 
	CONSTRAINT fk_unreadable_row_list_id_reserve_list FOREIGN KEY(list_id) REFERENCES reserve_list (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE declared_total (
	list_id INTEGER NOT NULL, 
	no INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	coin TEXT NOT NULL, 
	asset TEXT NOT NULL, 
	network TEXT NOT NULL, 
	decimals INTEGER NOT NULL, 
	amount TEXT, 
	height BIGINT, 
	is_group BOOLEAN NOT NULL, 
	places INTEGER, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_declared_total PRIMARY KEY (list_id, no), 
	CONSTRAINT fk_declared_total_list_id_reserve_list FOREIGN KEY(list_id) REFERENCES reserve_list (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE list_finding (
	list_id INTEGER NOT NULL, 
	no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	"row" INTEGER, 
	asset TEXT NOT NULL, 
	network TEXT NOT NULL, 
	address TEXT NOT NULL, 
	CONSTRAINT pk_list_finding PRIMARY KEY (list_id, no), 
	CONSTRAINT fk_list_finding_list_id_reserve_list FOREIGN KEY(list_id) REFERENCES reserve_list (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE snapshot (
	id INTEGER NOT NULL, 
	list_id INTEGER NOT NULL, 
	policy TEXT NOT NULL, 
	state TEXT NOT NULL, 
	created TEXT NOT NULL, 
	started TEXT, 
	finished TEXT, 
	program TEXT NOT NULL, 
	chain_head TEXT DEFAULT '' NOT NULL, texts TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_snapshot PRIMARY KEY (id), 
	CONSTRAINT fk_snapshot_list_id_reserve_list FOREIGN KEY(list_id) REFERENCES reserve_list (id)
);
CREATE TABLE pinned_block (
	snapshot_id INTEGER NOT NULL, 
	network TEXT NOT NULL, 
	wanted_height BIGINT NOT NULL, 
	chain TEXT NOT NULL, 
	height BIGINT NOT NULL, 
	hash TEXT NOT NULL, 
	time BIGINT, 
	source TEXT NOT NULL, evidence TEXT, 
	CONSTRAINT pk_pinned_block PRIMARY KEY (snapshot_id, network, wanted_height), 
	CONSTRAINT fk_pinned_block_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TABLE chunk (
	snapshot_id INTEGER NOT NULL, 
	no INTEGER NOT NULL, 
	network TEXT NOT NULL, 
	wanted_height BIGINT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	claims INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	error TEXT NOT NULL, digest TEXT DEFAULT '' NOT NULL, read_until BIGINT, 
	CONSTRAINT pk_chunk PRIMARY KEY (snapshot_id, no), 
	CONSTRAINT fk_chunk_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TABLE control_result (
	snapshot_id INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	control TEXT NOT NULL, 
	binding TEXT NOT NULL, 
	freshness TEXT NOT NULL, 
	scheme TEXT NOT NULL, 
	required INTEGER NOT NULL, 
	signed_by TEXT NOT NULL, 
	reason TEXT NOT NULL, evidence TEXT DEFAULT '' NOT NULL, statement TEXT DEFAULT 'not_asked' NOT NULL, stated_by TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_control_result PRIMARY KEY (snapshot_id, claim_no), 
	CONSTRAINT fk_control_result_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
)
 WITHOUT ROWID

;
CREATE TABLE balance (
	snapshot_id INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	chunk_no INTEGER NOT NULL, 
	amount TEXT, 
	evidence TEXT NOT NULL, 
	sources TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, control TEXT, binding TEXT, freshness TEXT, scheme TEXT, required INTEGER, signed_by TEXT, control_reason TEXT, control_evidence TEXT, statement TEXT, stated_by TEXT, 
	CONSTRAINT pk_balance PRIMARY KEY (snapshot_id, claim_no), 
	CONSTRAINT ck_balance_failed_is_not_zero CHECK ((amount IS NULL) = (evidence = 'unavailable')), 
	CONSTRAINT fk_balance_snapshot_id_chunk_no_chunk FOREIGN KEY(snapshot_id, chunk_no) REFERENCES chunk (snapshot_id, no)
)
 WITHOUT ROWID

;
CREATE TABLE finding (
	snapshot_id INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_finding PRIMARY KEY (snapshot_id, claim_no, kind), 
	CONSTRAINT fk_finding_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
)
 WITHOUT ROWID

;
CREATE INDEX ix_finding_snapshot_id_kind_claim_no ON finding (snapshot_id, kind, claim_no);
CREATE TABLE subtotal (
	snapshot_id INTEGER NOT NULL, 
	chunk_no INTEGER NOT NULL, 
	asset TEXT NOT NULL, 
	decimals INTEGER NOT NULL, 
	proof BOOLEAN NOT NULL, 
	evidence TEXT NOT NULL, 
	rows INTEGER NOT NULL, 
	claimed TEXT NOT NULL, 
	found TEXT NOT NULL, 
	shortfall TEXT NOT NULL, 
	surplus TEXT NOT NULL, 
	CONSTRAINT pk_subtotal PRIMARY KEY (snapshot_id, chunk_no, asset, decimals, proof, evidence), 
	CONSTRAINT fk_subtotal_snapshot_id_chunk_no_chunk FOREIGN KEY(snapshot_id, chunk_no) REFERENCES chunk (snapshot_id, no)
);
CREATE TABLE total (
	snapshot_id INTEGER NOT NULL, 
	asset TEXT NOT NULL, 
	decimals INTEGER NOT NULL, 
	claimed TEXT NOT NULL, 
	proven TEXT NOT NULL, 
	agreed TEXT NOT NULL, 
	reported TEXT NOT NULL, 
	latest_only TEXT NOT NULL, 
	unverified TEXT NOT NULL, 
	unavailable_rows INTEGER NOT NULL, 
	shortfall TEXT NOT NULL, 
	surplus TEXT NOT NULL, 
	CONSTRAINT pk_total PRIMARY KEY (snapshot_id, asset), 
	CONSTRAINT fk_total_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TABLE liability (
	snapshot_id INTEGER NOT NULL, 
	asset TEXT NOT NULL, 
	amount TEXT NOT NULL, 
	decimals INTEGER NOT NULL, 
	evidence TEXT NOT NULL, 
	source TEXT NOT NULL, 
	as_of TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_liability PRIMARY KEY (snapshot_id, asset), 
	CONSTRAINT fk_liability_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TABLE price (
	asset TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	at TEXT NOT NULL, 
	source TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_price PRIMARY KEY (asset, currency, at, source)
);
CREATE TRIGGER reserve_list_no_update BEFORE UPDATE ON reserve_list BEGIN SELECT RAISE(ABORT, 'reserve_list is append-only'); END;
CREATE TRIGGER reserve_list_no_delete BEFORE DELETE ON reserve_list BEGIN SELECT RAISE(ABORT, 'reserve_list is append-only'); END;
CREATE TRIGGER claim_no_update BEFORE UPDATE ON claim BEGIN SELECT RAISE(ABORT, 'claim is append-only'); END;
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'claim is append-only'); END;
CREATE TRIGGER unreadable_row_no_update BEFORE UPDATE ON unreadable_row BEGIN SELECT RAISE(ABORT, 'unreadable_row is append-only'); END;
CREATE TRIGGER unreadable_row_no_delete BEFORE DELETE ON unreadable_row BEGIN SELECT RAISE(ABORT, 'unreadable_row is append-only'); END;
CREATE TRIGGER declared_total_no_update BEFORE UPDATE ON declared_total BEGIN SELECT RAISE(ABORT, 'declared_total is append-only'); END;
CREATE TRIGGER declared_total_no_delete BEFORE DELETE ON declared_total BEGIN SELECT RAISE(ABORT, 'declared_total is append-only'); END;
CREATE TRIGGER list_finding_no_update BEFORE UPDATE ON list_finding BEGIN SELECT RAISE(ABORT, 'list_finding is append-only'); END;
CREATE TRIGGER list_finding_no_delete BEFORE DELETE ON list_finding BEGIN SELECT RAISE(ABORT, 'list_finding is append-only'); END;
CREATE TRIGGER pinned_block_no_update BEFORE UPDATE ON pinned_block BEGIN SELECT RAISE(ABORT, 'pinned_block is append-only'); END;
CREATE TRIGGER control_result_no_update BEFORE UPDATE ON control_result BEGIN SELECT RAISE(ABORT, 'control_result is append-only'); END;
CREATE TRIGGER balance_no_update BEFORE UPDATE ON balance BEGIN SELECT RAISE(ABORT, 'balance is append-only'); END;
CREATE TRIGGER finding_no_update BEFORE UPDATE ON finding BEGIN SELECT RAISE(ABORT, 'finding is append-only'); END;
CREATE TRIGGER subtotal_no_update BEFORE UPDATE ON subtotal BEGIN SELECT RAISE(ABORT, 'subtotal is append-only'); END;
CREATE TRIGGER subtotal_no_delete BEFORE DELETE ON subtotal BEGIN SELECT RAISE(ABORT, 'subtotal is append-only'); END;
CREATE TRIGGER total_no_update BEFORE UPDATE ON total BEGIN SELECT RAISE(ABORT, 'total is append-only'); END;
CREATE TRIGGER total_no_delete BEFORE DELETE ON total BEGIN SELECT RAISE(ABORT, 'total is append-only'); END;
CREATE TRIGGER liability_no_update BEFORE UPDATE ON liability BEGIN SELECT RAISE(ABORT, 'liability is append-only'); END;
CREATE TRIGGER liability_no_delete BEFORE DELETE ON liability BEGIN SELECT RAISE(ABORT, 'liability is append-only'); END;
CREATE INDEX ix_claim_list_id_asset_network_no ON claim (list_id, asset, network, no);
CREATE INDEX ix_claim_address_key_list_id_no ON claim (address_key, list_id, no);
CREATE INDEX ix_snapshot_list_id_id ON snapshot (list_id, id);
CREATE TABLE schedule (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	publisher TEXT NOT NULL, 
	location TEXT NOT NULL, 
	cron TEXT NOT NULL, 
	options TEXT NOT NULL, 
	created TEXT NOT NULL, 
	etag TEXT DEFAULT '' NOT NULL, 
	modified TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_schedule PRIMARY KEY (id), 
	CONSTRAINT uq_schedule_name UNIQUE (name)
);
CREATE TABLE schedule_run (
	schedule_id INTEGER NOT NULL, 
	tick TEXT NOT NULL, 
	state TEXT NOT NULL, 
	claimed TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	list_id INTEGER, 
	snapshot_id INTEGER, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_schedule_run PRIMARY KEY (schedule_id, tick), 
	CONSTRAINT fk_schedule_run_schedule_id_schedule FOREIGN KEY(schedule_id) REFERENCES schedule (id) ON DELETE CASCADE, 
	CONSTRAINT fk_schedule_run_list_id_reserve_list FOREIGN KEY(list_id) REFERENCES reserve_list (id), 
	CONSTRAINT fk_schedule_run_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TABLE alert_check (
	snapshot_id INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_alert_check PRIMARY KEY (snapshot_id, state), 
	CONSTRAINT fk_alert_check_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TABLE alert_event (
	id INTEGER NOT NULL, 
	rule TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	snapshot_id INTEGER NOT NULL, 
	subject TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	created TEXT NOT NULL, 
	CONSTRAINT pk_alert_event PRIMARY KEY (id), 
	CONSTRAINT fk_alert_event_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id), 
	CONSTRAINT uq_alert_event_rule_snapshot_id_subject UNIQUE (rule, snapshot_id, subject)
);
CREATE TABLE alert_delivery (
	event_id INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_try TEXT NOT NULL, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_alert_delivery PRIMARY KEY (event_id, channel), 
	CONSTRAINT fk_alert_delivery_event_id_alert_event FOREIGN KEY(event_id) REFERENCES alert_event (id)
);
CREATE INDEX ix_alert_delivery_state_next_try ON alert_delivery (state, next_try);
CREATE TABLE rate_budget (
	endpoint TEXT NOT NULL, 
	free_at BIGINT NOT NULL, 
	CONSTRAINT pk_rate_budget PRIMARY KEY (endpoint)
);
CREATE TRIGGER pinned_block_no_delete BEFORE DELETE ON pinned_block WHEN EXISTS (SELECT 1 FROM chunk WHERE chunk.snapshot_id = OLD.snapshot_id AND chunk.network = OLD.network AND chunk.wanted_height = OLD.wanted_height AND chunk.state = 'done') BEGIN SELECT RAISE(ABORT, 'pinned_block is append-only'); END;
CREATE TABLE liability_proof (
	snapshot_id INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	format TEXT NOT NULL, 
	name TEXT NOT NULL, 
	status TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	net TEXT NOT NULL, 
	unit_usd TEXT NOT NULL, 
	root TEXT NOT NULL, 
	pin TEXT NOT NULL, 
	key_data BLOB NOT NULL, 
	document BLOB NOT NULL, published_ratio TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_liability_proof PRIMARY KEY (snapshot_id, sha256), 
	CONSTRAINT fk_liability_proof_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TRIGGER liability_proof_no_update BEFORE UPDATE ON liability_proof BEGIN SELECT RAISE(ABORT, 'liability_proof is append-only'); END;
CREATE TRIGGER liability_proof_no_delete BEFORE DELETE ON liability_proof BEGIN SELECT RAISE(ABORT, 'liability_proof is append-only'); END;
CREATE TABLE link (
	no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	at TEXT NOT NULL, 
	head TEXT NOT NULL, 
	CONSTRAINT pk_link PRIMARY KEY (no)
);
CREATE TRIGGER link_no_update BEFORE UPDATE ON link BEGIN SELECT RAISE(ABORT, 'link is append-only'); END;
CREATE TRIGGER link_no_delete BEFORE DELETE ON link BEGIN SELECT RAISE(ABORT, 'link is append-only'); END;
CREATE TRIGGER snapshot_sealed_update BEFORE UPDATE ON snapshot WHEN OLD.state = 'complete' BEGIN SELECT RAISE(ABORT, 'snapshot is append-only: it is sealed'); END;
CREATE TRIGGER snapshot_sealed_delete BEFORE DELETE ON snapshot WHEN OLD.state = 'complete' BEGIN SELECT RAISE(ABORT, 'snapshot is append-only: it is sealed'); END;
CREATE TRIGGER publisher_sealed_delete BEFORE DELETE ON publisher BEGIN SELECT RAISE(ABORT, 'publisher is append-only: it is sealed'); END;
CREATE TRIGGER price_sealed_update BEFORE UPDATE ON price BEGIN SELECT RAISE(ABORT, 'price is append-only: it is sealed'); END;
CREATE TRIGGER price_sealed_delete BEFORE DELETE ON price BEGIN SELECT RAISE(ABORT, 'price is append-only: it is sealed'); END;
CREATE TRIGGER chunk_sealed_update BEFORE UPDATE ON chunk WHEN EXISTS (SELECT 1 FROM snapshot WHERE id = OLD.snapshot_id AND state = 'complete') BEGIN SELECT RAISE(ABORT, 'chunk is append-only: it is sealed'); END;
CREATE TRIGGER chunk_sealed_delete BEFORE DELETE ON chunk WHEN EXISTS (SELECT 1 FROM snapshot WHERE id = OLD.snapshot_id AND state = 'complete') BEGIN SELECT RAISE(ABORT, 'chunk is append-only: it is sealed'); END;
CREATE TRIGGER pinned_block_sealed_insert BEFORE INSERT ON pinned_block WHEN EXISTS (SELECT 1 FROM snapshot WHERE id = NEW.snapshot_id AND state = 'complete') BEGIN SELECT RAISE(ABORT, 'pinned_block is append-only: it is sealed'); END;
CREATE TRIGGER chunk_sealed_insert BEFORE INSERT ON chunk WHEN EXISTS (SELECT 1 FROM snapshot WHERE id = NEW.snapshot_id AND state = 'complete') BEGIN SELECT RAISE(ABORT, 'chunk is append-only: it is sealed'); END;
CREATE TRIGGER finding_sealed_insert BEFORE INSERT ON finding WHEN NEW.kind <> 'balance_changed' AND EXISTS (SELECT 1 FROM snapshot WHERE id = NEW.snapshot_id AND state = 'complete') BEGIN SELECT RAISE(ABORT, 'finding is append-only: it is sealed'); END;
CREATE TRIGGER total_sealed_insert BEFORE INSERT ON total WHEN EXISTS (SELECT 1 FROM snapshot WHERE id = NEW.snapshot_id AND state = 'complete') BEGIN SELECT RAISE(ABORT, 'total is append-only: it is sealed'); END;
CREATE TRIGGER unreadable_row_sealed_insert BEFORE INSERT ON unreadable_row WHEN EXISTS (SELECT 1 FROM reserve_list WHERE id = NEW.list_id) BEGIN SELECT RAISE(ABORT, 'unreadable_row is append-only: it is sealed'); END;
CREATE TRIGGER declared_total_sealed_insert BEFORE INSERT ON declared_total WHEN EXISTS (SELECT 1 FROM reserve_list WHERE id = NEW.list_id) BEGIN SELECT RAISE(ABORT, 'declared_total is append-only: it is sealed'); END;
CREATE TRIGGER list_finding_sealed_insert BEFORE INSERT ON list_finding WHEN EXISTS (SELECT 1 FROM reserve_list WHERE id = NEW.list_id) BEGIN SELECT RAISE(ABORT, 'list_finding is append-only: it is sealed'); END;
CREATE TABLE pruned (
	snapshot_id INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	program TEXT NOT NULL, 
	findings TEXT NOT NULL, 
	rows TEXT NOT NULL, 
	CONSTRAINT pk_pruned PRIMARY KEY (snapshot_id), 
	CONSTRAINT fk_pruned_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TRIGGER pruned_no_update BEFORE UPDATE ON pruned BEGIN SELECT RAISE(ABORT, 'pruned is append-only'); END;
CREATE TRIGGER pruned_no_delete BEFORE DELETE ON pruned BEGIN SELECT RAISE(ABORT, 'pruned is append-only'); END;
CREATE TRIGGER control_result_no_delete BEFORE DELETE ON control_result WHEN NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.snapshot_id = OLD.snapshot_id) BEGIN SELECT RAISE(ABORT, 'control_result is append-only'); END;
CREATE TRIGGER balance_no_delete BEFORE DELETE ON balance WHEN NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.snapshot_id = OLD.snapshot_id) BEGIN SELECT RAISE(ABORT, 'balance is append-only'); END;
CREATE TRIGGER finding_no_delete BEFORE DELETE ON finding WHEN NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.snapshot_id = OLD.snapshot_id) BEGIN SELECT RAISE(ABORT, 'finding is append-only'); END;
CREATE TABLE restatement (
	snapshot_id INTEGER NOT NULL, 
	asset TEXT NOT NULL, 
	no INTEGER NOT NULL, 
	amount TEXT NOT NULL, 
	decimals INTEGER NOT NULL, 
	evidence TEXT NOT NULL, 
	source TEXT NOT NULL, 
	as_of TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_restatement PRIMARY KEY (snapshot_id, asset, no), 
	CONSTRAINT fk_restatement_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);
CREATE TRIGGER restatement_no_update BEFORE UPDATE ON restatement BEGIN SELECT RAISE(ABORT, 'restatement is append-only'); END;
CREATE TRIGGER restatement_no_delete BEFORE DELETE ON restatement BEGIN SELECT RAISE(ABORT, 'restatement is append-only'); END;
INSERT INTO alembic_version VALUES ('0019');
