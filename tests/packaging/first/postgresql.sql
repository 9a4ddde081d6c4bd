-- The first data: its tables on PostgreSQL, as pg_dump says them.
-- Made by the demo of commit 86f0d5a, the last before the office: `vorzimmer demo`, then bookings by API and CalDAV.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
CREATE TABLE public.account (
    name character varying(120) NOT NULL,
    language character varying(5) NOT NULL,
    resource_id integer,
    failed_logins integer NOT NULL,
    locked_until timestamp with time zone,
    id integer NOT NULL,
    email character varying(255) NOT NULL,
    username character varying(255),
    password character varying(255),
    active boolean NOT NULL,
    fs_uniquifier character varying(64) NOT NULL,
    confirmed_at timestamp without time zone,
    last_login_at timestamp without time zone,
    current_login_at timestamp without time zone,
    last_login_ip character varying(64),
    current_login_ip character varying(64),
    login_count integer,
    tf_primary_method character varying(64),
    tf_totp_secret character varying(255),
    tf_phone_number character varying(128),
    us_totp_secrets text,
    us_phone_number character varying(128),
    fs_webauthn_user_handle character varying(64),
    mf_recovery_codes text,
    create_datetime timestamp without time zone DEFAULT now() NOT NULL,
    update_datetime timestamp without time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.account_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.account_id_seq OWNED BY public.account.id;
CREATE TABLE public.allocation (
    id integer NOT NULL,
    resource_id integer NOT NULL,
    requirement_id integer,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    before integer NOT NULL,
    after integer NOT NULL,
    seat integer NOT NULL,
    block smallint NOT NULL,
    guarded boolean NOT NULL,
    expires_at timestamp with time zone,
    booking_id integer,
    block_id integer,
    CONSTRAINT ck_allocation_period CHECK ((ends > starts))
);
CREATE SEQUENCE public.allocation_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.allocation_id_seq OWNED BY public.allocation.id;
CREATE TABLE public.api_key (
    id integer NOT NULL,
    account_id integer NOT NULL,
    secret_hash character varying(64) NOT NULL,
    label character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.api_key_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.api_key_id_seq OWNED BY public.api_key.id;
CREATE TABLE public.app_password (
    id integer NOT NULL,
    account_id integer NOT NULL,
    secret_hash character varying(64) NOT NULL,
    label character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
CREATE SEQUENCE public.app_password_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.app_password_id_seq OWNED BY public.app_password.id;
CREATE TABLE public.audit_entry (
    id integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor character varying(254) NOT NULL,
    door character varying(12) NOT NULL,
    act character varying(40) NOT NULL,
    subject character varying(100) NOT NULL,
    before json,
    after json
);
CREATE SEQUENCE public.audit_entry_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_entry_id_seq OWNED BY public.audit_entry.id;
CREATE TABLE public.block (
    id integer NOT NULL,
    uid character varying(255) NOT NULL,
    resource_id integer NOT NULL,
    title character varying(300) NOT NULL
);
CREATE SEQUENCE public.block_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.block_id_seq OWNED BY public.block.id;
CREATE TABLE public.booking (
    id integer NOT NULL,
    uid character varying(60) NOT NULL,
    sequence integer NOT NULL,
    status character varying(10) NOT NULL,
    service_id integer NOT NULL,
    location_id integer NOT NULL,
    staff_id integer,
    customer_id integer,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    wall character varying(19) NOT NULL,
    zone character varying(60) NOT NULL,
    seats integer NOT NULL,
    price integer,
    currency character varying(3) NOT NULL,
    policy character varying(10) NOT NULL,
    payment character varying(40) NOT NULL,
    source character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    code_issue integer NOT NULL,
    code_tries integer NOT NULL,
    name character varying(80) NOT NULL,
    email character varying(254) NOT NULL,
    phone character varying(40) NOT NULL,
    language character varying(5) NOT NULL,
    fields json NOT NULL,
    message text NOT NULL
);
CREATE SEQUENCE public.booking_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.booking_id_seq OWNED BY public.booking.id;
CREATE TABLE public.calendar (
    id integer NOT NULL,
    resource_id integer NOT NULL,
    slug character varying(120) NOT NULL,
    kind character varying(10) NOT NULL,
    properties json NOT NULL,
    free boolean NOT NULL,
    sequence integer NOT NULL,
    deleted_at timestamp with time zone
);
CREATE TABLE public.calendar_change (
    calendar_id integer NOT NULL,
    sequence integer NOT NULL,
    href character varying(255) NOT NULL,
    gone boolean NOT NULL
);
CREATE SEQUENCE public.calendar_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.calendar_id_seq OWNED BY public.calendar.id;
CREATE TABLE public.calendar_object (
    id integer NOT NULL,
    calendar_id integer NOT NULL,
    href character varying(255) NOT NULL,
    uid character varying(255) NOT NULL,
    component character varying(10) NOT NULL,
    text text NOT NULL,
    etag character varying(64) NOT NULL,
    starts timestamp with time zone,
    ends timestamp with time zone,
    long boolean NOT NULL,
    recurring boolean NOT NULL,
    expanded_until timestamp with time zone,
    extras text NOT NULL,
    modified_at timestamp with time zone NOT NULL,
    booking_id integer,
    block_id integer
);
CREATE SEQUENCE public.calendar_object_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.calendar_object_id_seq OWNED BY public.calendar_object.id;
CREATE TABLE public.customer (
    id integer NOT NULL,
    uid character varying(36) NOT NULL,
    name character varying(80) NOT NULL,
    email character varying(254),
    email_key character varying(254),
    phone character varying(40) NOT NULL,
    language character varying(5) NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.customer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.customer_id_seq OWNED BY public.customer.id;
CREATE TABLE public.kept_answer (
    scope character varying(200) NOT NULL,
    key character varying(200) NOT NULL,
    body_hash character varying(64) NOT NULL,
    status integer NOT NULL,
    answer text NOT NULL,
    kept_at timestamp with time zone NOT NULL
);
CREATE TABLE public.location (
    id integer NOT NULL,
    slug character varying(60) NOT NULL,
    name character varying(120) NOT NULL,
    zone character varying(60) NOT NULL,
    address character varying(300) NOT NULL,
    active boolean NOT NULL
);
CREATE SEQUENCE public.location_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.location_id_seq OWNED BY public.location.id;
CREATE TABLE public.message (
    id integer NOT NULL,
    key character varying(120) NOT NULL,
    topic character varying(30) NOT NULL,
    channel character varying(60) NOT NULL,
    booking_id integer,
    recipient character varying(254) NOT NULL,
    language character varying(5) NOT NULL,
    details json NOT NULL,
    state character varying(10) NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    run_after timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    lease character varying(36) NOT NULL,
    lease_until timestamp with time zone,
    sent_at timestamp with time zone,
    subject character varying(300) NOT NULL,
    text text NOT NULL,
    error text NOT NULL
);
CREATE SEQUENCE public.message_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.message_id_seq OWNED BY public.message.id;
CREATE TABLE public.occurrence (
    id integer NOT NULL,
    calendar_id integer NOT NULL,
    object_id integer NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    long boolean NOT NULL,
    part integer NOT NULL
);
CREATE SEQUENCE public.occurrence_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.occurrence_id_seq OWNED BY public.occurrence.id;
CREATE TABLE public.offer (
    requirement_id integer NOT NULL,
    resource_id integer NOT NULL
);
CREATE TABLE public.passkey (
    id integer NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count integer,
    transports text,
    backup_state boolean NOT NULL,
    device_type character varying(64) NOT NULL,
    extensions character varying(255),
    create_datetime timestamp without time zone DEFAULT now() NOT NULL,
    lastuse_datetime timestamp without time zone NOT NULL,
    name character varying(64) NOT NULL,
    usage character varying(64) NOT NULL,
    user_id integer NOT NULL
);
CREATE SEQUENCE public.passkey_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.passkey_id_seq OWNED BY public.passkey.id;
CREATE TABLE public.requirement (
    id integer NOT NULL,
    service_id integer NOT NULL,
    "position" integer NOT NULL,
    kind character varying(20) NOT NULL,
    quantity integer NOT NULL,
    "offset" integer NOT NULL,
    minutes integer
);
CREATE SEQUENCE public.requirement_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.requirement_id_seq OWNED BY public.requirement.id;
CREATE TABLE public.resource (
    id integer NOT NULL,
    slug character varying(60) NOT NULL,
    name character varying(120) NOT NULL,
    kind character varying(20) NOT NULL,
    location_id integer,
    before integer,
    after integer,
    active boolean NOT NULL,
    version integer NOT NULL
);
CREATE SEQUENCE public.resource_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.resource_id_seq OWNED BY public.resource.id;
CREATE TABLE public.role (
    id integer NOT NULL,
    name character varying(80) NOT NULL,
    description character varying(255),
    permissions text,
    update_datetime timestamp without time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.role_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.role_id_seq OWNED BY public.role.id;
CREATE TABLE public.roles_users (
    user_id integer NOT NULL,
    role_id integer NOT NULL
);
CREATE TABLE public.service (
    id integer NOT NULL,
    slug character varying(60) NOT NULL,
    name character varying(120) NOT NULL,
    description text NOT NULL,
    category character varying(120) NOT NULL,
    minutes integer NOT NULL,
    step integer NOT NULL,
    before integer NOT NULL,
    after integer NOT NULL,
    buffer_rule character varying(3) NOT NULL,
    buffers_inside boolean NOT NULL,
    notice integer NOT NULL,
    notice_working_days integer NOT NULL,
    notice_cut_off integer,
    horizon integer NOT NULL,
    capacity integer NOT NULL,
    policy character varying(10) NOT NULL,
    price integer,
    currency character varying(3) NOT NULL,
    listed boolean NOT NULL,
    active boolean NOT NULL,
    cancel_until integer NOT NULL,
    move_until integer NOT NULL
);
CREATE SEQUENCE public.service_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.service_id_seq OWNED BY public.service.id;
CREATE TABLE public.setting (
    name character varying(60) NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.vorzimmer_absences_absence (
    id integer NOT NULL,
    resource_id integer NOT NULL,
    kind character varying(10) NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    first date,
    last date,
    CONSTRAINT ck_vorzimmer_absences_absence_period CHECK ((ends > starts))
);
CREATE SEQUENCE public.vorzimmer_absences_absence_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.vorzimmer_absences_absence_id_seq OWNED BY public.vorzimmer_absences_absence.id;
CREATE TABLE public.vorzimmer_absences_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.vorzimmer_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.vorzimmer_weekly_hours_hours (
    id integer NOT NULL,
    resource_id integer,
    location_id integer,
    service_id integer,
    weekday integer,
    day date,
    periods json NOT NULL,
    despite_closure boolean NOT NULL,
    CONSTRAINT ck_vorzimmer_weekly_hours_hours_when CHECK (((weekday IS NULL) <> (day IS NULL)))
);
CREATE SEQUENCE public.vorzimmer_weekly_hours_hours_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.vorzimmer_weekly_hours_hours_id_seq OWNED BY public.vorzimmer_weekly_hours_hours.id;
CREATE TABLE public.vorzimmer_weekly_hours_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.web_session (
    key_hash character varying(64) NOT NULL,
    account_id integer,
    data json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.account ALTER COLUMN id SET DEFAULT nextval('public.account_id_seq'::regclass);
ALTER TABLE ONLY public.allocation ALTER COLUMN id SET DEFAULT nextval('public.allocation_id_seq'::regclass);
ALTER TABLE ONLY public.api_key ALTER COLUMN id SET DEFAULT nextval('public.api_key_id_seq'::regclass);
ALTER TABLE ONLY public.app_password ALTER COLUMN id SET DEFAULT nextval('public.app_password_id_seq'::regclass);
ALTER TABLE ONLY public.audit_entry ALTER COLUMN id SET DEFAULT nextval('public.audit_entry_id_seq'::regclass);
ALTER TABLE ONLY public.block ALTER COLUMN id SET DEFAULT nextval('public.block_id_seq'::regclass);
ALTER TABLE ONLY public.booking ALTER COLUMN id SET DEFAULT nextval('public.booking_id_seq'::regclass);
ALTER TABLE ONLY public.calendar ALTER COLUMN id SET DEFAULT nextval('public.calendar_id_seq'::regclass);
ALTER TABLE ONLY public.calendar_object ALTER COLUMN id SET DEFAULT nextval('public.calendar_object_id_seq'::regclass);
ALTER TABLE ONLY public.customer ALTER COLUMN id SET DEFAULT nextval('public.customer_id_seq'::regclass);
ALTER TABLE ONLY public.location ALTER COLUMN id SET DEFAULT nextval('public.location_id_seq'::regclass);
ALTER TABLE ONLY public.message ALTER COLUMN id SET DEFAULT nextval('public.message_id_seq'::regclass);
ALTER TABLE ONLY public.occurrence ALTER COLUMN id SET DEFAULT nextval('public.occurrence_id_seq'::regclass);
ALTER TABLE ONLY public.passkey ALTER COLUMN id SET DEFAULT nextval('public.passkey_id_seq'::regclass);
ALTER TABLE ONLY public.requirement ALTER COLUMN id SET DEFAULT nextval('public.requirement_id_seq'::regclass);
ALTER TABLE ONLY public.resource ALTER COLUMN id SET DEFAULT nextval('public.resource_id_seq'::regclass);
ALTER TABLE ONLY public.role ALTER COLUMN id SET DEFAULT nextval('public.role_id_seq'::regclass);
ALTER TABLE ONLY public.service ALTER COLUMN id SET DEFAULT nextval('public.service_id_seq'::regclass);
ALTER TABLE ONLY public.vorzimmer_absences_absence ALTER COLUMN id SET DEFAULT nextval('public.vorzimmer_absences_absence_id_seq'::regclass);
ALTER TABLE ONLY public.vorzimmer_weekly_hours_hours ALTER COLUMN id SET DEFAULT nextval('public.vorzimmer_weekly_hours_hours_id_seq'::regclass);
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT allocation_no_block EXCLUDE USING gist (resource_id WITH =, tstzrange(starts, ends) WITH &&, block WITH <>) WHERE (guarded);
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT allocation_one_each EXCLUDE USING gist (resource_id WITH =, seat WITH =, tstzrange(starts, ends) WITH &&) WHERE ((guarded AND (block = 0)));
ALTER TABLE ONLY public.account
    ADD CONSTRAINT pk_account PRIMARY KEY (id);
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT pk_allocation PRIMARY KEY (id);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT pk_api_key PRIMARY KEY (id);
ALTER TABLE ONLY public.app_password
    ADD CONSTRAINT pk_app_password PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT pk_audit_entry PRIMARY KEY (id);
ALTER TABLE ONLY public.block
    ADD CONSTRAINT pk_block PRIMARY KEY (id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT pk_booking PRIMARY KEY (id);
ALTER TABLE ONLY public.calendar
    ADD CONSTRAINT pk_calendar PRIMARY KEY (id);
ALTER TABLE ONLY public.calendar_change
    ADD CONSTRAINT pk_calendar_change PRIMARY KEY (calendar_id, sequence);
ALTER TABLE ONLY public.calendar_object
    ADD CONSTRAINT pk_calendar_object PRIMARY KEY (id);
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT pk_customer PRIMARY KEY (id);
ALTER TABLE ONLY public.kept_answer
    ADD CONSTRAINT pk_kept_answer PRIMARY KEY (scope, key);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT pk_location PRIMARY KEY (id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT pk_message PRIMARY KEY (id);
ALTER TABLE ONLY public.occurrence
    ADD CONSTRAINT pk_occurrence PRIMARY KEY (id);
ALTER TABLE ONLY public.offer
    ADD CONSTRAINT pk_offer PRIMARY KEY (requirement_id, resource_id);
ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT pk_passkey PRIMARY KEY (id);
ALTER TABLE ONLY public.requirement
    ADD CONSTRAINT pk_requirement PRIMARY KEY (id);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT pk_resource PRIMARY KEY (id);
ALTER TABLE ONLY public.role
    ADD CONSTRAINT pk_role PRIMARY KEY (id);
ALTER TABLE ONLY public.roles_users
    ADD CONSTRAINT pk_roles_users PRIMARY KEY (user_id, role_id);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT pk_service PRIMARY KEY (id);
ALTER TABLE ONLY public.setting
    ADD CONSTRAINT pk_setting PRIMARY KEY (name);
ALTER TABLE ONLY public.web_session
    ADD CONSTRAINT pk_web_session PRIMARY KEY (key_hash);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_email UNIQUE (email);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_fs_uniquifier UNIQUE (fs_uniquifier);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_fs_webauthn_user_handle UNIQUE (fs_webauthn_user_handle);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_us_phone_number UNIQUE (us_phone_number);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_username UNIQUE (username);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash);
ALTER TABLE ONLY public.app_password
    ADD CONSTRAINT uq_app_password_secret_hash UNIQUE (secret_hash);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT uq_booking_uid UNIQUE (uid);
ALTER TABLE ONLY public.calendar_object
    ADD CONSTRAINT uq_calendar_object_calendar_id_href UNIQUE (calendar_id, href);
ALTER TABLE ONLY public.calendar_object
    ADD CONSTRAINT uq_calendar_object_calendar_id_uid UNIQUE (calendar_id, uid);
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT uq_customer_uid UNIQUE (uid);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT uq_location_slug UNIQUE (slug);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_key UNIQUE (key);
ALTER TABLE ONLY public.requirement
    ADD CONSTRAINT uq_requirement_service_id_position UNIQUE (service_id, "position");
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT uq_resource_slug UNIQUE (slug);
ALTER TABLE ONLY public.role
    ADD CONSTRAINT uq_role_name UNIQUE (name);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT uq_service_slug UNIQUE (slug);
ALTER TABLE ONLY public.vorzimmer_absences_absence
    ADD CONSTRAINT vorzimmer_absences_absence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.vorzimmer_absences_version
    ADD CONSTRAINT vorzimmer_absences_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.vorzimmer_version
    ADD CONSTRAINT vorzimmer_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.vorzimmer_weekly_hours_hours
    ADD CONSTRAINT vorzimmer_weekly_hours_hours_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.vorzimmer_weekly_hours_version
    ADD CONSTRAINT vorzimmer_weekly_hours_version_pkc PRIMARY KEY (version_num);
CREATE INDEX ix_allocation_block_id ON public.allocation USING btree (block_id);
CREATE INDEX ix_allocation_booking_id ON public.allocation USING btree (booking_id);
CREATE INDEX ix_allocation_expires_at ON public.allocation USING btree (expires_at);
CREATE INDEX ix_allocation_long ON public.allocation USING btree (resource_id, ends) WHERE ((ends - starts) > '1 day'::interval);
CREATE INDEX ix_allocation_resource_id_ends_starts ON public.allocation USING btree (resource_id, ends, starts);
CREATE INDEX ix_api_key_account_id ON public.api_key USING btree (account_id);
CREATE INDEX ix_app_password_account_id ON public.app_password USING btree (account_id);
CREATE INDEX ix_audit_entry_at ON public.audit_entry USING btree (at);
CREATE INDEX ix_audit_entry_subject ON public.audit_entry USING btree (subject);
CREATE INDEX ix_block_resource_id ON public.block USING btree (resource_id);
CREATE INDEX ix_booking_customer_id_starts ON public.booking USING btree (customer_id, starts);
CREATE INDEX ix_booking_expires_at ON public.booking USING btree (expires_at);
CREATE INDEX ix_booking_starts_status ON public.booking USING btree (starts, status);
CREATE INDEX ix_calendar_object_block_id ON public.calendar_object USING btree (block_id);
CREATE INDEX ix_calendar_object_booking_id ON public.calendar_object USING btree (booking_id);
CREATE INDEX ix_calendar_object_calendar_id_expanded_until ON public.calendar_object USING btree (calendar_id, expanded_until);
CREATE INDEX ix_calendar_object_calendar_id_long_starts ON public.calendar_object USING btree (calendar_id, long, starts);
CREATE INDEX ix_calendar_resource_id_slug ON public.calendar USING btree (resource_id, slug);
CREATE INDEX ix_customer_email_key_name ON public.customer USING btree (email_key, name);
CREATE INDEX ix_kept_answer_kept_at ON public.kept_answer USING btree (kept_at);
CREATE INDEX ix_message_booking_id ON public.message USING btree (booking_id);
CREATE INDEX ix_message_state_run_after ON public.message USING btree (state, run_after);
CREATE INDEX ix_occurrence_calendar_id_long_starts ON public.occurrence USING btree (calendar_id, long, starts);
CREATE INDEX ix_occurrence_object_id ON public.occurrence USING btree (object_id);
CREATE INDEX ix_offer_resource_id ON public.offer USING btree (resource_id);
CREATE UNIQUE INDEX ix_passkey_credential_id ON public.passkey USING btree (credential_id);
CREATE INDEX ix_vorzimmer_absences_absence_resource_id_ends_starts ON public.vorzimmer_absences_absence USING btree (resource_id, ends, starts);
CREATE INDEX ix_vorzimmer_weekly_hours_hours_resource_id ON public.vorzimmer_weekly_hours_hours USING btree (resource_id);
CREATE INDEX ix_web_session_account_id ON public.web_session USING btree (account_id);
CREATE INDEX ix_web_session_expires_at ON public.web_session USING btree (expires_at);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT fk_account_resource_id FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT fk_allocation_block_id FOREIGN KEY (block_id) REFERENCES public.block(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT fk_allocation_booking_id FOREIGN KEY (booking_id) REFERENCES public.booking(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT fk_allocation_requirement_id FOREIGN KEY (requirement_id) REFERENCES public.requirement(id);
ALTER TABLE ONLY public.allocation
    ADD CONSTRAINT fk_allocation_resource_id FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT fk_api_key_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.app_password
    ADD CONSTRAINT fk_app_password_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.block
    ADD CONSTRAINT fk_block_resource_id FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT fk_booking_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT fk_booking_location_id FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT fk_booking_service_id FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT fk_booking_staff_id FOREIGN KEY (staff_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.calendar_change
    ADD CONSTRAINT fk_calendar_change_calendar_id FOREIGN KEY (calendar_id) REFERENCES public.calendar(id);
ALTER TABLE ONLY public.calendar_object
    ADD CONSTRAINT fk_calendar_object_block_id FOREIGN KEY (block_id) REFERENCES public.block(id);
ALTER TABLE ONLY public.calendar_object
    ADD CONSTRAINT fk_calendar_object_booking_id FOREIGN KEY (booking_id) REFERENCES public.booking(id);
ALTER TABLE ONLY public.calendar_object
    ADD CONSTRAINT fk_calendar_object_calendar_id FOREIGN KEY (calendar_id) REFERENCES public.calendar(id);
ALTER TABLE ONLY public.calendar
    ADD CONSTRAINT fk_calendar_resource_id FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_booking_id FOREIGN KEY (booking_id) REFERENCES public.booking(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.occurrence
    ADD CONSTRAINT fk_occurrence_calendar_id FOREIGN KEY (calendar_id) REFERENCES public.calendar(id);
ALTER TABLE ONLY public.occurrence
    ADD CONSTRAINT fk_occurrence_object_id FOREIGN KEY (object_id) REFERENCES public.calendar_object(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.offer
    ADD CONSTRAINT fk_offer_requirement_id FOREIGN KEY (requirement_id) REFERENCES public.requirement(id);
ALTER TABLE ONLY public.offer
    ADD CONSTRAINT fk_offer_resource_id FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT fk_passkey_user_id FOREIGN KEY (user_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.requirement
    ADD CONSTRAINT fk_requirement_service_id FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT fk_resource_location_id FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.roles_users
    ADD CONSTRAINT fk_roles_users_role_id FOREIGN KEY (role_id) REFERENCES public.role(id);
ALTER TABLE ONLY public.roles_users
    ADD CONSTRAINT fk_roles_users_user_id FOREIGN KEY (user_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.web_session
    ADD CONSTRAINT fk_web_session_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.vorzimmer_absences_absence
    ADD CONSTRAINT vorzimmer_absences_absence_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES public.resource(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.vorzimmer_weekly_hours_hours
    ADD CONSTRAINT vorzimmer_weekly_hours_hours_location_id_fkey FOREIGN KEY (location_id) REFERENCES public.location(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.vorzimmer_weekly_hours_hours
    ADD CONSTRAINT vorzimmer_weekly_hours_hours_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES public.resource(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.vorzimmer_weekly_hours_hours
    ADD CONSTRAINT vorzimmer_weekly_hours_hours_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id) ON DELETE CASCADE;
