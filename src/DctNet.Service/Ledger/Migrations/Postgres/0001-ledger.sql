-- One row a mark: what was made under this id, and for whom.
CREATE TABLE ledger_record (
    watermark_id    text NOT NULL,
    key_id          text NOT NULL,
    parent_id       text,
    created_at      timestamptz NOT NULL,
    style           text NOT NULL,
    model           text NOT NULL,
    perceptual_hash bytea,
    tenant          text NOT NULL,
    idempotency_key text,
    PRIMARY KEY (watermark_id, key_id)
);
CREATE INDEX ledger_record_tenant ON ledger_record (tenant);
CREATE INDEX ledger_record_created_at ON ledger_record (created_at);

-- One row a file that was given out under the mark: a retry makes another.
CREATE TABLE ledger_output (
    watermark_id text NOT NULL,
    key_id       text NOT NULL,
    sha256       bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    manifest_id  text,
    manifest     bytea,
    PRIMARY KEY (watermark_id, key_id, sha256),
    FOREIGN KEY (watermark_id, key_id) REFERENCES ledger_record (watermark_id, key_id) ON DELETE CASCADE
);
CREATE INDEX ledger_output_manifest_id ON ledger_output (manifest_id) WHERE manifest_id IS NOT NULL;
