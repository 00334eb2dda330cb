-- When a retry last gave out a file under the mark. A record is as young as its youngest file.
ALTER TABLE ledger_record ADD COLUMN renewed_at TEXT;
UPDATE ledger_record SET renewed_at =
    (SELECT max(o.created_at) FROM ledger_output o WHERE o.watermark_id = ledger_record.watermark_id AND o.key_id = ledger_record.key_id);
