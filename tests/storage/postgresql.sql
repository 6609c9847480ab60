-- Tables, indexes, walls and rights on PostgreSQL. python -m tests.storage.golden_ddl writes this file.

CREATE TABLE account (
	id UUID NOT NULL,
	sign_in_name VARCHAR(254) NOT NULL,
	email VARCHAR(254),
	password_hash VARCHAR(255),
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	disabled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_account PRIMARY KEY (id),
	CONSTRAINT uq_account_sign_in_name UNIQUE (sign_in_name)
);
GRANT REFERENCES ON account TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON account TO CURRENT_USER;

CREATE TABLE clinic (
	clinic_id UUID NOT NULL,
	name VARCHAR(120) NOT NULL,
	phone VARCHAR(40) NOT NULL,
	emergency_number VARCHAR(20) NOT NULL,
	time_zone VARCHAR(64) NOT NULL,
	language VARCHAR(10) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	notes_since TIMESTAMP WITH TIME ZONE,
	working_days VARCHAR(200),
	CONSTRAINT pk_clinic PRIMARY KEY (clinic_id)
);
ALTER TABLE clinic ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON clinic USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON clinic TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic TO CURRENT_USER;

CREATE TABLE job_lease (
	name VARCHAR(60) NOT NULL,
	held_by VARCHAR(80),
	held_until TIMESTAMP WITH TIME ZONE NOT NULL,
	done_at TIMESTAMP WITH TIME ZONE,
	outcome VARCHAR(200),
	CONSTRAINT pk_job_lease PRIMARY KEY (name)
);
GRANT REFERENCES ON job_lease TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON job_lease TO CURRENT_USER;

CREATE TABLE outbox (
	id UUID NOT NULL,
	kind VARCHAR(20) NOT NULL,
	channel VARCHAR(10) NOT NULL,
	clinic_id UUID,
	account_id UUID,
	patient_id UUID,
	sealed BYTEA,
	state VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	lease_until TIMESTAMP WITH TIME ZONE,
	sent_at TIMESTAMP WITH TIME ZONE,
	why VARCHAR(30),
	CONSTRAINT pk_outbox PRIMARY KEY (id),
	CONSTRAINT ck_outbox_kind_known CHECK (kind IN ('invite', 'reset', 'notice', 'reminder', 'digest')),
	CONSTRAINT ck_outbox_channel_known CHECK (channel IN ('mail', 'push')),
	CONSTRAINT ck_outbox_state_known CHECK (state IN ('waiting', 'sending', 'sent', 'unknown', 'failed')),
	CONSTRAINT ck_outbox_sealed_on_its_way CHECK (sealed IS NULL OR state IN ('waiting', 'sending'))
);
CREATE INDEX ix_outbox_account_id ON outbox (account_id);
CREATE INDEX ix_outbox_clinic_id_patient_id ON outbox (clinic_id, patient_id);
CREATE INDEX ix_outbox_made_at ON outbox (made_at);
CREATE INDEX ix_outbox_state_due_at ON outbox (state, due_at);
GRANT REFERENCES ON outbox TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO CURRENT_USER;

CREATE TABLE sign_in_attempts (
	key BYTEA NOT NULL,
	attempts INTEGER NOT NULL,
	open_at TIMESTAMP WITH TIME ZONE NOT NULL,
	forgotten_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_sign_in_attempts PRIMARY KEY (key)
);
CREATE INDEX ix_sign_in_attempts_forgotten_at ON sign_in_attempts (forgotten_at);
GRANT REFERENCES ON sign_in_attempts TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempts TO CURRENT_USER;

CREATE TABLE account_clinic (
	account_id UUID NOT NULL,
	clinic_id UUID NOT NULL,
	CONSTRAINT pk_account_clinic PRIMARY KEY (account_id, clinic_id),
	CONSTRAINT fk_account_clinic_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_account_clinic_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id)
);
GRANT REFERENCES ON account_clinic TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_clinic TO CURRENT_USER;

CREATE TABLE account_link (
	token_hash BYTEA NOT NULL,
	account_id UUID NOT NULL,
	purpose VARCHAR(20) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_account_link PRIMARY KEY (token_hash),
	CONSTRAINT ck_account_link_purpose_known CHECK (purpose IN ('password', 'second_factor')),
	CONSTRAINT fk_account_link_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_account_link_account_id ON account_link (account_id);
GRANT REFERENCES ON account_link TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_link TO CURRENT_USER;

CREATE TABLE audit_event (
	clinic_id UUID NOT NULL,
	position INTEGER NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	actor VARCHAR(20) NOT NULL,
	actor_id UUID,
	action VARCHAR(60) NOT NULL,
	patient_id UUID,
	content JSON,
	salt BYTEA,
	commitment BYTEA NOT NULL,
	previous_hash BYTEA NOT NULL,
	hash BYTEA NOT NULL,
	CONSTRAINT pk_audit_event PRIMARY KEY (clinic_id, position),
	CONSTRAINT fk_audit_event_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id)
);
CREATE INDEX ix_audit_event_clinic_id_actor_id_position ON audit_event (clinic_id, actor_id, position);
CREATE INDEX ix_audit_event_clinic_id_patient_id_position ON audit_event (clinic_id, patient_id, position);
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON audit_event FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON audit_event FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY emptying ON audit_event FOR UPDATE USING ((current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text OR current_setting('diary.erasing', true) = clinic_id::text || '/' || actor_id::text)) WITH CHECK ((current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text OR current_setting('diary.erasing', true) = clinic_id::text || '/' || actor_id::text) AND content IS NULL AND salt IS NULL);
GRANT REFERENCES ON audit_event TO CURRENT_USER;
GRANT SELECT, INSERT ON audit_event TO CURRENT_USER;
GRANT UPDATE (content, salt) ON audit_event TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON audit_event TO CURRENT_USER;

CREATE TABLE audit_head (
	clinic_id UUID NOT NULL,
	position INTEGER NOT NULL,
	hash BYTEA NOT NULL,
	CONSTRAINT pk_audit_head PRIMARY KEY (clinic_id),
	CONSTRAINT fk_audit_head_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id)
);
ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_head FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON audit_head USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON audit_head TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_head TO CURRENT_USER;

CREATE TABLE ceremony (
	id UUID NOT NULL,
	account_id UUID,
	challenge BYTEA NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_ceremony PRIMARY KEY (id),
	CONSTRAINT fk_ceremony_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_ceremony_expires_at ON ceremony (expires_at);
GRANT REFERENCES ON ceremony TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON ceremony TO CURRENT_USER;

CREATE TABLE clinic_calibration (
	clinic_id UUID NOT NULL,
	courses INTEGER NOT NULL,
	ranks JSON,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_clinic_calibration PRIMARY KEY (clinic_id),
	CONSTRAINT fk_clinic_calibration_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id)
);
ALTER TABLE clinic_calibration ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic_calibration FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON clinic_calibration USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON clinic_calibration TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic_calibration TO CURRENT_USER;

CREATE TABLE clinic_rules (
	clinic_id UUID NOT NULL,
	version INTEGER NOT NULL,
	parameters JSON NOT NULL,
	reason VARCHAR(500) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by UUID,
	CONSTRAINT pk_clinic_rules PRIMARY KEY (clinic_id, version),
	CONSTRAINT fk_clinic_rules_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT ck_clinic_rules_version_counts CHECK (version >= 1)
);
ALTER TABLE clinic_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON clinic_rules FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON clinic_rules FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON clinic_rules TO CURRENT_USER;
GRANT SELECT, INSERT ON clinic_rules TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON clinic_rules TO CURRENT_USER;

CREATE TABLE clinic_tally (
	clinic_id UUID NOT NULL,
	counts JSON NOT NULL,
	chairs JSON,
	counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	out_of_date BOOLEAN NOT NULL,
	CONSTRAINT pk_clinic_tally PRIMARY KEY (clinic_id),
	CONSTRAINT fk_clinic_tally_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id)
);
ALTER TABLE clinic_tally ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic_tally FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON clinic_tally USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON clinic_tally TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic_tally TO CURRENT_USER;

CREATE TABLE known_device (
	token_hash BYTEA NOT NULL,
	account_id UUID NOT NULL,
	first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_known_device PRIMARY KEY (token_hash, account_id),
	CONSTRAINT fk_known_device_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_known_device_account_id ON known_device (account_id);
CREATE INDEX ix_known_device_last_seen_at ON known_device (last_seen_at);
GRANT REFERENCES ON known_device TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON known_device TO CURRENT_USER;

CREATE TABLE member (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	account_id UUID,
	name VARCHAR(120) NOT NULL,
	roles VARCHAR(200) NOT NULL,
	status VARCHAR(20) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_member PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_member_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT ck_member_status_known CHECK (status IN ('invited', 'active', 'suspended', 'left')),
	CONSTRAINT fk_member_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX ix_member_clinic_id_account_id ON member (clinic_id, account_id);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE member FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON member USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON member TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON member TO CURRENT_USER;

CREATE TABLE one_time_codes (
	account_id UUID NOT NULL,
	secret BYTEA NOT NULL,
	last_step INTEGER NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_one_time_codes PRIMARY KEY (account_id),
	CONSTRAINT fk_one_time_codes_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
GRANT REFERENCES ON one_time_codes TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_codes TO CURRENT_USER;

CREATE TABLE passkey (
	credential_id BYTEA NOT NULL,
	account_id UUID NOT NULL,
	public_key BYTEA NOT NULL,
	sign_count INTEGER NOT NULL,
	name VARCHAR(60) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_passkey PRIMARY KEY (credential_id),
	CONSTRAINT fk_passkey_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_passkey_account_id ON passkey (account_id);
GRANT REFERENCES ON passkey TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON passkey TO CURRENT_USER;

CREATE TABLE protocol (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	name VARCHAR(120) NOT NULL,
	medicines VARCHAR(200) NOT NULL,
	days INTEGER NOT NULL,
	hours INTEGER,
	unit VARCHAR(20),
	dose_range VARCHAR(200) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by UUID,
	retired_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_protocol PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_protocol_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT ck_protocol_unit_known CHECK (unit IN ('mg', 'mg/h', 'mg/kg/h', 'g/kg')),
	CONSTRAINT ck_protocol_days_plausible CHECK (days BETWEEN 1 AND 60),
	CONSTRAINT ck_protocol_hours_plausible CHECK (hours IS NULL OR hours BETWEEN 1 AND 2400)
);
CREATE INDEX ix_protocol_clinic_id_name ON protocol (clinic_id, name);
ALTER TABLE protocol ENABLE ROW LEVEL SECURITY;
ALTER TABLE protocol FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON protocol USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON protocol TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON protocol TO CURRENT_USER;

CREATE TABLE push_subscription (
	endpoint_hash BYTEA NOT NULL,
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	session_id UUID NOT NULL,
	sealed BYTEA NOT NULL,
	key_id BYTEA NOT NULL,
	device VARCHAR(60) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_push_subscription PRIMARY KEY (endpoint_hash),
	CONSTRAINT fk_push_subscription_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_push_subscription_account_id ON push_subscription (account_id);
CREATE UNIQUE INDEX ix_push_subscription_id ON push_subscription (id);
CREATE INDEX ix_push_subscription_session_id ON push_subscription (session_id);
GRANT REFERENCES ON push_subscription TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON push_subscription TO CURRENT_USER;

CREATE TABLE recovery_code (
	account_id UUID NOT NULL,
	code_hash BYTEA NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_recovery_code PRIMARY KEY (account_id, code_hash),
	CONSTRAINT fk_recovery_code_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
GRANT REFERENCES ON recovery_code TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code TO CURRENT_USER;

CREATE TABLE retention (
	clinic_id UUID NOT NULL,
	years INTEGER NOT NULL,
	set_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_retention PRIMARY KEY (clinic_id),
	CONSTRAINT fk_retention_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT ck_retention_years_in_range CHECK (years BETWEEN 1 AND 30)
);
ALTER TABLE retention ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON retention USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON retention TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON retention TO CURRENT_USER;

CREATE TABLE session (
	token_hash BYTEA NOT NULL,
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	clinic_id UUID,
	member_id UUID,
	patient_id UUID,
	proven_by VARCHAR(20) NOT NULL,
	confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	device VARCHAR(60) NOT NULL,
	network VARCHAR(50) NOT NULL,
	shared BOOLEAN NOT NULL,
	lock_hash VARCHAR(255),
	lock_failures INTEGER NOT NULL,
	locked_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_session PRIMARY KEY (token_hash),
	CONSTRAINT ck_session_proven_by_known CHECK (proven_by IN ('password', 'code', 'recovery_code', 'passkey')),
	CONSTRAINT fk_session_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_session_account_id ON session (account_id);
CREATE UNIQUE INDEX ix_session_id ON session (id);
GRANT REFERENCES ON session TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO CURRENT_USER;

CREATE TABLE digest_setting (
	clinic_id UUID NOT NULL,
	member_id UUID NOT NULL,
	is_on BOOLEAN NOT NULL,
	email VARCHAR(254) NOT NULL,
	email_confirmed_at TIMESTAMP WITH TIME ZONE,
	confirm_hash BYTEA,
	confirm_until TIMESTAMP WITH TIME ZONE,
	stop_hash BYTEA NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	next_at TIMESTAMP WITH TIME ZONE,
	next_day DATE,
	CONSTRAINT pk_digest_setting PRIMARY KEY (clinic_id, member_id),
	CONSTRAINT fk_digest_setting_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id)
);
CREATE UNIQUE INDEX ix_digest_setting_clinic_id_confirm_hash ON digest_setting (clinic_id, confirm_hash);
CREATE INDEX ix_digest_setting_clinic_id_next_at ON digest_setting (clinic_id, next_at);
CREATE UNIQUE INDEX ix_digest_setting_clinic_id_stop_hash ON digest_setting (clinic_id, stop_hash);
ALTER TABLE digest_setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE digest_setting FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON digest_setting USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON digest_setting TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON digest_setting TO CURRENT_USER;

CREATE TABLE erasure (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	how VARCHAR(20) NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	carried_out_at TIMESTAMP WITH TIME ZONE NOT NULL,
	member_id UUID,
	rows JSON NOT NULL,
	CONSTRAINT pk_erasure PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_erasure_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT fk_erasure_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_erasure_how_known CHECK (how IN ('self', 'paper', 'retention'))
);
CREATE INDEX ix_erasure_clinic_id_carried_out_at ON erasure (clinic_id, carried_out_at);
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON erasure FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON erasure FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON erasure TO CURRENT_USER;
GRANT SELECT, INSERT ON erasure TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON erasure TO CURRENT_USER;

CREATE TABLE patient (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	account_id UUID,
	reference VARCHAR(64) NOT NULL,
	name VARCHAR(120) NOT NULL,
	birth_year INTEGER,
	phone VARCHAR(40) NOT NULL,
	language VARCHAR(10) NOT NULL,
	left_handed BOOLEAN NOT NULL,
	responsible_id UUID,
	life_cycle VARCHAR(20) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	protected_at TIMESTAMP WITH TIME ZONE,
	wording VARCHAR(20),
	CONSTRAINT pk_patient PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_patient_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT fk_patient_clinic_id_responsible_id FOREIGN KEY(clinic_id, responsible_id) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_patient_life_cycle_known CHECK (life_cycle IN ('active', 'paused', 'discharged', 'moved', 'died')),
	CONSTRAINT ck_patient_birth_year_plausible CHECK (birth_year IS NULL OR birth_year BETWEEN 1880 AND 2100),
	CONSTRAINT fk_patient_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX ix_patient_clinic_id_account_id ON patient (clinic_id, account_id);
CREATE UNIQUE INDEX ix_patient_clinic_id_reference ON patient (clinic_id, reference);
ALTER TABLE patient ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON patient USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON patient TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON patient TO CURRENT_USER;

CREATE TABLE saved_view (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	member_id UUID NOT NULL,
	name VARCHAR(60) NOT NULL,
	filters JSON NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_saved_view PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_saved_view_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id)
);
CREATE UNIQUE INDEX ix_saved_view_clinic_id_member_id_name ON saved_view (clinic_id, member_id, name);
ALTER TABLE saved_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_view FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON saved_view USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON saved_view TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_view TO CURRENT_USER;

CREATE TABLE break_glass (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	member_id UUID NOT NULL,
	reason VARCHAR(500) NOT NULL,
	broken_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	closed_at TIMESTAMP WITH TIME ZONE,
	reviewed_at TIMESTAMP WITH TIME ZONE,
	reviewed_by UUID,
	review_outcome VARCHAR(20),
	review_words VARCHAR(500) NOT NULL,
	CONSTRAINT pk_break_glass PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_break_glass_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_break_glass_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT fk_break_glass_clinic_id_reviewed_by FOREIGN KEY(clinic_id, reviewed_by) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_break_glass_review_outcome_known CHECK (review_outcome IN ('justified', 'not justified')),
	CONSTRAINT ck_break_glass_ends_later CHECK (broken_at < ends_at),
	CONSTRAINT ck_break_glass_reviewed_whole CHECK ((reviewed_at IS NULL) = (review_outcome IS NULL) AND (reviewed_at IS NULL) = (reviewed_by IS NULL))
);
CREATE INDEX ix_break_glass_clinic_id_patient_id_ends_at ON break_glass (clinic_id, patient_id, ends_at);
CREATE INDEX ix_break_glass_clinic_id_reviewed_at_broken_at ON break_glass (clinic_id, reviewed_at, broken_at);
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON break_glass USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON break_glass TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON break_glass TO CURRENT_USER;

CREATE TABLE consent (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	purpose VARCHAR(20) NOT NULL,
	revision INTEGER NOT NULL,
	version VARCHAR(20) NOT NULL,
	said VARCHAR(20) NOT NULL,
	day DATE NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	how VARCHAR(20) NOT NULL,
	recorded_by UUID,
	CONSTRAINT pk_consent PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_consent_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_consent_clinic_id_recorded_by FOREIGN KEY(clinic_id, recorded_by) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_consent_purpose_known CHECK (purpose IN ('diary', 'research')),
	CONSTRAINT ck_consent_said_known CHECK (said IN ('given', 'withdrawn')),
	CONSTRAINT ck_consent_how_known CHECK (how IN ('self', 'paper')),
	CONSTRAINT ck_consent_revision_counts CHECK (revision >= 1)
);
CREATE UNIQUE INDEX ix_consent_clinic_id_patient_id_purpose_revision ON consent (clinic_id, patient_id, purpose, revision);
ALTER TABLE consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON consent FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON consent FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON consent FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON consent TO CURRENT_USER;
GRANT SELECT, INSERT ON consent TO CURRENT_USER;
GRANT DELETE ON consent TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON consent TO CURRENT_USER;

CREATE TABLE course (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	medicines VARCHAR(200) NOT NULL,
	status VARCHAR(20) NOT NULL,
	first_day DATE NOT NULL,
	last_day DATE NOT NULL,
	asks_baseline BOOLEAN,
	from_notes BOOLEAN,
	remark VARCHAR(500),
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by UUID,
	CONSTRAINT pk_course PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_course_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_course_status_known CHECK (status IN ('planned', 'given', 'cancelled')),
	CONSTRAINT ck_course_days_in_order CHECK (first_day <= last_day)
);
CREATE INDEX ix_course_clinic_id_patient_id_first_day ON course (clinic_id, patient_id, first_day);
ALTER TABLE course ENABLE ROW LEVEL SECURITY;
ALTER TABLE course FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON course USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON course TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON course TO CURRENT_USER;

CREATE TABLE day_note (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	day DATE NOT NULL,
	revision INTEGER NOT NULL,
	client_ref UUID NOT NULL,
	worst INTEGER,
	sleep INTEGER,
	side_effects VARCHAR(200) NOT NULL,
	medicine_changed BOOLEAN NOT NULL,
	happened VARCHAR(200) NOT NULL,
	note VARCHAR(500) NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_day_note PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_day_note_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_day_note_worst_in_range CHECK (worst IS NULL OR worst BETWEEN 0 AND 10),
	CONSTRAINT ck_day_note_sleep_in_range CHECK (sleep IS NULL OR sleep BETWEEN 0 AND 10),
	CONSTRAINT ck_day_note_revision_counts CHECK (revision >= 1)
);
CREATE UNIQUE INDEX ix_day_note_clinic_id_patient_id_client_ref ON day_note (clinic_id, patient_id, client_ref);
CREATE UNIQUE INDEX ix_day_note_clinic_id_patient_id_day_revision ON day_note (clinic_id, patient_id, day, revision);
ALTER TABLE day_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE day_note FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON day_note FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON day_note FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON day_note FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON day_note TO CURRENT_USER;
GRANT SELECT, INSERT ON day_note TO CURRENT_USER;
GRANT DELETE ON day_note TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON day_note TO CURRENT_USER;

CREATE TABLE decision (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	member_id UUID NOT NULL,
	kind VARCHAR(20) NOT NULL,
	next_step DATE,
	reason VARCHAR(1000) NOT NULL,
	day DATE NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
	shown JSON NOT NULL,
	shown_digest VARCHAR(64) NOT NULL,
	member_name VARCHAR(120),
	confirmed_at TIMESTAMP WITH TIME ZONE,
	confirmed_by VARCHAR(20),
	rules_digest VARCHAR(64),
	key_id VARCHAR(32),
	signature BYTEA,
	reverses UUID,
	medicine VARCHAR(40),
	CONSTRAINT pk_decision PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_decision_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_decision_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_decision_kind_known CHECK (kind IN ('repeat', 'wait', 'change', 'stop', 'other'))
);
CREATE INDEX ix_decision_clinic_id_member_id_decided_at ON decision (clinic_id, member_id, decided_at);
CREATE INDEX ix_decision_clinic_id_patient_id_decided_at ON decision (clinic_id, patient_id, decided_at);
CREATE UNIQUE INDEX ix_decision_clinic_id_reverses ON decision (clinic_id, reverses);
ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON decision FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON decision FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON decision FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON decision TO CURRENT_USER;
GRANT SELECT, INSERT ON decision TO CURRENT_USER;
GRANT DELETE ON decision TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON decision TO CURRENT_USER;

CREATE TABLE diary_pause (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	pause_id UUID NOT NULL,
	revision INTEGER NOT NULL,
	client_ref UUID NOT NULL,
	reason VARCHAR(20) NOT NULL,
	first_day DATE NOT NULL,
	last_day DATE,
	taken_back BOOLEAN NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_diary_pause PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_diary_pause_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_diary_pause_reason_known CHECK (reason IN ('hospital', 'holiday', 'other')),
	CONSTRAINT ck_diary_pause_revision_counts CHECK (revision >= 1),
	CONSTRAINT ck_diary_pause_days_in_order CHECK (last_day IS NULL OR first_day <= last_day)
);
CREATE UNIQUE INDEX ix_diary_pause_clinic_id_patient_id_client_ref ON diary_pause (clinic_id, patient_id, client_ref);
CREATE UNIQUE INDEX ix_diary_pause_clinic_id_patient_id_pause_id_revision ON diary_pause (clinic_id, patient_id, pause_id, revision);
ALTER TABLE diary_pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE diary_pause FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON diary_pause FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON diary_pause FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON diary_pause FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON diary_pause TO CURRENT_USER;
GRANT SELECT, INSERT ON diary_pause TO CURRENT_USER;
GRANT DELETE ON diary_pause TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON diary_pause TO CURRENT_USER;

CREATE TABLE entry (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	day DATE NOT NULL,
	revision INTEGER NOT NULL,
	score INTEGER,
	client_ref UUID NOT NULL,
	item_version VARCHAR(40) NOT NULL,
	entered_at TIMESTAMP WITH TIME ZONE,
	utc_offset_minutes INTEGER,
	clock_error_seconds INTEGER NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	days_late INTEGER NOT NULL,
	source VARCHAR(20) NOT NULL,
	entered_by UUID,
	reason VARCHAR(500) NOT NULL,
	CONSTRAINT pk_entry PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_entry_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_entry_source_known CHECK (source IN ('self', 'late', 'staff', 'paper', 'import')),
	CONSTRAINT ck_entry_score_in_range CHECK (score IS NULL OR score BETWEEN 0 AND 10),
	CONSTRAINT ck_entry_revision_counts CHECK (revision >= 1)
);
CREATE UNIQUE INDEX ix_entry_clinic_id_patient_id_client_ref ON entry (clinic_id, patient_id, client_ref);
CREATE UNIQUE INDEX ix_entry_clinic_id_patient_id_day_revision ON entry (clinic_id, patient_id, day, revision);
ALTER TABLE entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE entry FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON entry FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON entry FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON entry FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON entry TO CURRENT_USER;
GRANT SELECT, INSERT ON entry TO CURRENT_USER;
GRANT DELETE ON entry TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON entry TO CURRENT_USER;

CREATE TABLE entry_conflict (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	client_ref UUID NOT NULL,
	day DATE NOT NULL,
	score INTEGER,
	said VARCHAR(20) NOT NULL,
	item_version VARCHAR(40) NOT NULL,
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	utc_offset_minutes INTEGER NOT NULL,
	clock_error_seconds INTEGER NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_entry_conflict PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_entry_conflict_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_entry_conflict_score_in_range CHECK (score IS NULL OR score BETWEEN 0 AND 10)
);
CREATE UNIQUE INDEX ix_entry_conflict_clinic_id_patient_id_client_ref_said ON entry_conflict (clinic_id, patient_id, client_ref, said);
ALTER TABLE entry_conflict ENABLE ROW LEVEL SECURITY;
ALTER TABLE entry_conflict FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON entry_conflict FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON entry_conflict FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON entry_conflict FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON entry_conflict TO CURRENT_USER;
GRANT SELECT, INSERT ON entry_conflict TO CURRENT_USER;
GRANT DELETE ON entry_conflict TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON entry_conflict TO CURRENT_USER;

CREATE TABLE erasure_permit (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	CONSTRAINT pk_erasure_permit PRIMARY KEY (clinic_id, patient_id),
	CONSTRAINT fk_erasure_permit_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT fk_erasure_permit_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES erasure (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE erasure_permit ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure_permit FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON erasure_permit USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON erasure_permit TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON erasure_permit TO CURRENT_USER;

CREATE TABLE erasure_request (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	code UUID NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_erasure_request PRIMARY KEY (clinic_id, patient_id),
	CONSTRAINT fk_erasure_request_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
ALTER TABLE erasure_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure_request FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON erasure_request USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON erasure_request TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON erasure_request TO CURRENT_USER;

CREATE TABLE extra_reading (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	day DATE NOT NULL,
	client_ref UUID NOT NULL,
	score INTEGER,
	felt_at TIMESTAMP WITH TIME ZONE,
	takes_back UUID,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_extra_reading PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_extra_reading_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_extra_reading_clinic_id_takes_back FOREIGN KEY(clinic_id, takes_back) REFERENCES extra_reading (clinic_id, id),
	CONSTRAINT ck_extra_reading_score_in_range CHECK (score IS NULL OR score BETWEEN 0 AND 10),
	CONSTRAINT ck_extra_reading_score_or_taken_back CHECK ((score IS NULL) = (takes_back IS NOT NULL))
);
CREATE UNIQUE INDEX ix_extra_reading_clinic_id_patient_id_client_ref ON extra_reading (clinic_id, patient_id, client_ref);
CREATE INDEX ix_extra_reading_clinic_id_patient_id_day ON extra_reading (clinic_id, patient_id, day);
CREATE UNIQUE INDEX ix_extra_reading_clinic_id_takes_back ON extra_reading (clinic_id, takes_back);
ALTER TABLE extra_reading ENABLE ROW LEVEL SECURITY;
ALTER TABLE extra_reading FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON extra_reading FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON extra_reading FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON extra_reading FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON extra_reading TO CURRENT_USER;
GRANT SELECT, INSERT ON extra_reading TO CURRENT_USER;
GRANT DELETE ON extra_reading TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON extra_reading TO CURRENT_USER;

CREATE TABLE global_impression (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	member_id UUID NOT NULL,
	day DATE NOT NULL,
	answer INTEGER,
	how VARCHAR(20) NOT NULL,
	reason VARCHAR(500) NOT NULL,
	takes_back UUID,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_global_impression PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_global_impression_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_global_impression_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT fk_global_impression_clinic_id_takes_back FOREIGN KEY(clinic_id, takes_back) REFERENCES global_impression (clinic_id, id),
	CONSTRAINT ck_global_impression_answer_in_range CHECK (answer IS NULL OR answer BETWEEN 1 AND 7),
	CONSTRAINT ck_global_impression_answer_or_taken_back CHECK ((answer IS NULL) = (takes_back IS NOT NULL)),
	CONSTRAINT ck_global_impression_how_known CHECK (how IN ('visit', 'phone'))
);
CREATE INDEX ix_global_impression_clinic_id_patient_id_day ON global_impression (clinic_id, patient_id, day);
CREATE UNIQUE INDEX ix_global_impression_clinic_id_takes_back ON global_impression (clinic_id, takes_back);
ALTER TABLE global_impression ENABLE ROW LEVEL SECURITY;
ALTER TABLE global_impression FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON global_impression FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON global_impression FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON global_impression FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON global_impression TO CURRENT_USER;
GRANT SELECT, INSERT ON global_impression TO CURRENT_USER;
GRANT DELETE ON global_impression TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON global_impression TO CURRENT_USER;

CREATE TABLE invite (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	token_hash BYTEA NOT NULL,
	purpose VARCHAR(20) NOT NULL,
	patient_id UUID,
	member_id UUID,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	email VARCHAR(254),
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_invite PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_invite_clinic_id FOREIGN KEY(clinic_id) REFERENCES clinic (clinic_id),
	CONSTRAINT fk_invite_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_invite_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_invite_purpose_known CHECK (purpose IN ('patient', 'member'))
);
CREATE INDEX ix_invite_clinic_id_member_id ON invite (clinic_id, member_id);
CREATE INDEX ix_invite_clinic_id_patient_id ON invite (clinic_id, patient_id);
CREATE UNIQUE INDEX ix_invite_clinic_id_token_hash ON invite (clinic_id, token_hash);
ALTER TABLE invite ENABLE ROW LEVEL SECURITY;
ALTER TABLE invite FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON invite USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON invite TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON invite TO CURRENT_USER;

CREATE TABLE move_code (
	code_hash BYTEA NOT NULL,
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_move_code PRIMARY KEY (code_hash),
	CONSTRAINT fk_move_code_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
CREATE INDEX ix_move_code_clinic_id_patient_id ON move_code (clinic_id, patient_id);
GRANT REFERENCES ON move_code TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON move_code TO CURRENT_USER;

CREATE TABLE patient_event (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	kind VARCHAR(30) NOT NULL,
	day DATE NOT NULL,
	note VARCHAR(500) NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	recorded_by UUID,
	client_ref UUID,
	due_day DATE,
	CONSTRAINT pk_patient_event PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_patient_event_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_patient_event_kind_known CHECK (kind IN ('wearing_off', 'liver_test', 'intercurrent_event', 'co_treatment_changed', 'high_scores'))
);
CREATE UNIQUE INDEX ix_patient_event_clinic_id_patient_id_client_ref ON patient_event (clinic_id, patient_id, client_ref);
CREATE INDEX ix_patient_event_clinic_id_patient_id_day ON patient_event (clinic_id, patient_id, day);
ALTER TABLE patient_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_event FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON patient_event FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON patient_event FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON patient_event FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON patient_event TO CURRENT_USER;
GRANT SELECT, INSERT ON patient_event TO CURRENT_USER;
GRANT DELETE ON patient_event TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON patient_event TO CURRENT_USER;

CREATE TABLE patient_forecast (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	wanted INTEGER NOT NULL,
	wanted_since TIMESTAMP WITH TIME ZONE,
	as_of DATE,
	made_at TIMESTAMP WITH TIME ZONE,
	course_day_0 DATE,
	p10 INTEGER,
	p50 INTEGER,
	p90 INTEGER,
	p_loss_14d FLOAT,
	beyond_horizon FLOAT,
	silent VARCHAR(30),
	CONSTRAINT pk_patient_forecast PRIMARY KEY (clinic_id, patient_id),
	CONSTRAINT fk_patient_forecast_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
CREATE INDEX ix_patient_forecast_clinic_id_wanted_since ON patient_forecast (clinic_id, wanted_since);
ALTER TABLE patient_forecast ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_forecast FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON patient_forecast USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON patient_forecast TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON patient_forecast TO CURRENT_USER;

CREATE TABLE patient_origin (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	from_clinic_id UUID NOT NULL,
	from_patient_id UUID NOT NULL,
	from_clinic VARCHAR(120) NOT NULL,
	from_reference VARCHAR(64) NOT NULL,
	consents JSON NOT NULL,
	digest VARCHAR(64) NOT NULL,
	key_id VARCHAR(32) NOT NULL,
	key_origin VARCHAR(20) NOT NULL,
	copied_at TIMESTAMP WITH TIME ZONE NOT NULL,
	taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
	taken_by UUID,
	CONSTRAINT pk_patient_origin PRIMARY KEY (clinic_id, patient_id),
	CONSTRAINT fk_patient_origin_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_patient_origin_clinic_id_taken_by FOREIGN KEY(clinic_id, taken_by) REFERENCES member (clinic_id, id)
);
CREATE UNIQUE INDEX ix_patient_origin_clinic_id_from_clinic_id_from_patient_id ON patient_origin (clinic_id, from_clinic_id, from_patient_id);
ALTER TABLE patient_origin ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_origin FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON patient_origin USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON patient_origin TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON patient_origin TO CURRENT_USER;

CREATE TABLE patient_summary (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	reference VARCHAR(64) NOT NULL,
	name VARCHAR(120) NOT NULL,
	search_name VARCHAR(240) NOT NULL,
	responsible_id UUID,
	protected_at TIMESTAMP WITH TIME ZONE,
	on_worklist BOOLEAN NOT NULL,
	state VARCHAR(30) NOT NULL,
	medicine VARCHAR(40),
	band INTEGER NOT NULL,
	rank INTEGER NOT NULL,
	order_day DATE NOT NULL,
	as_of DATE NOT NULL,
	true_until TIMESTAMP WITH TIME ZONE NOT NULL,
	shown JSON NOT NULL,
	book_by DATE,
	chair_on DATE,
	CONSTRAINT pk_patient_summary PRIMARY KEY (clinic_id, patient_id),
	CONSTRAINT fk_patient_summary_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_patient_summary_state_known CHECK (state IN ('NO_COURSE', 'IN_COURSE', 'SETTLING', 'AWAITING_RESPONSE', 'HOLDING', 'DUE_SOON', 'REPEAT_DUE', 'NEVER_SETTLED', 'NON_RESPONDER', 'NOT_ENOUGH_DATA'))
);
CREATE INDEX ix_patient_summary_chairs ON patient_summary (clinic_id, on_worklist, chair_on, medicine, patient_id);
CREATE INDEX ix_patient_summary_clinic_id_true_until ON patient_summary (clinic_id, true_until);
CREATE INDEX ix_patient_summary_closed ON patient_summary (clinic_id, on_worklist, protected_at, search_name, patient_id);
CREATE INDEX ix_patient_summary_medicine ON patient_summary (clinic_id, on_worklist, medicine, band, rank, order_day, reference, patient_id);
CREATE INDEX ix_patient_summary_responsible ON patient_summary (clinic_id, on_worklist, responsible_id, band, rank, order_day, reference, patient_id);
CREATE INDEX ix_patient_summary_state ON patient_summary (clinic_id, on_worklist, state, band, rank, order_day, reference, patient_id);
CREATE INDEX ix_patient_summary_worklist ON patient_summary (clinic_id, on_worklist, band, rank, order_day, reference, patient_id);
ALTER TABLE patient_summary ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_summary FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON patient_summary USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON patient_summary TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON patient_summary TO CURRENT_USER;

CREATE TABLE patient_tag (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	tag VARCHAR(64) NOT NULL,
	CONSTRAINT pk_patient_tag PRIMARY KEY (clinic_id, patient_id, tag),
	CONSTRAINT fk_patient_tag_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
CREATE INDEX ix_patient_tag_clinic_id_tag ON patient_tag (clinic_id, tag);
ALTER TABLE patient_tag ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_tag FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON patient_tag USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON patient_tag TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON patient_tag TO CURRENT_USER;

CREATE TABLE patient_zone (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	valid_from DATE NOT NULL,
	time_zone VARCHAR(64) NOT NULL,
	CONSTRAINT pk_patient_zone PRIMARY KEY (clinic_id, patient_id, valid_from),
	CONSTRAINT fk_patient_zone_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
ALTER TABLE patient_zone ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_zone FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON patient_zone USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON patient_zone TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON patient_zone TO CURRENT_USER;

CREATE TABLE reminder (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	day DATE NOT NULL,
	number INTEGER NOT NULL,
	channel VARCHAR(10) NOT NULL,
	link_hash BYTEA NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE,
	answered_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_reminder PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_reminder_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_reminder_channel_known CHECK (channel IN ('mail', 'push')),
	CONSTRAINT ck_reminder_number_known CHECK (number IN (1, 2))
);
CREATE UNIQUE INDEX ix_reminder_clinic_id_link_hash ON reminder (clinic_id, link_hash);
CREATE INDEX ix_reminder_clinic_id_made_at ON reminder (clinic_id, made_at);
CREATE INDEX ix_reminder_clinic_id_patient_id_day ON reminder (clinic_id, patient_id, day);
ALTER TABLE reminder ENABLE ROW LEVEL SECURITY;
ALTER TABLE reminder FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON reminder USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON reminder TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON reminder TO CURRENT_USER;

CREATE TABLE reminder_setting (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	hour INTEGER NOT NULL,
	by_mail BOOLEAN NOT NULL,
	is_on BOOLEAN NOT NULL,
	email VARCHAR(254),
	email_confirmed_at TIMESTAMP WITH TIME ZONE,
	confirm_hash BYTEA,
	confirm_until TIMESTAMP WITH TIME ZONE,
	stop_hash BYTEA NOT NULL,
	feed_hash BYTEA,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	next_at TIMESTAMP WITH TIME ZONE,
	next_day DATE,
	next_number INTEGER,
	CONSTRAINT pk_reminder_setting PRIMARY KEY (clinic_id, patient_id),
	CONSTRAINT fk_reminder_setting_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_reminder_setting_hour_of_the_diary_day CHECK (hour BETWEEN 4 AND 27),
	CONSTRAINT ck_reminder_setting_next_number_known CHECK (next_number IN (1, 2))
);
CREATE UNIQUE INDEX ix_reminder_setting_clinic_id_confirm_hash ON reminder_setting (clinic_id, confirm_hash);
CREATE UNIQUE INDEX ix_reminder_setting_clinic_id_feed_hash ON reminder_setting (clinic_id, feed_hash);
CREATE INDEX ix_reminder_setting_clinic_id_next_at ON reminder_setting (clinic_id, next_at);
CREATE UNIQUE INDEX ix_reminder_setting_clinic_id_stop_hash ON reminder_setting (clinic_id, stop_hash);
ALTER TABLE reminder_setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE reminder_setting FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON reminder_setting USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON reminder_setting TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON reminder_setting TO CURRENT_USER;

CREATE TABLE staff_note (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	member_id UUID NOT NULL,
	words VARCHAR(2000) NOT NULL,
	takes_back UUID,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_staff_note PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_staff_note_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_staff_note_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT fk_staff_note_clinic_id_takes_back FOREIGN KEY(clinic_id, takes_back) REFERENCES staff_note (clinic_id, id),
	CONSTRAINT ck_staff_note_words_there CHECK (length(words) >= 1)
);
CREATE INDEX ix_staff_note_clinic_id_patient_id_written_at ON staff_note (clinic_id, patient_id, written_at);
CREATE UNIQUE INDEX ix_staff_note_clinic_id_takes_back ON staff_note (clinic_id, takes_back);
ALTER TABLE staff_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_note FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON staff_note FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON staff_note FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON staff_note FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON staff_note TO CURRENT_USER;
GRANT SELECT, INSERT ON staff_note TO CURRENT_USER;
GRANT DELETE ON staff_note TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON staff_note TO CURRENT_USER;

CREATE TABLE weekly_peg (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	day DATE NOT NULL,
	revision INTEGER NOT NULL,
	client_ref UUID NOT NULL,
	pain INTEGER,
	enjoyment INTEGER,
	activity INTEGER,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_weekly_peg PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_weekly_peg_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT ck_weekly_peg_pain_in_range CHECK (pain IS NULL OR pain BETWEEN 0 AND 10),
	CONSTRAINT ck_weekly_peg_enjoyment_in_range CHECK (enjoyment IS NULL OR enjoyment BETWEEN 0 AND 10),
	CONSTRAINT ck_weekly_peg_activity_in_range CHECK (activity IS NULL OR activity BETWEEN 0 AND 10),
	CONSTRAINT ck_weekly_peg_revision_counts CHECK (revision >= 1),
	CONSTRAINT ck_weekly_peg_all_or_none CHECK ((pain IS NULL) = (enjoyment IS NULL) AND (pain IS NULL) = (activity IS NULL))
);
CREATE UNIQUE INDEX ix_weekly_peg_clinic_id_patient_id_client_ref ON weekly_peg (clinic_id, patient_id, client_ref);
CREATE UNIQUE INDEX ix_weekly_peg_clinic_id_patient_id_day_revision ON weekly_peg (clinic_id, patient_id, day, revision);
ALTER TABLE weekly_peg ENABLE ROW LEVEL SECURITY;
ALTER TABLE weekly_peg FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON weekly_peg FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON weekly_peg FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON weekly_peg FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON weekly_peg TO CURRENT_USER;
GRANT SELECT, INSERT ON weekly_peg TO CURRENT_USER;
GRANT DELETE ON weekly_peg TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON weekly_peg TO CURRENT_USER;

CREATE TABLE worklist_word (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	word VARCHAR(80) COLLATE "C" NOT NULL,
	CONSTRAINT pk_worklist_word PRIMARY KEY (clinic_id, patient_id, word),
	CONSTRAINT fk_worklist_word_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
CREATE INDEX ix_worklist_word_clinic_id_word_patient_id ON worklist_word (clinic_id, word, patient_id);
ALTER TABLE worklist_word ENABLE ROW LEVEL SECURITY;
ALTER TABLE worklist_word FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON worklist_word USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON worklist_word TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON worklist_word TO CURRENT_USER;

CREATE TABLE baseline_by_hand (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	course_id UUID NOT NULL,
	value INTEGER,
	reason VARCHAR(500) NOT NULL,
	set_on DATE NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by UUID,
	CONSTRAINT pk_baseline_by_hand PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_baseline_by_hand_clinic_id_course_id FOREIGN KEY(clinic_id, course_id) REFERENCES course (clinic_id, id),
	CONSTRAINT ck_baseline_by_hand_value_in_range CHECK (value IS NULL OR value BETWEEN 0 AND 1000)
);
CREATE INDEX ix_baseline_by_hand_clinic_id_course_id ON baseline_by_hand (clinic_id, course_id);
ALTER TABLE baseline_by_hand ENABLE ROW LEVEL SECURITY;
ALTER TABLE baseline_by_hand FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON baseline_by_hand FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON baseline_by_hand FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON baseline_by_hand FOR DELETE USING (split_part(current_setting('diary.erasing', true), '/', 1) = clinic_id::text);
GRANT REFERENCES ON baseline_by_hand TO CURRENT_USER;
GRANT SELECT, INSERT ON baseline_by_hand TO CURRENT_USER;
GRANT DELETE ON baseline_by_hand TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON baseline_by_hand TO CURRENT_USER;

CREATE TABLE course_outcome (
	clinic_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	course_id UUID NOT NULL,
	medicine VARCHAR(40) NOT NULL,
	medicines VARCHAR(200) NOT NULL,
	first_day DATE NOT NULL,
	last_day DATE NOT NULL,
	judged BOOLEAN NOT NULL,
	baseline VARCHAR(40),
	weeks JSON NOT NULL,
	later_weeks JSON NOT NULL,
	confirmed INTEGER,
	relief VARCHAR(20) NOT NULL,
	days INTEGER,
	followed INTEGER,
	back_at_baseline INTEGER,
	as_of DATE NOT NULL,
	CONSTRAINT pk_course_outcome PRIMARY KEY (clinic_id, patient_id, course_id),
	CONSTRAINT fk_course_outcome_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_course_outcome_clinic_id_course_id FOREIGN KEY(clinic_id, course_id) REFERENCES course (clinic_id, id),
	CONSTRAINT ck_course_outcome_relief_known CHECK (relief IN ('too_early', 'none', 'running', 'lost', 'ended_by_course', 'cannot_say'))
);
ALTER TABLE course_outcome ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_outcome FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON course_outcome USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON course_outcome TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON course_outcome TO CURRENT_USER;

CREATE TABLE course_protocol (
	clinic_id UUID NOT NULL,
	course_id UUID NOT NULL,
	protocol_id UUID NOT NULL,
	CONSTRAINT pk_course_protocol PRIMARY KEY (clinic_id, course_id),
	CONSTRAINT fk_course_protocol_clinic_id_course_id FOREIGN KEY(clinic_id, course_id) REFERENCES course (clinic_id, id),
	CONSTRAINT fk_course_protocol_clinic_id_protocol_id FOREIGN KEY(clinic_id, protocol_id) REFERENCES protocol (clinic_id, id)
);
ALTER TABLE course_protocol ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_protocol FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON course_protocol USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON course_protocol TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON course_protocol TO CURRENT_USER;

CREATE TABLE event_withdrawal (
	clinic_id UUID NOT NULL,
	event_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	taken_back_at TIMESTAMP WITH TIME ZONE NOT NULL,
	taken_back_by UUID,
	reason VARCHAR(500),
	CONSTRAINT pk_event_withdrawal PRIMARY KEY (clinic_id, event_id),
	CONSTRAINT fk_event_withdrawal_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_event_withdrawal_clinic_id_event_id FOREIGN KEY(clinic_id, event_id) REFERENCES patient_event (clinic_id, id)
);
CREATE INDEX ix_event_withdrawal_clinic_id_patient_id ON event_withdrawal (clinic_id, patient_id);
ALTER TABLE event_withdrawal ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_withdrawal FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON event_withdrawal FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON event_withdrawal FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON event_withdrawal FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON event_withdrawal TO CURRENT_USER;
GRANT SELECT, INSERT ON event_withdrawal TO CURRENT_USER;
GRANT DELETE ON event_withdrawal TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON event_withdrawal TO CURRENT_USER;

CREATE TABLE infusion (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	course_id UUID NOT NULL,
	day DATE NOT NULL,
	medicine VARCHAR(40) NOT NULL,
	dose INTEGER,
	unit VARCHAR(20),
	hours INTEGER,
	weight_kg INTEGER,
	side_effects VARCHAR(200),
	side_effect_words VARCHAR(500),
	remark VARCHAR(500) NOT NULL,
	taken_back_at TIMESTAMP WITH TIME ZONE,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by UUID,
	CONSTRAINT pk_infusion PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_infusion_clinic_id_course_id FOREIGN KEY(clinic_id, course_id) REFERENCES course (clinic_id, id),
	CONSTRAINT ck_infusion_medicine_known CHECK (medicine IN ('bisphosphonate', 'clonidine', 'dexmedetomidine', 'immunoglobulin', 'ketamine', 'ketamine-single', 'lidocaine', 'magnesium', 'other')),
	CONSTRAINT ck_infusion_unit_known CHECK (unit IN ('mg', 'mg/h', 'mg/kg/h', 'g/kg')),
	CONSTRAINT ck_infusion_dose_positive CHECK (dose IS NULL OR dose > 0),
	CONSTRAINT ck_infusion_hours_plausible CHECK (hours IS NULL OR hours BETWEEN 1 AND 24000),
	CONSTRAINT ck_infusion_weight_plausible CHECK (weight_kg IS NULL OR weight_kg BETWEEN 100 AND 40000)
);
CREATE INDEX ix_infusion_clinic_id_course_id_day ON infusion (clinic_id, course_id, day);
ALTER TABLE infusion ENABLE ROW LEVEL SECURITY;
ALTER TABLE infusion FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON infusion USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
GRANT REFERENCES ON infusion TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON infusion TO CURRENT_USER;

CREATE TABLE released_plan (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	decision_id UUID NOT NULL,
	revision INTEGER NOT NULL,
	words VARCHAR(1000) NOT NULL,
	taken_back BOOLEAN NOT NULL,
	reason VARCHAR(500) NOT NULL,
	member_id UUID NOT NULL,
	member_name VARCHAR(120) NOT NULL,
	day DATE NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_released_plan PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_released_plan_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_released_plan_clinic_id_decision_id FOREIGN KEY(clinic_id, decision_id) REFERENCES decision (clinic_id, id),
	CONSTRAINT fk_released_plan_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_released_plan_revision_counts CHECK (revision >= 1),
	CONSTRAINT ck_released_plan_words_or_taken_back CHECK (taken_back = (words = ''))
);
CREATE UNIQUE INDEX ix_released_plan_clinic_id_decision_id_revision ON released_plan (clinic_id, decision_id, revision);
CREATE INDEX ix_released_plan_clinic_id_patient_id ON released_plan (clinic_id, patient_id);
ALTER TABLE released_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE released_plan FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON released_plan FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON released_plan FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON released_plan FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON released_plan TO CURRENT_USER;
GRANT SELECT, INSERT ON released_plan TO CURRENT_USER;
GRANT DELETE ON released_plan TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON released_plan TO CURRENT_USER;

CREATE TABLE transcription (
	clinic_id UUID NOT NULL,
	entry_id UUID NOT NULL,
	patient_id UUID NOT NULL,
	sending UUID NOT NULL,
	written_from VARCHAR(10) NOT NULL,
	dated DATE NOT NULL,
	member_id UUID NOT NULL,
	member_name VARCHAR(120) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_transcription PRIMARY KEY (clinic_id, entry_id),
	CONSTRAINT fk_transcription_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_transcription_clinic_id_entry_id FOREIGN KEY(clinic_id, entry_id) REFERENCES entry (clinic_id, id),
	CONSTRAINT fk_transcription_clinic_id_member_id FOREIGN KEY(clinic_id, member_id) REFERENCES member (clinic_id, id),
	CONSTRAINT ck_transcription_written_from_known CHECK (written_from IN ('sheet', 'call'))
);
CREATE INDEX ix_transcription_clinic_id_patient_id_sending ON transcription (clinic_id, patient_id, sending);
ALTER TABLE transcription ENABLE ROW LEVEL SECURITY;
ALTER TABLE transcription FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON transcription FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON transcription FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON transcription FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON transcription TO CURRENT_USER;
GRANT SELECT, INSERT ON transcription TO CURRENT_USER;
GRANT DELETE ON transcription TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON transcription TO CURRENT_USER;

CREATE TABLE course_change (
	clinic_id UUID NOT NULL,
	id UUID NOT NULL,
	patient_id UUID NOT NULL,
	course_id UUID NOT NULL,
	infusion_id UUID,
	changed VARCHAR(20) NOT NULL,
	before JSON NOT NULL,
	reason VARCHAR(500) NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by UUID,
	CONSTRAINT pk_course_change PRIMARY KEY (clinic_id, id),
	CONSTRAINT fk_course_change_clinic_id_patient_id FOREIGN KEY(clinic_id, patient_id) REFERENCES patient (clinic_id, id),
	CONSTRAINT fk_course_change_clinic_id_course_id FOREIGN KEY(clinic_id, course_id) REFERENCES course (clinic_id, id),
	CONSTRAINT fk_course_change_clinic_id_infusion_id FOREIGN KEY(clinic_id, infusion_id) REFERENCES infusion (clinic_id, id),
	CONSTRAINT ck_course_change_changed_known CHECK (changed IN ('corrected', 'moved', 'cancelled', 'planned_anyway', 'infusion_corrected', 'infusion_taken_back'))
);
CREATE INDEX ix_course_change_clinic_id_patient_id ON course_change (clinic_id, patient_id);
ALTER TABLE course_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_change FORCE ROW LEVEL SECURITY;
CREATE POLICY wall_read ON course_change FOR SELECT USING (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY wall_add ON course_change FOR INSERT WITH CHECK (current_setting('diary.clinics', true) = '*' OR clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')));
CREATE POLICY erasing ON course_change FOR DELETE USING (current_setting('diary.erasing', true) = clinic_id::text || '/' || patient_id::text);
GRANT REFERENCES ON course_change TO CURRENT_USER;
GRANT SELECT, INSERT ON course_change TO CURRENT_USER;
GRANT DELETE ON course_change TO CURRENT_USER;
GRANT UPDATE (clinic_id) ON course_change TO CURRENT_USER;
