-- One row a mark: what was made under this id, and for whom.
CREATE TABLE ledger_record (
    watermark_id    TEXT NOT NULL,
    key_id          TEXT NOT NULL,
    parent_id       TEXT,
    created_at      TEXT NOT NULL,
    style           TEXT NOT NULL,
    model           TEXT NOT NULL,
    perceptual_hash BLOB,
    tenant          TEXT NOT NULL,
    idempotency_key TEXT,
    PRIMARY KEY (watermark_id, key_id)
);
CREATE INDEX ledger_record_tenant ON ledger_record (tenant);
CREATE INDEX ledger_record_created_at ON ledger_record (created_at);

-- One row a file that was given out under the mark: a retry makes another.
CREATE TABLE ledger_output (
    watermark_id TEXT NOT NULL,
    key_id       TEXT NOT NULL,
    sha256       BLOB NOT NULL,
    created_at   TEXT NOT NULL,
    manifest_id  TEXT,
    manifest     BLOB,
    PRIMARY KEY (watermark_id, key_id, sha256),
    FOREIGN KEY (watermark_id, key_id) REFERENCES ledger_record (watermark_id, key_id) ON DELETE CASCADE
);
CREATE INDEX ledger_output_manifest_id ON ledger_output (manifest_id) WHERE manifest_id IS NOT NULL;
