-- How much of the cartoon there is, 0 to 1. Unknown of what was recorded before.
ALTER TABLE ledger_record ADD COLUMN strength real;
